//! Objects in Cloudflare's words as what kinds see of them, in the way of a survey of the account.

use std::collections::{BTreeMap, BTreeSet};

use super::Found;
use super::translate::{Live, Translated};
use crate::address::{Address, Ids};
use crate::desired::Desired;
use crate::export::Inventory;
use crate::kind::tunnel::Tunnel;
use crate::kind::{AnyKind, KINDS, Kind as _, Reach, View};
use crate::observed::{Object, Observed};
use crate::ownership::Ownership;
use crate::scope::Scope;

/// One object that was seen, and where in Terraform it comes from.
type Seen<'a> = (Address, Object, &'a str);

/// What the objects are. What is none, or is there twice, is added to `left`.
pub(super) fn inventory(
    translated: &Translated,
    stack: &str,
    left: &mut BTreeMap<String, String>,
) -> Found {
    let scope = Scope {
        account: translated.account.clone(),
        stack: stack.to_owned(),
        zones: translated.zones.zones(),
    };
    let mut observed = Observed::default();
    let mut origins: BTreeMap<Address, Vec<String>> = BTreeMap::new();
    // `KINDS` has each kind behind those whose names it needs.
    for kind in KINDS {
        let seen = sight(*kind, translated, (&scope, &observed.ids), left);
        let mut ids = BTreeSet::new();
        for (address, object, origin) in seen {
            let again = !ids.insert(object.id.clone());
            let from = origins.entry(address.clone()).or_default();
            from.push(origin.to_owned());
            if again {
                continue;
            }
            let default = kind.default_field();
            if default.is_some_and(|field| object.spec[field] == true) {
                observed.ids.prefer(&address.kind, &object.id);
            }
            observed.add(address, object);
        }
        observed.fold(kind.name(), |objects| kind.fold(objects));
    }
    Found {
        inventory: Inventory {
            scope,
            observed,
            elsewhere: BTreeMap::new(),
        },
        origins,
    }
}

fn sight<'a>(
    kind: &dyn AnyKind,
    translated: &'a Translated,
    (scope, ids): (&Scope, &Ids),
    left: &mut BTreeMap<String, String>,
) -> Vec<Seen<'a>> {
    let ownership = Ownership {
        stack: scope.stack.clone(),
        ..Ownership::default()
    };
    let view = View {
        scope,
        ids,
        desired: &Desired::default(),
        ownership: &ownership,
        reach: Reach::Everything,
    };
    let listings = kind.list(&view);
    let lives = translated.lives.iter().filter(|it| it.kind == kind.name());
    let one = |live: &'a Live| {
        // What belongs to a tunnel is listed under the tunnel's name.
        let tunnel = ids.name(Tunnel::NAME, &live.of);
        let mut listings = listings.iter();
        let listing = listings.find(|it| it.of == live.of || it.of == tunnel);
        let seen = match listing {
            None => Err("what it belongs to is not in the state".to_owned()),
            Some(listing) => match kind.sight(&live.value, listing, &view) {
                Ok(Some((address, object))) => Ok((address, object, live.origin.as_str())),
                Ok(None) => Err("it is deleted, or nothing that tunctl knows".to_owned()),
                Err(misfit) => Err(misfit.to_string()),
            },
        };
        let seen = seen.map_err(|why| left.insert(live.origin.clone(), why));
        seen.ok()
    };
    lives.filter_map(one).collect()
}
