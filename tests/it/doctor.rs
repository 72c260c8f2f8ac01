//! `tunctl doctor`: permissions one by one, and every check with a case that trips it and one
//! that does not.

mod account;
mod checks;
mod desk;
mod permissions;
mod policy;
