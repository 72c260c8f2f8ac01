//! What carrying out a plan will cost, before it is carried out.

use std::collections::BTreeMap;

use super::{Action, Change, Input, Plan};
use crate::kind::AnyKind;
use crate::observed::Form;
use crate::request::Request;

/// Operations in one batch.
const BATCH: usize = 200;

/// How many requests may be sent. Part of no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Requests that the run has sent so far, for all its stacks together.
    pub spent: u64,
    /// Requests that may be sent at once.
    pub left: u64,
    /// Seconds for each request after those.
    pub pace: f64,
}

/// Nothing was sent yet: Cloudflare's rate for one token is 1,200 requests in 300 seconds
/// (cloudflare-api.md 1.4).
impl Default for Rate {
    fn default() -> Self {
        Self {
            spent: 0,
            left: 1200,
            pace: 300.0 / 1200.0,
        }
    }
}

/// What a plan will cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Requests that the run had sent when the plan was made, for all its stacks together. 0 for
    /// a plan from a snapshot.
    pub spent: u64,
    /// Requests that change something.
    pub writes: u64,
    /// Requests that read again what is about to be changed.
    pub reads: u64,
    /// Seconds that the rate limit forces, beginning with what it left when the plan was made.
    pub seconds: f64,
    /// How much of each limited kind the account will have.
    pub quotas: Vec<Quota>,
}

/// The use of one quota.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// The kind.
    pub kind: &'static str,
    /// Objects in the account after the plan.
    pub after: u64,
    /// Objects that the account may have.
    pub limit: u64,
}

/// Forecasts a plan.
#[must_use]
pub fn forecast(input: &Input<'_>, plan: &Plan, rate: Rate) -> Forecast {
    let (mut writes, mut reads) = (0, 0);
    for stage in &plan.stages {
        let mut batches: BTreeMap<String, usize> = BTreeMap::new();
        reads += rechecks(input, stage);
        for change in stage {
            let kind = input
                .kinds
                .iter()
                .find(|it| it.name() == change.address.kind);
            let name = &change.address.name;
            if let Some(batch) = kind.and_then(|kind| kind.travels_with(input.scope, name)) {
                let size = batches.entry(batch).or_default();
                // What is in the way is deleted beside the one operation that every change is.
                let objects = change.action.objects().iter();
                *size += 1 + objects.filter(|it| it.form == Form::Occupant).count();
            } else {
                writes += 1 + u64::from(matches!(change.action, Action::Replace { .. }));
            }
        }
        let batches = batches.into_values();
        writes += batches.map(|size| size.div_ceil(BATCH) as u64).sum::<u64>();
    }
    let over = (writes + reads).saturating_sub(rate.left);
    Forecast {
        spent: rate.spent,
        writes,
        reads,
        // Far below 2^52 requests.
        seconds: f64::from(u32::try_from(over).unwrap_or(u32::MAX)) * rate.pace,
        quotas: input
            .kinds
            .iter()
            .filter_map(|kind| quota(*kind, input, plan))
            .collect(),
    }
}

/// Reads right before a stage; changes whose objects one read shows share it.
fn rechecks(input: &Input<'_>, stage: &[Change]) -> u64 {
    let ids = &input.observed.ids;
    let look = |change: &Change| {
        let mut kinds = input.kinds.iter();
        let kind = kinds.find(|it| it.name() == change.address.kind)?;
        Some(kind.look(input.scope, ids, &change.address.name)?.request)
    };
    let rechecked = stage.iter().filter(|change| change.recheck);
    let mut looks: Vec<Request> = rechecked.filter_map(look).collect();
    looks.sort_unstable_by(|a, b| (&a.path, &a.query).cmp(&(&b.path, &b.query)));
    looks.dedup();
    looks.len() as u64
}

fn quota(kind: &dyn AnyKind, input: &Input<'_>, plan: &Plan) -> Option<Quota> {
    let limit = kind.quota()?;
    let live = input
        .observed
        .iter()
        .filter(|(it, _)| it.kind == kind.name())
        .count() as u64;
    let planned = |wanted: fn(&Action) -> bool| {
        let changes = plan.changes().filter(|it| it.address.kind == kind.name());
        changes.filter(|change| wanted(&change.action)).count() as u64
    };
    let made = planned(|action| matches!(action, Action::Create { .. }));
    let gone = planned(|action| matches!(action, Action::Delete { .. }));
    Some(Quota {
        kind: kind.name(),
        after: (live + made).saturating_sub(gone),
        limit,
    })
}
