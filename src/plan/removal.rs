//! What goes: live objects that are ours and no longer declared. Whatever is in doubt stays,
//! and the plan says so.

use super::judge::is_in_hand;
use super::{Action, Change, Input, Policy, Reason};
use crate::address::Address;
use crate::kind::{AnyKind, Recheck};
use crate::observed::{Object, Owner};
use crate::ownership::Ending;
use crate::problem::Problem;

/// Every deletion that the plan needs.
///
/// # Errors
/// If several objects of one kind have a name that would go: which of them is meant?
pub(super) fn undeclared(
    input: &Input<'_>,
    warnings: &mut Vec<Problem>,
) -> Result<Vec<Change>, Vec<Problem>> {
    let mut changes: Vec<Change> = Vec::new();
    let mut problems = Vec::new();
    for (address, object) in input.observed.iter() {
        let declared = input.desired.get(address);
        let kind = input.kinds.iter().find(|kind| kind.name() == address.kind);
        let Some(kind) = kind.filter(|kind| kind.standalone()) else {
            continue;
        };
        if input.ownership.is_ignored(address) {
            continue;
        }
        let ending = input.ownership.ending(address, object);
        let ending = ending.filter(|_| declared.is_none());
        let goes = match declared {
            Some(declared) => input.policy == Policy::Destroy && is_in_hand(declared, object),
            None if ending.is_some() => true,
            None => input.policy != Policy::End && input.ownership.is_ours(address, object),
        };
        let may_go = ending.is_some() || input.ownership.may_go(address);
        let twin = changes.last().filter(|it| may_go && it.address == *address);
        if goes && let Some(twin) = twin {
            problems.push(ambiguous(
                address,
                [twin.action.objects(), std::slice::from_ref(object)],
            ));
        } else if goes {
            let ending = ending.map(|(_, ending)| ending);
            changes.push(deletion(input, *kind, (address, object), ending));
        }
        let is_looked_at = declared.is_none() && may_go && input.policy != Policy::End;
        if is_looked_at && !goes && object.owner == Owner::Ours {
            warnings.push(kept(input, *kind, address, object));
        } else if input.ownership.was_declared(address) && !(goes && may_go) {
            warnings.push(left_alone(input, *kind, address, object));
        }
    }
    if problems.is_empty() {
        Ok(changes)
    } else {
        Err(problems)
    }
}

fn deletion(
    input: &Input<'_>,
    kind: &dyn AnyKind,
    (address, object): (&Address, &Object),
    ending: Option<&Ending>,
) -> Change {
    let declared = input.desired.get(address);
    let drain = match (declared, ending) {
        (Some(declared), _) => declared.lifecycle.drain,
        (None, Some(ending)) => ending.drain,
        (None, None) => input.desired.drain,
    };
    let reason = ending.map_or(Reason::Undeclared, |ending| Reason::Ends {
        cause: ending.cause,
        since: ending.since,
    });
    Change {
        address: address.clone(),
        action: Action::Delete {
            object: object.clone(),
            drain,
        },
        reason,
        waits_for: Vec::new(),
        recheck: kind.recheck() != Recheck::Never,
        at: declared.map(|declared| declared.at),
        keeps: None,
    }
}

/// The entries of `removed` that name nothing, as far as that is known for certain.
pub(super) fn spent(input: &Input<'_>) -> impl Iterator<Item = Problem> {
    let view = input.view();
    let is_known = move |address: &Address| {
        let mut kinds = input.kinds.iter();
        let kind = kinds.find(|kind| kind.name() == address.kind);
        // What lives in a zone that the token does not see was not looked for.
        kind.is_some_and(|kind| kind.misplaced(&view, &address.name).is_none())
            && !input.observed.unread.contains(&address.kind)
    };
    let removed = input.ownership.removed.iter();
    let gone = removed.filter(|it| input.observed.at(it).is_empty());
    gone.filter(move |it| is_known(it)).map(|address| {
        Problem::new(
            "tunctl::removed_matches_nothing",
            format!("`removed` names `{address}`, which is not there any more"),
        )
        .help("take the entry out: it has done its work, and would delete whatever gets this name")
        .warning()
    })
}

/// What the base declared and nobody can be sure about now.
fn left_alone(
    input: &Input<'_>,
    kind: &dyn AnyKind,
    address: &Address,
    object: &Object,
) -> Problem {
    let (why, theirs) = match &object.owner {
        _ if let Some(stack) = input.ownership.elsewhere.get(address) => {
            (format!("stack `{stack}` declares it"), true)
        }
        Owner::Other(stack) => (format!("it carries the mark of stack `{stack}`"), true),
        Owner::Unmarked => {
            let words = kind.words(object);
            (format!("it has no mark, and is {words} now"), false)
        }
        Owner::Ours | Owner::ByName => {
            let why = "`previousNames` lists it, and something has the new name already";
            (why.to_owned(), false)
        }
    };
    let message = format!("`{address}` was declared at the base and is left alone: {why}");
    let problem = Problem::new("tunctl::left_alone", message).warning();
    if theirs {
        problem.help("nothing is to be done; that stack decides about it")
    } else {
        problem.help(format!("if it should go, name it: `removed: [{address}]`"))
    }
}

fn ambiguous(address: &Address, objects: [&[Object]; 2]) -> Problem {
    let ids: Vec<&str> = objects
        .iter()
        .flat_map(|it| it.iter())
        .map(|it| it.id.as_str())
        .collect();
    Problem::new(
        "tunctl::ambiguous_object",
        format!(
            "two objects are `{address}`, which would be deleted: {}",
            ids.join(", ")
        ),
    )
    .help("delete or rename one of them at Cloudflare")
}

fn kept(input: &Input<'_>, kind: &dyn AnyKind, address: &Address, object: &Object) -> Problem {
    if let Some(stack) = input.ownership.elsewhere.get(address) {
        let message =
            format!("`{address}` carries this stack's mark, and stack `{stack}` declares it");
        return Problem::new("tunctl::mark_without_meaning", message)
            .help("remove the mark from its comment, so that the other stack can adopt it")
            .warning();
    }
    Problem::new(
        "tunctl::mark_without_meaning",
        format!(
            "`{address}` carries this stack's mark and is left alone: it is {} now",
            kind.words(object)
        ),
    )
    .help("if it is still yours, delete it by hand; if not, remove the mark from its comment")
    .warning()
}
