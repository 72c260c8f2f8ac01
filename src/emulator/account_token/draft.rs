//! What a body says about a token.

use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::AccountToken;
use super::policy::{self, Policy};
use crate::emulator::access::{Effect, Status};
use crate::emulator::body::Body;
use crate::emulator::failure::Failure;
use crate::emulator::visit::Visit;
use crate::emulator::world::World;

/// The longest name in characters (an older description of Cloudflare's).
const LONGEST_NAME: usize = 120;

/// The fields that a create and a replacement share.
#[derive(Debug)]
pub(super) struct Draft {
    name: String,
    expires_on: Option<Timestamp>,
    not_before: Option<Timestamp>,
    condition: Option<Map<String, Value>>,
    policies: Vec<Policy>,
}

impl Draft {
    /// Reads a body. Nobody gives away what they have not.
    pub(super) fn read(world: &mut World, visit: &Visit<'_>) -> Result<Self, Failure> {
        let body = visit.body(Failure::invalid)?;
        let name = name(&body)?;
        let condition = condition(&body)?;
        let policies = policy::read(world, visit, &body)?;
        let allowing = policies.iter().map(Policy::clause);
        let mut allowing = allowing.filter(|clause| clause.effect == Effect::Allow);
        if !allowing.all(|clause| visit.grant.holds(&clause)) {
            return Err(Failure::denied());
        }
        Ok(Self {
            name,
            expires_on: body.time("expires_on")?,
            not_before: body.time("not_before")?,
            condition,
            policies,
        })
    }

    /// The token with these fields.
    pub(super) fn into_token(
        self,
        account: String,
        status: Status,
        issued_on: Timestamp,
        value: String,
    ) -> AccountToken {
        AccountToken {
            account,
            name: self.name,
            status,
            issued_on,
            modified_on: issued_on,
            expires_on: self.expires_on,
            not_before: self.not_before,
            condition: self.condition,
            policies: self.policies,
            value,
        }
    }
}

/// The status that a replacement asks for.
pub(super) fn status(visit: &Visit<'_>) -> Result<Status, Failure> {
    match visit.body(Failure::invalid)?.text("status")? {
        None | Some("active") => Ok(Status::Active),
        Some("disabled") => Ok(Status::Disabled),
        Some("expired") => Ok(Status::Expired),
        Some(_) => Err(Failure::invalid(
            "status must be active, disabled or expired",
        )),
    }
}

fn name(body: &Body<'_>) -> Result<String, Failure> {
    match body.text("name")? {
        Some(name) if (1..=LONGEST_NAME).contains(&name.chars().count()) => Ok(name.to_owned()),
        Some(_) | None => Err(body.refuse(format!(
            "name is required and must have 1 to {LONGEST_NAME} characters"
        ))),
    }
}

fn condition(body: &Body<'_>) -> Result<Option<Map<String, Value>>, Failure> {
    let Some(condition) = body.object("condition")? else {
        return Ok(None);
    };
    if let Some(request_ip) = condition.get("request_ip") {
        let request_ip = Body::part(request_ip, Failure::invalid)?;
        for key in ["in", "not_in"] {
            let ranges = request_ip.texts(key)?.unwrap_or_default();
            if !ranges.iter().all(|range| is_range(range)) {
                let message = format!("condition.request_ip.{key} must be addresses or CIDRs");
                return Err(Failure::invalid(message));
            }
        }
    }
    Ok((!condition.is_empty()).then(|| condition.clone()))
}

fn is_range(text: &str) -> bool {
    let (address, length) = text.split_once('/').unwrap_or((text, "0"));
    let most: u8 = match address.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    length.parse::<u8>().is_ok_and(|length| length <= most)
}
