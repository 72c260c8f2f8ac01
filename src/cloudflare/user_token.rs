//! API tokens that belong to a user. Whatever else there is to them takes permissions of the
//! user's own, which no manifest needs.

use super::Operation;
use super::account_token::Verified;
use crate::request::Request;

/// What the token that the request is sent with says of itself, if it is a user's. Needs no
/// permission.
#[must_use]
pub fn verify() -> Operation<Verified> {
    Operation::new(Request::get(&["user", "tokens", "verify"]))
}
