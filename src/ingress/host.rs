//! Hostnames of rules: how they split from a port, and what they match.
//!
//! Nothing is normalised: letters, case and trailing dots count, and only a name that IDNA
//! accepts also matches in its lower-case ASCII form.

use super::twin::twin;

/// A set of hosts, compared letter for letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hosts<'a> {
    /// Every host.
    All,
    /// Every host that ends so; begins with a dot.
    Below(&'a str),
    /// One host.
    One(&'a str),
}

/// A rule's hostname, ready to be compared with hosts of requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    text: String,
    twin: Option<String>,
}

impl HostPattern {
    /// Takes any text: cloudflared does not check hostnames for being any.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            twin: twin(text),
        }
    }

    /// The other name that also matches; see [`twin`].
    #[must_use]
    pub fn twin(&self) -> Option<&str> {
        self.twin.as_deref()
    }

    /// What the rule serves: all of these.
    pub fn hosts(&self) -> impl Iterator<Item = Hosts<'_>> {
        let hosts = |text| match wildcard(text) {
            _ if matches!(text, "" | "*") => Hosts::All,
            Some(rest) => Hosts::Below(rest),
            None => Hosts::One(text),
        };
        let names = [Some(self.text.as_str()), self.twin.as_deref()];
        names.into_iter().flatten().map(hosts)
    }

    /// Whether the rule serves a host, given without port and brackets, as bytes because
    /// decoding a URL may make it so.
    #[must_use]
    pub fn matches(&self, host: &[u8]) -> bool {
        let twin = self.twin.as_deref();
        matches!(self.text.as_str(), "" | "*")
            || matches(&self.text, host)
            || twin.is_some_and(|twin| matches(twin, host))
    }
}

/// Go's `net.SplitHostPort`: the host without brackets, and the port, whatever it is; `None`
/// where Go fails, as without a port.
#[must_use]
pub fn split_port(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = text.iter().rposition(|byte| *byte == b':')?;
    let (before, port) = (&text[..colon], &text[colon + 1..]);
    let (host, rest): (_, &[u8]) = match before.strip_prefix(b"[") {
        // The first bracket that closes must be the last character.
        Some(inner) => (inner.strip_suffix(b"]")?, &[]),
        None if before.contains(&b':') => return None,
        None => (before, before),
    };
    let stray = |text: &[u8]| text.contains(&b'[') || text.contains(&b']');
    (!stray(host) && !stray(rest) && !stray(port)).then_some((host, port))
}

fn matches(pattern: &str, host: &[u8]) -> bool {
    let below = wildcard(pattern);
    pattern.as_bytes() == host || below.is_some_and(|rest| host.ends_with(rest.as_bytes()))
}

/// What hosts of a wildcard end with.
fn wildcard(pattern: &str) -> Option<&str> {
    pattern
        .strip_prefix('*')
        .filter(|rest| rest.starts_with('.'))
}
