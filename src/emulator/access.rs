//! What a bearer token may do. Without an entry here a token may do everything.

mod clause;

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(super) use clause::{Clause, Effect, Reach, Target};

use super::failure::Failure;
use super::table::Row;

/// Whether an operation reads or writes, in the eyes of Cloudflare's permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// `… Read` or `… Write` will do.
    Read,
    /// Only `… Write` will do.
    Write,
}

/// Permission groups without their last word, any one of which allows an operation.
pub(super) type Groups = &'static [&'static str];

/// The restrictions of one token, stored under the SHA-256 of its text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Grant {
    /// What it may do; everything if absent.
    pub(super) permissions: Option<Permissions>,
    /// The accounts it is for; all if absent.
    pub(super) accounts: Option<BTreeSet<String>>,
    /// The zones it is for, by id or name; all of its accounts' if absent.
    pub(super) zones: Option<BTreeSet<String>>,
    /// Whether it works at all.
    pub(super) status: Status,
    /// Whose it is; either if absent.
    pub(super) owner: Option<Owner>,
    /// Stops working then.
    pub(super) expires_on: Option<Timestamp>,
    /// Starts working then.
    pub(super) not_before: Option<Timestamp>,
    /// What it may do, if the API made it: instead of `permissions` and `zones`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) policies: Option<Vec<Clause>>,
    /// The id under which the API made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) issued: Option<String>,
}

/// Permissions, all at once or by the names of Cloudflare's groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Permissions {
    /// Every `… Read`.
    Read,
    /// Everything.
    Write,
    /// These groups, such as `DNS Write`.
    Groups(BTreeSet<String>),
}

/// The state of a token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// It works.
    #[default]
    Active,
    /// Switched off.
    Disabled,
    /// Past its time.
    Expired,
    /// No such token.
    Invalid,
}

/// Whose a token is: only the matching `tokens/verify` knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Owner {
    /// A user's.
    User,
    /// An account's.
    Account,
}

impl Row for Grant {
    fn group(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn name(&self) -> &'static str {
        ""
    }
}

impl Grant {
    /// Whether the token may do one of `groups` at this level. No groups: nothing is needed.
    pub(super) fn allow(
        &self,
        groups: Groups,
        level: Level,
        target: Target<'_>,
    ) -> Result<(), Failure> {
        let allowed = match (&self.policies, &self.permissions) {
            (Some(clauses), _) => clause::allow(clauses, groups, level, target),
            (None, None | Some(Permissions::Write)) => true,
            (None, Some(Permissions::Read)) => level == Level::Read,
            (None, Some(Permissions::Groups(own))) => own.iter().any(|own| {
                let mut groups = groups.iter();
                groups.any(|group| clause::suffices(own, group, level))
            }),
        };
        if allowed || groups.is_empty() {
            Ok(())
        } else {
            Err(Failure::denied())
        }
    }

    /// Whether the token may do all that a policy would allow.
    pub(super) fn holds(&self, asked: &Clause) -> bool {
        match (&self.policies, &self.permissions) {
            (Some(clauses), _) => clause::hold(clauses, asked),
            (None, None | Some(Permissions::Write)) => true,
            (None, Some(Permissions::Read)) => {
                asked.groups.iter().all(|group| group.ends_with(" Read"))
            }
            (None, Some(Permissions::Groups(own))) => asked.groups.is_subset(own),
        }
    }

    /// Whether the token is for this account.
    pub(super) fn sees_account(&self, account: &str) -> bool {
        let accounts = self.accounts.as_ref();
        accounts.is_none_or(|accounts| accounts.contains(account))
    }

    /// Whether the token is for this zone.
    pub(super) fn sees_zone(&self, account: &str, id: &str, name: &str) -> bool {
        let zones = self.zones.as_ref();
        let policies = self.policies.as_ref();
        self.sees_account(account)
            && zones.is_none_or(|zones| zones.contains(id) || zones.contains(name))
            && policies.is_none_or(|clauses| clause::see(clauses, id))
    }

    /// The status at a time.
    pub(super) fn status_at(&self, now: Timestamp) -> Status {
        match self.status {
            Status::Active if self.expires_on.is_some_and(|end| end <= now) => Status::Expired,
            Status::Active if self.not_before.is_some_and(|start| start > now) => Status::Disabled,
            status @ (Status::Active | Status::Disabled | Status::Expired | Status::Invalid) => {
                status
            }
        }
    }
}
