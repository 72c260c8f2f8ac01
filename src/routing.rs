//! Where a URL leads: through DNS to a tunnel, and there to the rule and the service that answer.
//!
//! Whether rules and records come from a manifest or from Cloudflare is all the same here.

pub mod explain;
pub mod test;

use std::collections::BTreeMap;

use crate::ingress::settings::verifies_access;
use crate::ingress::{Fault, Matcher, OriginRequest, Rule, Target, service::service};
use crate::source::Span;

/// The rules of one tunnel.
#[derive(Debug, Clone, Default)]
pub struct Routes {
    /// The rules, complete, in their order.
    pub rules: Vec<Rule>,
    /// The tunnel's own settings.
    pub origin_request: OriginRequest,
    /// Where each rule is written; empty for rules that were read from Cloudflare.
    pub places: Vec<Span>,
}

/// All rules and the records that lead to them.
#[derive(Debug, Default)]
pub struct Routing<'a> {
    /// The rules of each tunnel, by its name.
    pub tunnels: BTreeMap<&'a str, &'a Routes>,
    /// The tunnel that each hostname leads to. Names as DNS has them: lower case, Punycode.
    pub records: BTreeMap<&'a str, &'a str>,
}

/// Which rule answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The rule's position from 0, as `cloudflared tunnel ingress rule` counts.
    pub rule: usize,
    /// The service, as cloudflared prints it.
    pub service: String,
    /// Whether the connector demands a token of Access.
    pub access: bool,
}

impl<'a> Routing<'a> {
    /// The record that a hostname is found under, and the tunnel that it leads to. A wildcard
    /// stands for names at any depth below, unless something nearer exists (RFC 4592).
    #[must_use]
    pub fn record_of(&self, host: &str) -> Option<(&'a str, &'a str)> {
        let host = idna::domain_to_ascii(host).ok()?;
        if let Some((name, tunnel)) = self.records.get_key_value(host.as_str()) {
            return Some((*name, *tunnel));
        }
        let mut name = host.as_str();
        while let Some((_, parent)) = name.split_once('.') {
            let wildcard = format!("*.{parent}");
            if let Some((name, tunnel)) = self.records.get_key_value(wildcard.as_str()) {
                return Some((*name, *tunnel));
            }
            if self.exists(parent) {
                return None;
            }
            name = parent;
        }
        None
    }

    /// Whether a name has a record, or something below it has one.
    fn exists(&self, name: &str) -> bool {
        let is_at_or_below = |record: &&str| {
            let above = record.strip_suffix(name);
            above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
        };
        self.records.keys().any(is_at_or_below)
    }
}

impl Routes {
    /// The rule that answers a request. `None` without rules.
    ///
    /// # Errors
    /// If the path of one of them is too large to be searched for.
    pub fn answer(&self, target: &Target) -> Result<Option<Answer>, Fault> {
        let position = Matcher::new(&self.rules)?.route(&target.host, &target.path);
        Ok(position.map(|rule| self.answer_of(rule)))
    }

    /// The answer of the rule at a position, which the caller knows to exist.
    fn answer_of(&self, position: usize) -> Answer {
        let rule = &self.rules[position];
        let service = service(rule, &self.origin_request);
        Answer {
            rule: position,
            service: service.map_or_else(|_| rule.service.clone(), |it| it.to_string()),
            access: verifies_access(rule),
        }
    }
}

/// A URL as a request for it reaches a connector: like `cloudflared tunnel ingress rule` reads
/// it, but with the path `/` where there is none, which every client sends.
///
/// # Errors
/// Why it is no URL of a request.
pub fn target(url: &str) -> Result<Target, String> {
    let mut target = Target::parse(url)?;
    if target.host.is_empty() {
        return Err(format!("{url} doesn't have a hostname"));
    }
    if target.path.is_empty() {
        target.path = b"/".to_vec();
    }
    Ok(target)
}
