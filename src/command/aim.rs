//! What one run aims at: the manifest, less what ends by itself, and what is the stack's own as far
//! as the store knows others.

use std::collections::BTreeSet;

use super::records::Records;
use super::stacks::Stack;
use super::wish::{Ends, Wish};
use crate::address::Address;
use crate::claim::Claim;
use crate::desired::Desired;
use crate::observed::Observed;
use crate::ownership::Ownership;
use crate::plan::{Policy, expiry};
use crate::problem::Problem;
use jiff::Timestamp;

/// What a run aims at.
#[derive(Debug)]
pub(super) struct Aim {
    /// What should be, if it is not all that the manifest says.
    desired: Option<Desired>,
    /// What is ours.
    pub(super) ownership: Ownership,
}

impl Aim {
    /// Begins with what is known before Cloudflare is asked.
    ///
    /// # Errors
    /// If another stack claims what this one owns.
    pub(super) fn new(stack: &Stack, records: &Records, wish: &Wish) -> Result<Self, Vec<Problem>> {
        let manifest = &stack.manifest;
        if matches!(wish.policy, Policy::Sync | Policy::KeepAll) {
            let (desired, own) = (&manifest.desired, &manifest.ownership);
            let ours = Claim::of(desired, own, Timestamp::UNIX_EPOCH, |_| false);
            let clashes = records.claims.iter();
            let clashes: Vec<_> = clashes.filter_map(|it| ours.contradiction(it)).collect();
            if !clashes.is_empty() {
                return Err(clashes);
            }
        }
        let mut ownership = records.ownership(&manifest.ownership, &manifest.desired);
        if let Ends::One(address, ending) = &wish.ends {
            // What has begun keeps its first cause.
            let begun = ownership.endings.entry(address.clone());
            begun.or_insert_with(|| ending.clone());
        }
        Ok(Self {
            desired: None,
            ownership,
        })
    }

    /// Takes in what ends by itself; hands back what a reader of the plan should know of it.
    pub(super) fn take_in(
        &mut self,
        stack: &Stack,
        observed: &Observed,
        wish: &Wish,
    ) -> Vec<Problem> {
        let desired = &stack.manifest.desired;
        let mut ended = expiry::ended(desired, observed);
        ended.retain(|address, _| !wish.renew.contains(&address.name));
        let expired = match wish.ends {
            Ends::Expired => expiry::endings(desired, observed),
            Ends::Nothing | Ends::Named(_) | Ends::One(..) => std::collections::BTreeMap::new(),
        };
        let gone: BTreeSet<Address> = ended.keys().chain(expired.keys()).cloned().collect();
        if !gone.is_empty() {
            self.desired = Some(desired.without(&gone));
        }
        let warnings = expiry::warnings(desired, observed, &ended, &gone);
        self.ownership.endings.extend(expired);
        warnings
    }

    /// What should be.
    pub(super) fn desired<'a>(&'a self, stack: &'a Stack) -> &'a Desired {
        self.desired.as_ref().unwrap_or(&stack.manifest.desired)
    }
}
