//! Terraform's state as the inventory of an account.
