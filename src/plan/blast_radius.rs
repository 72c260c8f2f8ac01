//! Who notices when a plan is carried out: users of hostnames and networks, and connectors.
//! Pure, and of no influence on the plan.

use std::collections::BTreeMap;

use super::{Action, Change, Plan};
use crate::address::Address;
use crate::desired::Drain;
use crate::kind::Kind as _;
use crate::kind::dns_record::DnsRecord;
use crate::kind::private_route::PrivateRoute;

/// What somebody notices, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// A hostname is no longer served.
    HostnameGone,
    /// A hostname leads elsewhere.
    HostnameMoves,
    /// A tunnel goes, and its live connectors with it.
    ConnectorsCut,
    /// A tunnel goes as soon as its live connectors have ended.
    ConnectorsAwaited,
    /// A private network is no longer reachable.
    RouteGone,
    /// A private network leads elsewhere.
    RouteMoves,
    /// A hostname is served for the first time.
    HostnameNew,
    /// A private network is reachable for the first time.
    RouteNew,
}

/// What a plan does to others, by address. What is empty is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlastRadius<'a>(pub BTreeMap<Effect, Vec<&'a Address>>);

impl<'a> BlastRadius<'a> {
    /// Judges every change of a plan.
    #[must_use]
    pub fn of(plan: &'a Plan) -> Self {
        let mut effects: BTreeMap<Effect, Vec<&Address>> = BTreeMap::new();
        for change in plan.changes() {
            if let Some(effect) = effect(change) {
                effects.entry(effect).or_default().push(&change.address);
            }
        }
        Self(effects)
    }
}

/// Where a record or a route leads before a change and after it.
#[must_use]
pub fn targets(change: &Change) -> (Option<&str>, Option<&str>) {
    let before = change.action.objects().first();
    let before = before.and_then(|object| object.spec.get("target")?.as_str());
    let after = change.action.after();
    (before, after.and_then(|spec| spec.get("target")?.as_str()))
}

fn effect(change: &Change) -> Option<Effect> {
    let (before, after) = targets(change);
    let moves = before != after;
    let kind = change.address.kind.as_str();
    if kind == DnsRecord::NAME || kind == PrivateRoute::NAME {
        let (new, moved, gone) = if kind == DnsRecord::NAME {
            let moved = Effect::HostnameMoves;
            (Effect::HostnameNew, moved, Effect::HostnameGone)
        } else {
            (Effect::RouteNew, Effect::RouteMoves, Effect::RouteGone)
        };
        return match &change.action {
            Action::Create { .. } => Some(new),
            Action::Delete { .. } => Some(gone),
            Action::Update { .. }
            | Action::Adopt { .. }
            | Action::Rename { .. }
            | Action::Rotate { .. }
            | Action::Replace { .. } => moves.then_some(moved),
        };
    }
    connectors(&change.action)
}

/// Only tunnels of both sorts are alive.
fn connectors(action: &Action) -> Option<Effect> {
    match action {
        Action::Delete { object, drain } if object.live => Some(match drain {
            Drain::Evict { .. } => Effect::ConnectorsCut,
            Drain::Wait { .. } | Drain::Fail => Effect::ConnectorsAwaited,
        }),
        Action::Replace { object, .. } if object.live => Some(Effect::ConnectorsCut),
        Action::Create { .. }
        | Action::Update { .. }
        | Action::Adopt { .. }
        | Action::Rename { .. }
        | Action::Rotate { .. }
        | Action::Replace { .. }
        | Action::Delete { .. } => None,
    }
}
