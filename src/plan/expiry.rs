//! What ends by itself: when a declared resource is due, and what of it has ended already.
//! Nothing here looks at a clock; the time is the one at which everything was seen.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::address::Address;
use crate::desired::{Declared, Desired, Ephemeral};
use crate::observed::{Observed, Vitals};
use crate::ownership::{Cause, Ending};
use crate::problem::Problem;

/// How far two clocks may be apart (rs-tunnel.md 7.4). Nothing ends before it is due by any of
/// them.
const SKEW: SignedDuration = SignedDuration::from_secs(5);

/// When something ends, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub cause: Cause,
}

/// When something with these vitals ends, as far as that is certain by now: whatever is connected
/// to it afterwards puts its end off.
#[must_use]
pub fn due(ephemeral: Ephemeral, vitals: &Vitals) -> Option<Due> {
    let after = |from: Option<Timestamp>, seconds: Option<u64>| {
        let seconds = SignedDuration::from_secs(i64::try_from(seconds?).ok()?);
        from?.checked_add(seconds).ok()
    };
    let ttl = after(vitals.made, ephemeral.ttl).map(|at| (at, Cause::Ttl));
    let idle = after(vitals.idle, ephemeral.idle).map(|at| (at, Cause::Idle));
    let first = ttl.into_iter().chain(idle).min_by_key(|(at, _)| *at);
    first.map(|(at, cause)| Due { at, cause })
}

impl Due {
    /// Whether that time has come.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.at
            .checked_add(SKEW)
            .is_ok_and(|certain| certain <= now)
    }
}

/// When each declared resource that is there ends.
pub fn dues<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
) -> impl Iterator<Item = (&'a Address, &'a Declared, Due)> {
    desired.resources.iter().filter_map(|(address, declared)| {
        let ephemeral = declared.lifecycle.ephemeral?;
        let [object] = observed.at(address) else {
            return None;
        };
        Some((address, declared, due(ephemeral, &object.vitals)?))
    })
}

/// Everything that is due now and is still there.
#[must_use]
pub fn endings(desired: &Desired, observed: &Observed) -> BTreeMap<Address, Ending> {
    let due = dues(desired, observed).filter(|(_, _, due)| due.is_over(observed.at));
    let ending = |(address, declared, due): (&Address, &Declared, Due)| {
        let object = observed.at(address).first()?;
        let with = desired.resources.keys();
        let with = with.filter(|it| desired.parents(it).any(|it| it == address));
        let ending = Ending {
            id: object.id.clone(),
            cause: due.cause,
            since: None,
            drain: declared.lifecycle.drain,
            with: with.cloned().collect(),
        };
        Some((address.clone(), ending))
    };
    due.filter_map(ending).collect()
}

/// What ended while it was declared, and is not made again by itself: the last object of its name
/// was deleted after it was due.
#[must_use]
pub fn ended(desired: &Desired, observed: &Observed) -> BTreeMap<Address, Due> {
    let past = observed.past.iter().filter_map(|(address, past)| {
        let ephemeral = desired.get(address)?.lifecycle.ephemeral?;
        let last = past.iter().max_by_key(|vitals| vitals.deleted)?;
        let due = due(ephemeral, last)?;
        (due.at <= last.deleted?).then(|| (address.clone(), due))
    });
    past.collect()
}

/// What a reader of a plan should know about resources that end.
#[must_use]
pub fn warnings(
    desired: &Desired,
    observed: &Observed,
    ended: &BTreeMap<Address, Due>,
    endings: &BTreeSet<Address>,
) -> Vec<Problem> {
    let due = dues(desired, observed).filter(|(_, _, due)| due.is_over(observed.at));
    let due = due.filter(|(address, _, _)| !endings.contains(*address));
    let due = due.map(|(address, declared, due)| {
        let message = format!("`{address}` expired at {}", due.at);
        Problem::new("tunctl::expired", message)
            .at(declared.at, "ends by itself")
            .help("`tunctl gc` ends it; so does `tunctl watch`")
            .warning()
    });
    let ended = ended.iter().filter_map(|(address, due)| {
        let declared = desired.get(address)?;
        let message = format!("`{address}` expired at {} and has ended", due.at);
        let problem = Problem::new("tunctl::ended", message)
            .at(declared.at, "is not made again by itself")
            .help(format!(
                "`--renew {}` makes it again; or drop the entry",
                address.name
            ));
        Some(problem.warning())
    });
    due.chain(ended).collect()
}
