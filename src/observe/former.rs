//! Objects under a name that they are no longer to have.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::desired::Desired;
use crate::kind::AnyKind;
use crate::observed::Observed;
use crate::ownership::Ownership;

/// Lists what is to be renamed under its new name, so that everything else is projected in the
/// new words. Only what is ours, and only while nothing has the new name.
pub(super) fn rename(
    kind: &dyn AnyKind,
    observed: &mut Observed,
    desired: &Desired,
    ownership: &Ownership,
) {
    let places = places(kind, observed);
    for (address, declared) in &desired.resources {
        if address.kind != kind.name()
            || !observed.at(address).is_empty()
            || ownership.is_ignored(address)
        {
            continue;
        }
        let former = declared.lifecycle.previous_names.iter();
        let former = former.map(|name| Address::new(kind.name(), name));
        let elsewhere = kind.core(&address.name).and_then(|core| places.get(core));
        // Nobody named it: with a base, what has left its place since then and nothing else.
        let elsewhere = elsewhere.into_iter().flatten();
        let elsewhere = elsewhere.filter(|it| ownership.may_go(it));
        let former = former.chain(elsewhere.cloned());
        let ours = |former: &Address| match observed.at(former) {
            [object] => ownership.is_ours(former, object),
            _ => false,
        };
        let free = |former: &Address| !desired.contains(former) && !ownership.is_ignored(former);
        if let Some(former) = former.into_iter().find(|it| free(it) && ours(it)) {
            observed.rename(&former, address);
        }
    }
}

/// The objects of a kind by the part of their name that they keep when they move.
fn places(kind: &dyn AnyKind, observed: &Observed) -> BTreeMap<String, Vec<Address>> {
    let mut places: BTreeMap<String, Vec<Address>> = BTreeMap::new();
    for address in observed.objects.keys().filter(|it| it.kind == kind.name()) {
        if let Some(core) = kind.core(&address.name) {
            let there = places.entry(core.to_owned()).or_default();
            there.push(address.clone());
        }
    }
    places
}
