//! What is: live objects, projected into the user's words.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::{Address, Ids, RemoteId};

/// The kind of the address under which the API token that the run itself uses is observed, with
/// its id for a name. It is never deleted or rotated.
pub const OWN_TOKEN: &str = "own_token";

/// Whose an object is, as far as the object itself can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// It carries this stack's mark.
    Ours,
    /// It carries another stack's mark; never touched.
    Other(String),
    /// It can carry a mark, and carries none.
    Unmarked,
    /// Its kind carries no marks: the manifest's `owns` decides by name.
    ByName,
}

/// What tunctl can do with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// The spec is in the kind's own words; it can be changed in place.
    Spec,
    /// It only occupies the place; taking it over means delete and create.
    Occupant,
    /// Cloudflare itself holds it; nothing can be done (`meta.read_only`).
    Locked,
}

/// One live object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// Cloudflare's id.
    pub id: RemoteId,
    /// The object in the user's words, canonical.
    pub spec: Value,
    /// Whose it is.
    pub owner: Owner,
    /// What can be done with it.
    pub form: Form,
    /// What it refers to now.
    pub references: Vec<Address>,
    /// The name that it still has, if it is to be renamed to the one it is listed under.
    pub former: Option<String>,
    /// What Cloudflare counts up on each change, where it does.
    pub version: Option<u64>,
    /// Whether something is connected to it. Part of no comparison and no digest: connectors
    /// come and go.
    pub live: bool,
    /// What its kind must send back unchanged. Part of no comparison with the desired state.
    pub carry: Value,
    /// When it ends by itself.
    pub expires: Option<Timestamp>,
    /// Whether it can be relied on.
    pub standing: Standing,
    /// The same thing at earlier vitals: it goes with the object.
    pub older: Vec<RemoteId>,
    /// How it fares. Part of no comparison, no digest and no plan file: connectors come and go.
    #[serde(skip)]
    pub vitals: Vitals,
}

/// How something fares, and when it was made, last in use, and deleted, as far as Cloudflare says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vitals {
    /// Cloudflare's word for it, such as `healthy`.
    pub status: Option<String>,
    /// When it was made.
    pub made: Option<Timestamp>,
    /// Since when nothing is connected to it; `None` while something is, and as long as nothing
    /// ever was.
    pub idle: Option<Timestamp>,
    /// When it was deleted.
    pub deleted: Option<Timestamp>,
}

impl Object {
    /// An object about which there is nothing special: its name says whose it is.
    #[must_use]
    pub fn new(id: RemoteId, spec: Value) -> Self {
        Self {
            id,
            spec,
            owner: Owner::ByName,
            form: Form::Spec,
            references: Vec::new(),
            former: None,
            version: None,
            live: false,
            carry: Value::Null,
            expires: None,
            standing: Standing::Good,
            older: Vec::new(),
            vitals: Vitals::default(),
        }
    }
}

/// Whether an object does what it is there for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It does.
    #[default]
    Good,
    /// A rotation of its secret began and did not end; another one ends it.
    Unfinished,
    /// The same, and another one would end the older of two secrets, which may be the one in use.
    Held,
    /// Somebody revoked or disabled it, in words. Never undone silently.
    Revoked(String),
}

/// Whether a secret is where it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is there.
    There,
    /// It is not, or it belongs to another object.
    Missing,
}

/// All the live objects that were read, and the names that their ids answer to.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// Usually one object for an address; more where Cloudflare allows several.
    pub objects: BTreeMap<Address, Vec<Object>>,
    /// The bridge between names and ids.
    pub ids: Ids,
    /// Which secrets are in their sinks; nothing is said of those of which nobody knows.
    pub kept: BTreeMap<Address, Presence>,
    /// What had the name of an ephemeral resource that is not there, and was deleted.
    pub past: BTreeMap<Address, Vec<Vitals>>,
    /// When all of this was seen.
    pub at: Timestamp,
}

impl Observed {
    /// Adds an object that was seen.
    pub fn add(&mut self, address: Address, object: Object) {
        if object.form == Form::Spec {
            self.ids.learn(&address, &object.id);
        }
        self.objects.entry(address).or_default().push(object);
    }

    /// Lists an object under the name that it is to have, so that everything that refers to it
    /// is projected in the new words.
    pub fn rename(&mut self, from: &Address, to: &Address) {
        for mut object in self.objects.remove(from).unwrap_or_default() {
            self.ids.forget(from);
            object.former = Some(from.name.clone());
            self.add(to.clone(), object);
        }
    }

    /// The objects at an address.
    #[must_use]
    pub fn at(&self, address: &Address) -> &[Object] {
        self.objects.get(address).map_or(&[], Vec::as_slice)
    }

    /// Puts the objects of a kind together that are one.
    pub fn fold(&mut self, kind: &str, fold: impl Fn(Vec<Object>) -> Vec<Object>) {
        let all = self.objects.iter_mut();
        for (address, objects) in all.filter(|(address, it)| address.kind == kind && it.len() > 1) {
            *objects = fold(std::mem::take(objects));
            if let [only] = objects.as_slice() {
                self.ids.learn(address, &only.id);
            }
        }
    }

    /// Whether an id is the one of the API token that the run itself uses.
    #[must_use]
    pub fn is_own_token(&self, id: &RemoteId) -> bool {
        !self.at(&Address::new(OWN_TOKEN, id.as_str())).is_empty()
    }

    /// Every object with its address.
    pub fn iter(&self) -> impl Iterator<Item = (&Address, &Object)> {
        self.objects
            .iter()
            .flat_map(|(address, objects)| objects.iter().map(move |object| (address, object)))
    }
}
