//! The field `dns` of a tunnel: which hostnames get a record.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::ingress::Rule;
use crate::kind::entry::{Entry, Key};
use crate::problem::Problem;
use crate::source::Span;

/// The facet of an entry that makes records.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Surface {
    /// Which hostnames get a CNAME to this tunnel. `auto`, the default: all of the ingress rules.
    /// `none`: none. Or a mapping with what differs from `auto`: `adopt`, `exclude`, `hostnames`.
    dns: Dns,
    #[schemars(skip)]
    ingress: Vec<Rule>,
}

/// `auto`: one record for each hostname of the ingress rules, in the zone whose name matches
/// longest. `none`: no records. A mapping: `auto`, and what differs from it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Dns {
    Mode(Mode),
    Options(Options),
}

/// Whether hostnames get records.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "DnsMode")]
enum Mode {
    /// One record for each hostname of the ingress rules.
    #[default]
    Auto,
    /// No records.
    None,
}

/// `auto`, and what differs from it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(rename = "DnsOptions")]
struct Options {
    /// Hostnames of this tunnel whose existing records may be taken over, whoever made them.
    adopt: Vec<String>,
    /// Hostnames of the ingress rules that get no record, such as those that another tunnel or
    /// another provider serves.
    exclude: Vec<String>,
    /// Hostnames that get a record although no rule names them.
    hostnames: Vec<String>,
}

impl Default for Dns {
    fn default() -> Self {
        Self::Mode(Mode::Auto)
    }
}

/// A hostname that gets a record.
pub(super) struct Host {
    pub(super) name: String,
    pub(super) at: Span,
    pub(super) adopt: bool,
}

impl Surface {
    /// The hostnames that get a record, and what is wrong with the others.
    pub(super) fn hosts(&self, entry: &Entry<'_>) -> (Vec<Host>, Vec<Problem>) {
        let mut problems = Vec::new();
        let options = match &self.dns {
            Dns::Mode(Mode::None) => return (Vec::new(), problems),
            Dns::Mode(Mode::Auto) => &Options::default(),
            Dns::Options(options) => options,
        };
        let mut hosts = BTreeMap::new();
        for (host, at) in self.served(entry) {
            match dns_name(host) {
                Ok(name) => {
                    hosts.entry(name).or_insert(at);
                }
                Err(_) if options.exclude.iter().any(|it| it == host) => {
                    hosts.entry(host.to_owned()).or_insert(at);
                }
                Err(reason) => problems.push(invalid(at, reason).help(
                    "write a full name such as `app.example.com`, or keep it out of DNS with \
                     `dns: {exclude: [\u{2026}]}`",
                )),
            }
        }
        for (host, at) in options.extra(entry) {
            match dns_name(host) {
                Ok(name) => {
                    hosts.entry(name).or_insert(at);
                }
                Err(reason) => problems.push(invalid(at, reason).help(full_name(host))),
            }
        }
        let [excluded, adopted] = options
            .picks()
            .map(|it| it.of(&hosts, entry, &mut problems));
        let hosts = hosts
            .into_iter()
            .filter(|(name, _)| !excluded.contains(name))
            .map(|(name, at)| Host {
                adopt: adopted.contains(&name),
                name,
                at,
            })
            .collect();
        (hosts, problems)
    }

    /// The hostnames of the rules. The catch-all has none.
    fn served<'a>(&'a self, entry: &'a Entry<'_>) -> impl Iterator<Item = (&'a str, Span)> {
        self.ingress.iter().enumerate().filter_map(|(index, rule)| {
            let host = rule.hostname.as_deref()?;
            let path = [
                Key::Field("ingress"),
                Key::Index(index),
                Key::Field("hostname"),
            ];
            (!host.is_empty() && host != "*").then(|| (host, entry.at(&path)))
        })
    }
}

impl Options {
    fn picks(&self) -> [Pick<'_>; 2] {
        let pick = |field, listed| Pick { field, listed };
        [pick("exclude", &self.exclude), pick("adopt", &self.adopt)]
    }

    fn extra<'a>(&'a self, entry: &'a Entry<'_>) -> impl Iterator<Item = (&'a str, Span)> {
        self.hostnames.iter().enumerate().map(|(index, host)| {
            let path = [
                Key::Field("dns"),
                Key::Field("hostnames"),
                Key::Index(index),
            ];
            (host.as_str(), entry.at(&path))
        })
    }
}

/// A list that picks names out of the tunnel's own.
struct Pick<'a> {
    field: &'static str,
    listed: &'a [String],
}

impl Pick<'_> {
    /// The names that are picked; others are mistakes.
    fn of(
        &self,
        hosts: &BTreeMap<String, Span>,
        entry: &Entry<'_>,
        problems: &mut Vec<Problem>,
    ) -> BTreeSet<String> {
        let mut picked = BTreeSet::new();
        for (index, host) in self.listed.iter().enumerate() {
            let path = [Key::Field("dns"), Key::Field(self.field), Key::Index(index)];
            // A name that DNS does not take is among them only if it is excluded.
            let name = dns_name(host).unwrap_or_else(|_| host.clone());
            if hosts.contains_key(&name) {
                picked.insert(name);
            } else {
                let near = (problems.len() < SUGGESTED).then(|| nearest(&name, hosts));
                let problem = self.unknown(near.flatten());
                problems.push(problem.at(entry.at(&path), NOT_SERVED));
            }
        }
        picked
    }

    fn unknown(&self, near: Option<&str>) -> Problem {
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("`dns.{}` picks from the tunnel's own hostnames", self.field),
        };
        Problem::new("tunctl::unknown_hostname", "hostname is not served here").help(help)
    }
}

/// The label under a name that is picked in vain.
const NOT_SERVED: &str = "this tunnel has no such hostname";

/// How many mistakes two hostnames are apart if one is taken for the other. Hostnames of one
/// zone resemble each other, so that a share of their letters says nothing.
const MISTYPED: usize = 2;

/// After how many problems nobody looks for a similar name any more: a tunnel may have 10,000.
const SUGGESTED: usize = 10;

fn nearest<'a>(name: &str, hosts: &'a BTreeMap<String, Span>) -> Option<&'a str> {
    let alike = hosts
        .keys()
        .filter(|host| host.len().abs_diff(name.len()) <= MISTYPED);
    alike
        .map(|host| (strsim::damerau_levenshtein(name, host), host.as_str()))
        .filter(|(mistakes, _)| *mistakes <= MISTYPED)
        .min()
        .map(|(_, host)| host)
}

fn invalid(at: Span, reason: &'static str) -> Problem {
    Problem::new(
        "tunctl::invalid_hostname",
        "hostname cannot have a DNS record",
    )
    .at(at, reason)
}

/// What to type instead of a name that stands for nothing but a record.
fn full_name(host: &str) -> String {
    let name = host.split_once("://").map_or(host, |(_, rest)| rest);
    let name = name.split(['/', ':', '?']).next().unwrap_or_default();
    match dns_name(name) {
        Ok(name) => format!("write the name alone: `{name}`"),
        Err(_) => "write a full name such as `app.example.com` or `*.example.com`".to_owned(),
    }
}

/// Whether a hostname can have a record.
#[must_use]
pub fn has_dns_name(host: &str) -> bool {
    dns_name(host).is_ok()
}

/// A hostname as DNS knows it: lower case, Punycode, without a trailing dot.
pub(super) fn dns_name(host: &str) -> Result<String, &'static str> {
    let (wildcard, rest) = match host.strip_prefix("*.") {
        Some(rest) => ("*.", rest),
        None => ("", host),
    };
    let rest = rest.strip_suffix('.').unwrap_or(rest);
    let ascii = idna::domain_to_ascii(rest).map_err(|_| "this is not a valid name")?;
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let name = format!("{wildcard}{ascii}");
    if !ascii.contains('.') {
        Err("this is not a full name: it has no dot")
    } else if name.len() > 253 {
        Err("this name is longer than 253 characters")
    } else if ascii
        .split('.')
        .any(|label| label.is_empty() || label.len() > 63)
    {
        Err("between dots there must be 1 to 63 characters")
    } else if ascii.split('.').any(|label| !label.bytes().all(legal)) {
        Err("this name has characters that DNS does not take")
    } else {
        Ok(name)
    }
}
