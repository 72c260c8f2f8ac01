//! Whether a token works, asked by the token itself.

use serde_json::json;

use super::access::{Owner, Status};
use super::call::digest;
use super::clock::seconds;
use super::envelope::Answer;
use super::failure::Failure;
use super::route::Endpoint;
use super::visit::Visit;
use super::world::World;

/// One for the tokens of users, one for those of accounts. They need no permission.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::read("GET", "user/tokens/verify", &[], user),
    Endpoint::read("GET", "accounts/{account:hex}/tokens/verify", &[], account),
];

fn user(_: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    verify(visit, Owner::User)
}

fn account(_: &mut World, visit: &Visit<'_>) -> Result<Answer, Failure> {
    verify(visit, Owner::Account)
}

fn verify(visit: &Visit<'_>, owner: Owner) -> Result<Answer, Failure> {
    let status = visit.grant.status_at(visit.now);
    let foreign = visit.grant.owner.is_some_and(|own| own != owner);
    let token = visit
        .call
        .token()
        .filter(|_| !foreign && status != Status::Invalid);
    let token = token.ok_or_else(|| Failure::new(401, 1000, "Invalid API Token"))?;
    let issued = visit.grant.issued.clone();
    let id = issued.unwrap_or_else(|| digest(token)[..32].to_owned());
    let mut result = json!({"id": id, "status": status});
    if let Some(end) = visit.grant.expires_on {
        result["expires_on"] = json!(seconds(end));
    }
    if let Some(start) = visit.grant.not_before {
        result["not_before"] = json!(seconds(start));
    }
    let mut answer = Answer::of(result);
    if status == Status::Active {
        let message = "This API Token is valid and active";
        answer.messages = vec![json!({"code": 10000, "message": message, "type": null})];
    }
    Ok(answer)
}
