//! Two plans of one stack, object by object: what moved between them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{Change, Plan, fingerprint};
use crate::address::Address;
use crate::desired::Desired;
use crate::observed::{Object, Observed, Owner, Standing};

/// An object for which the plan of today is not the one of then.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moved {
    /// Which one.
    pub address: Address,
    /// What the plan was made from.
    pub planned_from: Side,
    /// What is there now.
    pub now: Side,
    /// What the manifest wants now.
    pub wanted: Side,
    /// What the plan would have made of it, if that is not what the manifest wants now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_for: Option<Side>,
}

/// One of the three ways to look at an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Side {
    /// Only the fingerprint of the plan is known.
    Unknown,
    /// There was, or is, nothing to do.
    NoChange,
    /// Nothing is there.
    Nothing,
    /// The object's fields, and beside them, what else a change depends on.
    There(Value),
}

impl Serialize for Side {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unknown => serializer.serialize_str("unknown"),
            Self::NoChange => serializer.serialize_str("no_change"),
            Self::Nothing => serializer.serialize_none(),
            Self::There(value) => value.serialize(serializer),
        }
    }
}

impl Side {
    fn of(objects: &[Object]) -> Self {
        match objects {
            [] => Self::Nothing,
            [object] => Self::There(fields(object)),
            several => Self::There(several.iter().map(fields).collect()),
        }
    }

    fn wanted(spec: Option<&Value>) -> Self {
        spec.map_or(Self::Nothing, |spec| Self::There(spec.clone()))
    }
}

/// Everything that the plan of now would do and the one of then would not, or the other way
/// round, or to another object. `then` is `None` if only its fingerprint is known.
#[must_use]
pub fn moved(
    then: Option<&Plan>,
    now: &Plan,
    desired: &Desired,
    observed: &Observed,
) -> Vec<Moved> {
    let (old, new) = (then.map(by_address).unwrap_or_default(), by_address(now));
    let addresses: BTreeSet<&Address> = old.keys().chain(new.keys()).copied().collect();
    let print = |change: Option<&&Change>| change.map(|it| fingerprint::of_change(it));
    let differs = |it: &&Address| print(old.get(*it)) != print(new.get(*it));
    let moved = addresses.into_iter().filter(differs).map(|address| {
        let (was, is) = (old.get(address), new.get(address));
        let wanted = match (is, desired.get(address)) {
            (Some(change), _) => Side::wanted(change.action.after()),
            (None, Some(declared)) => Side::wanted(Some(&declared.spec)),
            (None, None) => Side::NoChange,
        };
        let planned_for = was.map(|it| Side::wanted(it.action.after()));
        Moved {
            address: address.clone(),
            planned_from: match was {
                Some(change) => Side::of(change.action.objects()),
                None if then.is_some() => Side::NoChange,
                None => Side::Unknown,
            },
            now: Side::of(observed.at(address)),
            planned_for: planned_for.filter(|it| *it != wanted && wanted != Side::NoChange),
            wanted,
        }
    });
    moved.collect()
}

fn by_address(plan: &Plan) -> BTreeMap<&Address, &Change> {
    plan.changes().map(|it| (&it.address, it)).collect()
}

/// An object's fields, and behind an `@`, which no field begins with, what its digest holds
/// besides.
fn fields(object: &Object) -> Value {
    let owner = match &object.owner {
        Owner::Ours => Some("this stack".to_owned()),
        Owner::Other(stack) => Some(format!("stack {stack}")),
        Owner::Unmarked => Some("unmarked".to_owned()),
        Owner::ByName => None,
    };
    let standing = match &object.standing {
        Standing::Good => None,
        Standing::Unfinished => Some("unfinished"),
        Standing::Held => Some("held"),
        Standing::Revoked(how) => Some(how.as_str()),
    };
    let rest = [
        ("@id", json!(object.id)),
        ("@version", json!(object.version)),
        ("@owner", json!(owner)),
        ("@name", json!(object.former)),
        ("@others", object.carry.clone()),
        ("@expires", json!(object.expires)),
        ("@standing", json!(standing)),
    ];
    let mut fields = object.spec.as_object().cloned().unwrap_or_else(|| {
        let whole = ("@spec".to_owned(), object.spec.clone());
        Map::from_iter([whole])
    });
    let rest = rest.into_iter().filter(|(_, value)| !value.is_null());
    fields.extend(rest.map(|(key, value)| (key.to_owned(), value)));
    Value::Object(fields)
}
