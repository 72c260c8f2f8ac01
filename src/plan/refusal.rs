//! Why a declared resource cannot be planned: its name has no place, what it refers to is not
//! there, or its former name is held by somebody else.

use super::Input;
use crate::address::Address;
use crate::desired::Declared;
use crate::kind::AnyKind;
use crate::observed::Object;
use crate::problem::Problem;
use crate::suggest::{self, nearest};

/// Why a declared resource cannot even be looked for.
pub(super) fn impossible(
    input: &Input<'_>,
    kind: &dyn AnyKind,
    (address, declared): (&Address, &Declared),
    objects: &[Object],
) -> Option<Problem> {
    let view = input.view();
    if let Some(misplaced) = kind.misplaced(&view, &address.name) {
        return Some(
            Problem::new(misplaced.code, "name has no place in this account")
                .at(declared.at, misplaced.message)
                .help(misplaced.help),
        );
    }
    if let Some(problem) = unknown(input, declared) {
        return Some(problem);
    }
    if objects.is_empty() {
        held_former_name(input, address, declared)
    } else {
        None
    }
}

/// A reference to something that Cloudflare itself makes, and does not have.
fn unknown(input: &Input<'_>, declared: &Declared) -> Option<Problem> {
    let made_here = |it: &&Address| input.kinds.iter().any(|kind| kind.name() == it.kind);
    let mut references = declared.references.iter().filter(|it| !made_here(it));
    let missing = references.find(|it| input.observed.at(it).is_empty())?;
    let Address { kind, name } = missing;
    let words = kind.replace('_', " ");
    let problem = Problem::new(
        "tunctl::unknown_reference",
        format!("there is no such {words}"),
    )
    .at(declared.at, format!("Cloudflare has no {words} `{name}`"));
    let known = input.observed.ids.names(kind);
    Some(match suggest::did_you_mean(name, known) {
        Some(help) => problem.help(help),
        None => problem.help(format!(
            "write the {words}'s name as Cloudflare's dashboard shows it"
        )),
    })
}

/// What refers to something that does not exist and that nobody makes can never be written.
pub(super) fn stranded(input: &Input<'_>, declared: &Declared) -> Option<Problem> {
    let mut references = declared.references.iter();
    let missing = references.find(|it| is_missing(input, it))?;
    let (label, help) = if input.desired.contains(missing) {
        (
            format!("`{missing}` is ignored, and Cloudflare has none"),
            "drop it from `ignore`, or ignore this too".to_owned(),
        )
    } else {
        let observed = input.observed.objects.keys();
        let known = observed.filter(|it| it.kind == missing.kind);
        let near = nearest(&missing.name, known.map(|it| it.name.as_str()));
        (
            format!("`{missing}` is not declared, and Cloudflare has none"),
            match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "declare it, or correct the name".to_owned(),
            },
        )
    };
    let message = "what this leads to does not exist";
    let problem = Problem::new("tunctl::unresolved_reference", message);
    Some(problem.at(declared.at, label).help(help))
}

/// Whether something that can stand alone is not there and will not be made.
fn is_missing(input: &Input<'_>, address: &Address) -> bool {
    let mut kinds = input.kinds.iter();
    let made = input.desired.contains(address) && !input.ownership.is_ignored(address);
    !made
        && input.observed.at(address).is_empty()
        && kinds.any(|kind| kind.name() == address.kind && kind.standalone())
}

/// A living object under a previous name that may not be renamed: making a new one beside it is
/// not what anybody meant.
fn held_former_name(input: &Input<'_>, address: &Address, declared: &Declared) -> Option<Problem> {
    let names = declared.lifecycle.previous_names.iter();
    let former = names
        .map(|name| Address::new(address.kind.clone(), name.clone()))
        .find(|former| !input.observed.at(former).is_empty())?;
    let (why, instead) = if input.ownership.is_ignored(&former) {
        ("is ignored", "drop it from `ignore`")
    } else if input.observed.at(&former).len() > 1 {
        ("exists twice", "delete one of the two at Cloudflare")
    } else {
        (
            "exists, and this stack does not own it",
            "cover it with a pattern in `owns`",
        )
    };
    Some(
        Problem::new("tunctl::rename_of_foreign", "object cannot be renamed")
            .at(declared.at, format!("`{former}` {why}"))
            .help(format!("{instead}, or drop it from `previousNames`")),
    )
}
