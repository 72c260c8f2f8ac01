//! Live state as the manifest that declares it: the reverse of reading one.
//!
//! Invariant: the first plan of the manifest changes nothing. It is made here, against what was
//! read, and what it would change is ignored, with the reason.

mod defaults;
mod owns;
mod page;
mod settle;
mod split;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::address::Address;
use crate::desired::Desired;
use crate::kind::{Export, KINDS, Reach, View};
use crate::observed::Observed;
use crate::ownership::Ownership;
use crate::scope::Scope;
use page::Page;
pub use split::Split;

/// What there is, wherever it was read.
#[derive(Debug, Default)]
pub struct Inventory {
    /// The account with its zones, and the stack that it is to become.
    pub scope: Scope,
    /// The live objects.
    pub observed: Observed,
    /// What other stacks declare, with their names: it is theirs.
    pub elsewhere: BTreeMap<Address, String>,
}

/// How the manifest is written.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// What stands for the account: its id, or a variable.
    pub account: String,
    /// What the text begins with, as comments.
    pub title: Vec<String>,
    /// What stands above the entries of objects, as comments.
    pub remarks: BTreeMap<Address, Vec<String>>,
    /// What its description calls things that are not in the inventory, and why.
    pub footer: Vec<String>,
    /// How tunnels are put into files of their own.
    pub split: Option<Split>,
}

/// A manifest with what is to be known about it.
#[derive(Debug)]
pub struct Exported {
    /// What it says, in one value, whatever the files are.
    pub manifest: Value,
    /// The manifest's own text.
    pub text: String,
    /// The files that it includes, by their names below its directory.
    pub parts: BTreeMap<String, String>,
    /// How many objects it declares.
    pub declared: usize,
    /// What is neither planned nor touched at first, and why.
    pub ignored: BTreeMap<Address, String>,
    /// What it does not say, and why.
    pub left: BTreeMap<Address, String>,
    /// Why the first plan is not empty all the same. Empty, unless something is very odd.
    pub unsettled: Vec<String>,
    /// The objects that it declares and that it does not ignore.
    pub managed: Vec<Address>,
}

/// Writes the manifest of what there is.
#[must_use]
pub fn export(inventory: &Inventory, wish: &Wish) -> Exported {
    let mut export = entries(inventory);
    for (address, remarks) in &wish.remarks {
        let place = export.places.get(address);
        if let Some(place) = place.or_else(|| export.beside.get(address)).cloned() {
            for remark in remarks {
                export.note(place.clone(), remark.clone());
            }
        }
    }
    let unsettled = settle::settle(inventory, wish, &mut export);
    let page = Page::new(inventory, wish, &export);
    let places = export.places.keys();
    let managed = places.filter(|it| !export.ignored.contains_key(it));
    Exported {
        manifest: page.value(),
        text: page.text(),
        parts: page.parts(),
        declared: export.places.len(),
        managed: managed.cloned().collect(),
        ignored: export.ignored,
        left: export.left,
        unsettled,
    }
}

/// What every kind makes of its objects.
fn entries(inventory: &Inventory) -> Export {
    let ownership = Ownership {
        stack: inventory.scope.stack.clone(),
        ..Ownership::default()
    };
    let view = View {
        scope: &inventory.scope,
        ids: &inventory.observed.ids,
        desired: &Desired::default(),
        ownership: &ownership,
        reach: Reach::Everything,
    };
    let mut export = Export::default();
    for kind in KINDS {
        let objects = inventory.observed.iter();
        let seen = objects.filter(|(it, _)| it.kind == kind.name());
        let (theirs, seen): (Vec<_>, Vec<_>) =
            seen.partition(|(it, _)| inventory.elsewhere.contains_key(*it));
        kind.export(&view, &seen, &mut export);
        for (address, _) in theirs {
            let stack = &inventory.elsewhere[address];
            export.leave(address, format!("stack `{stack}` declares it"));
        }
    }
    export
}
