//! What the store says about a stack before a run, and what the run leaves there.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::lock::Locks;
use super::stacks::Stack;
use crate::address::Address;
use crate::apply::Desk;
use crate::apply::ledger::kept::{corrupt, misplaced, teardowns};
use crate::claim::Claim;
use crate::desired::{Desired, Drain};
use crate::kind::{self, AnyKind};
use crate::ownership::{Ending, Ownership};
use crate::store::{Name, StoreError};
use crate::teardown::Teardown;

/// What the store says.
#[derive(Debug, Clone, Default)]
pub(super) struct Records {
    /// The stack's teardowns that have not ended.
    pub(super) teardowns: Vec<Teardown>,
    /// What other stacks of the account claim.
    pub(super) claims: Vec<Claim>,
}

impl Locks {
    /// Where the records of a stack are kept.
    pub(super) fn desk<'a>(&'a self, stack: &'a Stack) -> Desk<'a> {
        Desk {
            store: Some(&self.store),
            account: &stack.manifest.account,
            stack: &stack.manifest.ownership.stack,
            actor: &self.actor,
        }
    }

    /// Reads the records of a stack.
    ///
    /// # Errors
    /// If the store does not answer, or something in it is damaged.
    pub(super) async fn records(&self, stack: &Stack) -> Result<Records, StoreError> {
        let desk = self.desk(stack);
        Ok(Records {
            claims: self.claims(desk.account, desk.stack).await?,
            teardowns: teardowns(&desk).await?,
        })
    }

    /// What other stacks of an account claim.
    ///
    /// # Errors
    /// If the store does not answer, or a claim is damaged.
    pub(super) async fn claims(
        &self,
        account: &str,
        stack: &str,
    ) -> Result<Vec<Claim>, StoreError> {
        let mut claims = Vec::new();
        let claimed = Name::new(&[account, "claims"])?;
        for name in self.store.list(&claimed).await? {
            let Some(bytes) = self.store.get(&name).await? else {
                continue;
            };
            let claim: Claim = serde_json::from_slice(&bytes)
                .map_err(|error| corrupt(&self.store, &name, &error))?;
            if Name::claim(account, &claim.stack)? != name {
                let reason = format!("it is the claim of stack `{}`", claim.stack);
                return Err(misplaced(&self.store, &name, reason));
            }
            if claim.stack != stack {
                claims.push(claim);
            }
        }
        Ok(claims)
    }

    /// What the stack itself claimed last.
    ///
    /// # Errors
    /// If the store does not answer, or the claim is damaged.
    async fn claimed(&self, stack: &Stack) -> Result<Option<Claim>, StoreError> {
        let desk = self.desk(stack);
        let name = Name::claim(desk.account, desk.stack)?;
        let bytes = self.store.get(&name).await?;
        let claim = bytes.map(|bytes| serde_json::from_slice(&bytes));
        let claim = claim.transpose();
        claim.map_err(|error| corrupt(&self.store, &name, &error))
    }

    /// The commit of the stack's last complete apply.
    ///
    /// # Errors
    /// If the store does not answer, or the claim is damaged.
    pub(super) async fn recorded(&self, stack: &Stack) -> Result<Option<String>, StoreError> {
        Ok(self.claimed(stack).await?.and_then(|claim| claim.commit))
    }

    /// Writes down what the stack claims. `commit` is the one of an apply that left nothing undone;
    /// without it the last such commit stays.
    ///
    /// # Errors
    /// If the store does not answer.
    pub(super) async fn claim(
        &self,
        stack: &Stack,
        at: Timestamp,
        commit: Option<String>,
    ) -> Result<(), StoreError> {
        let (desk, manifest) = (self.desk(stack), &stack.manifest);
        let claim = Claim::of(&manifest.desired, &manifest.ownership, at, is_by_name);
        let last = self.claimed(stack).await?.and_then(|last| last.commit);
        let claim = Claim {
            commit: commit.or(last),
            ..claim
        };
        let bytes = serde_json::to_vec_pretty(&claim).expect("a claim is plain data");
        let name = Name::claim(desk.account, desk.stack)?;
        self.store.put(&name, &bytes).await
    }

    /// The stack claims nothing any more.
    ///
    /// # Errors
    /// If the store does not answer.
    pub(super) async fn unclaim(&self, stack: &Stack) -> Result<(), StoreError> {
        let desk = self.desk(stack);
        let name = Name::claim(desk.account, desk.stack)?;
        self.store.delete(&name).await
    }
}

fn is_by_name(kind: &str) -> bool {
    kind::find(kind).is_some_and(AnyKind::owned_by_name)
}

impl Records {
    /// What is a stack's, with what the store knows of others and of teardowns that have begun.
    /// Whatever is declared again is called off.
    pub(super) fn ownership(&self, own: &Ownership, desired: &Desired) -> Ownership {
        let mut ownership = own.clone();
        for claim in &self.claims {
            for address in &claim.declares {
                let elsewhere = ownership.elsewhere.entry(address.clone());
                elsewhere.or_insert_with(|| claim.stack.clone());
            }
        }
        let begun = self.teardowns.iter();
        let begun = begun.filter(|it| !desired.contains(&it.address));
        let endings = begun.map(|it| {
            let mut ending = it.ending();
            // Whoever changes the manifest meanwhile wants it to hold.
            if desired.drain != Drain::default() {
                ending.drain = desired.drain;
            }
            (it.address.clone(), ending)
        });
        ownership.endings = endings.collect::<BTreeMap<Address, Ending>>();
        ownership
    }
}
