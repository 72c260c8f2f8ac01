//! A hostname that no client sends: cloudflared compares letter for letter.

use super::context::Context;
use super::{Found, Lint};
use crate::ingress::host::{HostPattern, Hosts};
use crate::problem::Problem;

pub(super) const LINT: Lint = Lint {
    code: "tunctl::hostname_never_matches",
    needs_zones: false,
    check,
};

/// The host that cloudflared answers itself, before any rule (its flag
/// `management-hostname`).
const MANAGEMENT: &str = "management.argotunnel.com";

fn check(context: &Context<'_>) -> Vec<Found> {
    let found = context.rules().filter_map(|rule| {
        let (label, help) = reason(rule.host()?)?;
        let problem = Problem::new(LINT.code, "hostname never matches a request")
            .at(rule.at(&["hostname"]), label)
            .help(help);
        Some(Found::about(&rule, problem))
    });
    found.collect()
}

/// Why no request has such a host, and what to type instead. `None` if one may have.
fn reason(host: &str) -> Option<(&'static str, String)> {
    if is_plain(host) {
        return None;
    }
    let pattern = HostPattern::new(host);
    if pattern.hosts().any(is_sent) {
        return None;
    }
    let rest = host.strip_prefix("*.");
    let star = if rest.is_some() { "*." } else { "" };
    let name = rest.unwrap_or(host);
    let full_name = || "write a full name such as `app.example.com`".to_owned();
    Some(if name.contains('*') {
        let parent = name.split_once('.').map(|(_, parent)| parent);
        let help = parent.map_or_else(full_name, |parent| write("*.", parent));
        ("`*` stands for names only right in front of a dot", help)
    } else if name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '/') {
        ("no name has such characters", full_name())
    } else if name == MANAGEMENT || pattern.twin() == Some(MANAGEMENT) {
        let help = "remove this rule".to_owned();
        (
            "cloudflared answers this host itself, before any rule",
            help,
        )
    } else if let Some(name) = name.strip_suffix('.') {
        let help = write(star, name);
        ("clients leave out the dot at the end", help)
    } else {
        let ascii = idna::domain_to_ascii(name).unwrap_or_else(|_| name.to_lowercase());
        let help = write(star, &ascii);
        if name.is_ascii() {
            ("clients send names in lower case", help)
        } else {
            ("clients send such a name in Punycode", help)
        }
    })
}

/// Whether it takes no second name to see that clients send this one.
fn is_plain(host: &str) -> bool {
    let name = host.strip_prefix("*.").unwrap_or(host);
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.';
    name.bytes().all(plain) && name != MANAGEMENT && !name.ends_with('.')
}

/// YAML takes a star at the beginning for an alias.
fn write(star: &str, name: &str) -> String {
    let quote = if star.is_empty() { "" } else { "\"" };
    format!("write `{quote}{star}{name}{quote}`")
}

/// Whether a client may send a host out of these.
fn is_sent(hosts: Hosts<'_>) -> bool {
    let (Hosts::One(name) | Hosts::Below(name)) = hosts else {
        return true;
    };
    let odd = |c: char| !c.is_ascii_graphic() || c.is_ascii_uppercase() || matches!(c, '*' | '/');
    hosts != Hosts::One(MANAGEMENT) && !name.contains(odd) && !name.ends_with('.')
}
