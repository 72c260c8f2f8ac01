//! Records that lead to tunnels which are gone. Nobody answers there, and whoever could have the
//! tunnel's id would.

use std::collections::BTreeSet;

use super::facts::{Account, Fate, Pointer};
use super::{Check, Facts, Finding, Seen, Topic};
use crate::address::RemoteId;
use crate::observed::Owner;

/// The check.
pub(super) const CHECK: Check = Check {
    name: "dangling",
    topic: Topic::Cloudflare,
    look,
};

/// The records whose tunnel is gone.
pub(super) fn gone(account: &Account) -> impl Iterator<Item = &Pointer> {
    let pointers = account.pointers.iter().filter_map(|it| it.as_ref().ok());
    pointers.filter(|it| match it.fate {
        Fate::Deleted(_) | Fate::Stranger => true,
        Fate::Lives | Fate::Unread(_) => false,
    })
}

/// The ids of the records that may be deleted to mend this: they carry our mark, and Cloudflare
/// itself says that their tunnel was deleted. What the account never had may be somebody's plan.
#[must_use]
pub fn mendable(account: &Account) -> BTreeSet<RemoteId> {
    let ours = gone(account).filter(|it| it.owner == Owner::Ours);
    let deleted = ours.filter(|it| matches!(it.fate, Fate::Deleted(_)));
    deleted.map(|it| it.id.clone()).collect()
}

fn look(facts: &Facts<'_>) -> Seen {
    let account = facts.account;
    let mut findings: Vec<Finding> = gone(account).map(|it| finding(it, facts)).collect();
    for pointer in &account.pointers {
        let unread = match pointer {
            Err(why) => why.clone(),
            Ok(Pointer {
                name,
                fate: Fate::Unread(why),
                ..
            }) => format!("the tunnel that `{name}` leads to: {why}"),
            Ok(_) => continue,
        };
        findings.push(Finding::unknown(format!("not looked at: {unread}")));
    }
    let number = account.pointers.len();
    Seen::new(
        format!("no record leads to a tunnel that is gone; {number} looked at"),
        findings,
    )
}

fn finding(pointer: &Pointer, facts: &Facts<'_>) -> Finding {
    let Pointer {
        zone,
        id,
        name,
        tunnel,
        owner,
        fate,
    } = pointer;
    let whose = match owner {
        Owner::Ours => "this stack's".to_owned(),
        Owner::Other(stack) => format!("stack `{stack}`'s"),
        Owner::Unmarked | Owner::ByName => "nobody's (it carries no mark)".to_owned(),
    };
    let what = match fate {
        Fate::Deleted(at) => format!("the tunnel {tunnel}, which was deleted on {at}"),
        Fate::Stranger => format!("the tunnel {tunnel}, which this account does not have"),
        Fate::Lives | Fate::Unread(_) => format!("the tunnel {tunnel}"),
    };
    let message =
        format!("the record `{name}` in zone `{zone}`, {whose}, leads to {what} [record {id}]");
    let declared = facts.manifest.desired.names("dns_record");
    let declared = declared.into_iter().any(|it| it == name);
    let help = match (owner, fate) {
        (Owner::Ours, _) if declared => "`tunctl apply` leads it to the declared tunnel",
        (Owner::Ours, Fate::Deleted(_)) => "`tunctl doctor --fix` deletes it, after asking",
        (Owner::Other(_), _) => "run doctor with the manifest of that stack",
        (Owner::Ours | Owner::Unmarked | Owner::ByName, _) => {
            "nothing proves that it may go: if it is yours, delete it at Cloudflare"
        }
    };
    Finding::warning(message).help(help)
}
