//! cloudflared's validation: one rule after the other, and within a rule service, Access,
//! hostname, catch-all, path. The order decides which fault is named.
//!
//! Nothing else is checked by cloudflared: neither duplicates nor unreachable rules.

use super::Rule;
use super::host::split_port;
use super::origin_request::OriginRequest;
use super::re2;
use super::service::{SOCKS_PROXY, Service, service};

/// A fault in cloudflared's exact words, without the `Validation failed: ` of its commands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// Position of the rule from 0; `None` if there are no rules. The message counts from 1.
    pub rule: Option<usize>,
    /// What is wrong about it.
    pub field: Field,
    /// The text.
    pub message: String,
}

/// The part of a configuration that a fault is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The list of rules.
    Rules,
    /// The whole rule.
    Rule,
    /// `service`.
    Service,
    /// One entry of `originRequest.ipRules`, from 0.
    IpRule(usize),
    /// `originRequest.access`.
    Access,
    /// `hostname`.
    Hostname,
    /// `path`.
    Path,
}

impl Field {
    /// The keys that lead to it from the rule, or from the tunnel for [`Field::Rules`].
    #[must_use]
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Rules => &["ingress"],
            Self::Rule => &[],
            Self::Service => &["service"],
            Self::IpRule(_) => &["originRequest", "ipRules"],
            Self::Access => &["originRequest", "access"],
            Self::Hostname => &["hostname"],
            Self::Path => &["path"],
        }
    }
}

/// Validates as cloudflared does.
///
/// # Errors
/// The first fault, the only one that cloudflared names.
pub fn validate(rules: &[Rule], tunnel: &OriginRequest) -> Result<(), Fault> {
    match faults(rules, tunnel).next() {
        Some(fault) => Err(fault),
        None => Ok(()),
    }
}

/// The first fault of every rule.
#[must_use]
pub fn validate_all(rules: &[Rule], tunnel: &OriginRequest) -> Vec<Fault> {
    faults(rules, tunnel).collect()
}

fn faults(rules: &[Rule], tunnel: &OriginRequest) -> impl Iterator<Item = Fault> {
    let none = rules.is_empty().then(|| Fault {
        rule: None,
        field: Field::Rules,
        message: "The config file doesn't contain any ingress rules".to_owned(),
    });
    let faults = rules.iter().enumerate().filter_map(move |(index, rule)| {
        let position = Position {
            index,
            last: index + 1 == rules.len(),
        };
        let (field, message) = check_rule(rule, tunnel, position).err()?;
        Some(Fault {
            rule: Some(index),
            field,
            message,
        })
    });
    none.into_iter().chain(faults)
}

#[derive(Clone, Copy)]
struct Position {
    index: usize,
    last: bool,
}

type Check = Result<(), (Field, String)>;

fn check_rule(rule: &Rule, tunnel: &OriginRequest, position: Position) -> Check {
    check_service(rule, tunnel)?;
    check_access(rule)?;
    check_hostname(rule.host())?;
    check_catch_all(rule, position)?;
    check_path(rule, position)
}

fn check_service(rule: &Rule, tunnel: &OriginRequest) -> Check {
    match service(rule, tunnel) {
        Ok(Service::SocksProxy) => {}
        Ok(
            Service::Unix { .. }
            | Service::HttpStatus(_)
            | Service::HelloWorld
            | Service::Bastion
            | Service::Http(_)
            | Service::Tcp { .. },
        ) => return Ok(()),
        Err(message) => return Err((Field::Service, message)),
    }
    let own = rule.origin_request.as_ref();
    let ip_rules = own.and_then(|own| own.ip_rules.as_deref());
    for (index, ip_rule) in ip_rules.unwrap_or_default().iter().enumerate() {
        ip_rule.resolve().map_err(|reason| {
            let message = format!("unable to create ip rule for {SOCKS_PROXY}: {reason}");
            (Field::IpRule(index), message)
        })?;
    }
    Ok(())
}

fn check_path(rule: &Rule, position: Position) -> Check {
    match re2::parse(rule.path_pattern()) {
        Ok(_) => Ok(()),
        Err(fault) => {
            let number = position.index + 1;
            let message = format!("Rule #{number} has an invalid regex: {fault}");
            Err((Field::Path, message))
        }
    }
}

/// The rule's own block alone; the tunnel's is not validated. Neither team nor audience is
/// fine, as a first step, and then refuses every request.
fn check_access(rule: &Rule) -> Check {
    let own = rule.origin_request.as_ref();
    let Some(access) = own.and_then(|own| own.access.as_ref()) else {
        return Ok(());
    };
    let team = access.team_name.as_deref().unwrap_or_default();
    let audience = access.aud_tag.as_deref().unwrap_or_default();
    if access.required.unwrap_or_default() && team.is_empty() && !audience.is_empty() {
        let message = "access.TeamName cannot be blank when access.audTags are present";
        return Err((Field::Access, message.to_owned()));
    }
    Ok(())
}

fn check_hostname(host: &str) -> Check {
    if split_port(host.as_bytes()).is_some() {
        let message = "Hostname cannot contain a port";
        return Err((Field::Hostname, message.to_owned()));
    }
    if host.rfind('*').is_some_and(|last| last > 0) {
        let message = "Hostname patterns can have at most one wildcard character (\"*\") and it \
                       can only be used for subdomains, e.g. \"*.example.com\"";
        return Err((Field::Hostname, message.to_owned()));
    }
    Ok(())
}

fn check_catch_all(rule: &Rule, position: Position) -> Check {
    match (position.last, rule.is_catch_all()) {
        (true, true) | (false, false) => Ok(()),
        (true, false) => {
            let field = match rule.host() {
                "" | "*" => Field::Path,
                _ => Field::Hostname,
            };
            let message = "The last ingress rule must match all URLs (i.e. it should not have a \
                           hostname or path filter)";
            Err((field, message.to_owned()))
        }
        (false, true) => {
            let field = match rule.hostname {
                Some(_) => Field::Hostname,
                None => Field::Rule,
            };
            let message = format!(
                "Rule #{} is matching the hostname '{}', but this will match every hostname, \
                 meaning the rules which follow it will never be triggered.",
                position.index + 1,
                rule.host()
            );
            Err((field, message))
        }
    }
}
