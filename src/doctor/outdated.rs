//! Connectors that run an older cloudflared than others, or than one that is known.

use std::fmt;

use super::facts::Served;
use super::{Check, Facts, Finding, Seen, Topic};
use crate::cloudflare::connection::Connector;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "outdated",
    topic: Topic::Cloudflare,
    look,
};

/// The cloudflared whose source `ingress` follows, of August 2026: the newest when this version of
/// tunctl was made.
pub const KNOWN: Version = Version(2026, 8, 0);

/// Cloudflare supports a cloudflared for a year: in months.
const SUPPORTED: u32 = 12;

/// A version of cloudflared: year, month, and a number within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// Reads `2026.8.2`; whatever follows a `-` or `+` is left out. `None` for anything else, such
    /// as a build of somebody's own.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.split(['-', '+']).next()?;
        let mut parts = plain.split('.').map(|part| part.parse::<u32>().ok());
        let version = Self(parts.next()??, parts.next()??, parts.next()??);
        let sane = parts.next().is_none() && (2000..3000).contains(&version.0);
        (sane && (1..=12).contains(&version.1)).then_some(version)
    }

    fn months(self) -> u32 {
        self.0 * 12 + self.1
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// A connector that serves a tunnel, with its version.
struct Running<'a> {
    tunnel: &'a str,
    connector: &'a Connector,
    version: Version,
}

fn look(facts: &Facts<'_>) -> Seen {
    let served = &facts.account.served;
    let running: Vec<Running<'_>> = served.iter().flat_map(running).collect();
    let newest = running.iter().map(|it| it.version).max();
    let mut findings: Vec<Finding> = running
        .iter()
        .filter_map(|it| finding(it, newest.unwrap_or(KNOWN)))
        .collect();
    findings.extend(served.iter().filter_map(|it| {
        let why = it.connectors.as_ref().err()?;
        let tunnel = &it.tunnel;
        let said = format!("the connectors of `{tunnel}` were not looked at: {why}");
        Some(Finding::unknown(said))
    }));
    let fine = match newest {
        None => "no connector that runs tells its version".to_owned(),
        Some(newest) => format!(
            "no connector is outdated; {} looked at, the newest runs cloudflared {newest}, and \
             {KNOWN} was out when this tunctl was made",
            running.len()
        ),
    };
    Seen::new(fine, findings)
}

fn running(served: &Served) -> Vec<Running<'_>> {
    let connectors = served.connectors.iter().flatten();
    let serving = connectors.filter(|it| it.is_connected());
    serving
        .filter_map(|connector| {
            Some(Running {
                tunnel: &served.tunnel,
                connector,
                version: Version::parse(connector.version.as_deref()?)?,
            })
        })
        .collect()
}

fn finding(running: &Running<'_>, newest: Version) -> Option<Finding> {
    let Running {
        tunnel,
        connector,
        version,
    } = running;
    let id = &connector.id;
    let who = format!("connector {id} of `{tunnel}` runs cloudflared {version}");
    if version.months() + SUPPORTED < newest.max(KNOWN).months() {
        let message = format!("{who}, which is more than a year old and no longer supported");
        return Some(Finding::warning(message).help("update it"));
    }
    if *version < newest {
        let message = format!("{who}; the newest of yours is {newest}");
        return Some(Finding::warning(message).help("update it"));
    }
    // A patch of the same month is nothing to worry about, and KNOWN has none.
    (version.months() < KNOWN.months()).then(|| {
        let message = format!("{who}; {KNOWN} was out when this tunctl was made");
        Finding::warning(message).help("update it")
    })
}
