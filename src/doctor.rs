//! What is wrong that no plan shows: judgement over facts that were collected before.
//!
//! Invariant: nothing here looks at anything. The same facts give the same findings.

mod clock;
mod dangling;
pub mod facts;
mod finding;
mod idle;
pub mod least;
pub mod need;
mod obstacles;
mod outdated;
pub mod permission;
mod permissions;
mod policy;
mod quotas;
mod removed;
mod store;
mod token;
mod undeclared;
mod zones;

pub use dangling::mendable;
pub use facts::Facts;
pub use finding::{Certainty, Finding, Level, Seen};
pub use outdated::{KNOWN, Version};
pub use policy::verdict;

/// Every check, in the order in which people read them: what comes first explains what follows.
pub static CHECKS: &[Check] = &[
    token::CHECK,
    permissions::CHECK,
    zones::CHECK,
    obstacles::CHECK,
    removed::CHECK,
    undeclared::CHECK,
    dangling::CHECK,
    idle::CHECK,
    outdated::CHECK,
    quotas::CHECK,
    store::CHECK,
    clock::CHECK,
];

/// What checks are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// What the run proves itself with.
    Token,
    /// What the files say.
    Manifest,
    /// What is there.
    Cloudflare,
    /// Where the run takes place.
    Machine,
}

impl Topic {
    /// The heading over its checks.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Token => "Token",
            Self::Manifest => "Manifest",
            Self::Cloudflare => "Cloudflare",
            Self::Machine => "This machine",
        }
    }
}

/// One question that the facts are asked.
#[derive(Debug)]
pub struct Check {
    /// Stable and documented, for programs.
    pub name: &'static str,
    /// Under which heading it stands.
    pub topic: Topic,
    look: fn(&Facts<'_>) -> Seen,
}

/// What a check found.
#[derive(Debug)]
pub struct Examined {
    /// Which one.
    pub check: &'static Check,
    /// What it saw.
    pub seen: Seen,
}

/// Asks every check.
#[must_use]
pub fn examine(facts: &Facts<'_>) -> Vec<Examined> {
    let all = CHECKS.iter();
    all.map(|check| Examined {
        check,
        seen: (check.look)(facts),
    })
    .collect()
}

/// Whether anything keeps a command from working.
#[must_use]
pub fn is_broken(examined: &[Examined]) -> bool {
    let mut findings = examined.iter().flat_map(|it| &it.seen.findings);
    findings.any(|it| it.level == Level::Error)
}
