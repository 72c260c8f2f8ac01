//! Which rule serves a request: the first that matches, and the last if none does.

use super::Rule;
use super::go::url::Url;
use super::host::{HostPattern, split_port};
use super::path::{Pattern, PatternFault};
use super::validate::{Fault, Field};

/// A tunnel's rules, ready to be matched.
#[derive(Debug, Clone)]
pub struct Matcher {
    rules: Vec<RuleMatcher>,
}

/// One rule, ready to be matched.
#[derive(Debug, Clone)]
pub struct RuleMatcher {
    /// What it serves by name.
    pub host: HostPattern,
    /// What it serves by path; absent, everything.
    pub path: Option<Pattern>,
}

/// A request as far as rules look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The host without port and brackets.
    pub host: Vec<u8>,
    /// The decoded path, without query and fragment; empty stays empty.
    pub path: Vec<u8>,
}

impl Matcher {
    /// Prepares rules for matching. They need not be valid but for their paths.
    ///
    /// # Errors
    /// A path that cannot be searched for; invalid ones in cloudflared's words.
    pub fn new(rules: &[Rule]) -> Result<Self, Fault> {
        let matchers = rules.iter().enumerate().map(|(index, rule)| {
            RuleMatcher::new(rule).map_err(|fault| Fault {
                rule: Some(index),
                field: Field::Path,
                message: format!("Rule #{} has an invalid regex: {fault}", index + 1),
            })
        });
        let rules = matchers.collect::<Result<_, _>>()?;
        Ok(Self { rules })
    }

    /// The rules, in order.
    #[must_use]
    pub fn rules(&self) -> &[RuleMatcher] {
        &self.rules
    }

    /// The position of the rule that serves a host and a path; `None` only without rules. The
    /// host may carry a port, as in a request's header.
    #[must_use]
    pub fn route(&self, host: &[u8], path: &[u8]) -> Option<usize> {
        let host = split_port(host).map_or(host, |(host, _)| host);
        let serves = |rule: &RuleMatcher| rule.host.matches(host) && rule.serves_path(path);
        let first = self.rules.iter().position(serves);
        first.or_else(|| self.rules.len().checked_sub(1))
    }
}

impl RuleMatcher {
    fn new(rule: &Rule) -> Result<Self, PatternFault> {
        let path = match rule.path_pattern() {
            "" => None,
            pattern => Some(Pattern::compile(pattern)?),
        };
        Ok(Self {
            host: HostPattern::new(rule.host()),
            path,
        })
    }

    /// Whether the rule serves a decoded path.
    #[must_use]
    pub fn serves_path(&self, path: &[u8]) -> bool {
        self.path
            .as_ref()
            .is_none_or(|pattern| pattern.is_match(path))
    }
}

impl Target {
    /// Reads a URL as `cloudflared tunnel ingress rule` does. A text without slashes passes if
    /// it looks as if it had a scheme, and then has no host.
    ///
    /// # Errors
    /// cloudflared's message.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|_| format!("{text} is not a valid URL"))?;
        if url.hostname().is_empty() && url.scheme.is_empty() {
            return Err(format!(
                "{text} doesn't have a hostname, consider adding a scheme"
            ));
        }
        Ok(Self {
            host: url.hostname().to_vec(),
            path: url.path,
        })
    }
}
