//! The kinds behind one object-safe face: the same verbs over JSON values.

use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize as _;
use serde_json::Value;

use super::{
    Draining, Entry, Export, Kind, Listing, Loading, Lowered, Misplaced, Recheck, Rotation,
    Secrecy, Seen, Step, Terms, Unresolved, View, Write,
};
use crate::address::{Address, Ids, RemoteId};
use crate::cloudflare::{self, Misfit};
use crate::credential::Credential;
use crate::diff::{Extent, FieldChange};
use crate::observed::{Object, Vitals};
use crate::problem::Problem;
use crate::request::Request;
use crate::scope::Scope;

/// A [`Kind`] without its types. Each verb is the one of the same name there.
#[expect(missing_docs, reason = "every method is documented at `Kind`")]
pub trait AnyKind: Sync {
    fn name(&self) -> &'static str;
    fn sections(&self) -> &'static [&'static str];
    fn owned_by_name(&self) -> bool;
    fn standalone(&self) -> bool;
    fn bulk(&self) -> bool;
    fn quota(&self) -> Option<u64>;
    fn after(&self) -> &'static [&'static str];
    fn extent(&self) -> Extent;
    fn immutable(&self) -> &'static [&'static str];
    fn secrecy(&self) -> Option<Secrecy>;
    fn default_field(&self) -> Option<&'static str>;
    /// The schema of the kind's fields in an entry.
    fn surface(&self, generator: &mut SchemaGenerator) -> Schema;
    /// # Errors
    /// If the entry is not of the surface's shape, which the shape checker excludes.
    fn lower(&self, entry: &Entry<'_>, lowered: &mut Lowered) -> Result<(), serde_json::Error>;
    fn complete(&self, lowered: &mut Lowered);
    fn duplicate(&self, name: &str) -> Problem;
    fn list(&self, view: &View<'_>) -> Vec<Listing>;
    fn look(&self, scope: &Scope, ids: &Ids, name: &str) -> Option<Listing>;
    /// # Errors
    /// If the body has not the fields that the kind reads, or belongs elsewhere.
    fn sight(
        &self,
        live: &Value,
        listing: &Listing,
        view: &View<'_>,
    ) -> Result<Option<(Address, Object)>, Misfit>;
    fn past(&self, scope: &Scope, name: &str) -> Option<Listing>;
    /// # Errors
    /// If the body has not the fields that the kind reads.
    fn vitals(&self, live: &Value) -> Result<Vitals, Misfit>;
    /// Of a live object what the kind reads, and nothing else.
    /// # Errors
    /// If the body has not the fields that the kind reads.
    fn keep(&self, live: &Value) -> Result<Value, Misfit>;
    fn travels_with(&self, scope: &Scope, name: &str) -> Option<String>;
    fn misplaced(&self, view: &View<'_>, name: &str) -> Option<Misplaced>;
    fn words(&self, object: &Object) -> String;
    fn way_out(&self, name: &str) -> String;
    fn core<'a>(&self, name: &'a str) -> Option<&'a str>;
    fn refuse_replacement(&self, change: &FieldChange) -> Option<String>;
    fn recheck(&self) -> Recheck;
    /// # Errors
    /// If something it refers to does not exist.
    fn create(&self, write: &Write<'_>, spec: &Value) -> Result<Step, Unresolved>;
    /// # Errors
    /// If something it refers to does not exist.
    fn update(&self, write: &Write<'_>, spec: &Value, object: &Object) -> Result<Step, Unresolved>;
    /// # Errors
    /// If something it refers to does not exist.
    fn adopt(
        &self,
        write: &Write<'_>,
        spec: &Value,
        objects: &[Object],
    ) -> Result<Step, Unresolved>;
    /// # Errors
    /// If something it refers to does not exist.
    fn rename(&self, write: &Write<'_>, spec: &Value, object: &Object) -> Result<Step, Unresolved>;
    /// # Errors
    /// If what the object lives in cannot be found.
    fn delete(&self, write: &Write<'_>, object: &Object) -> Result<Step, Unresolved>;
    fn delete_older(&self, scope: &Scope, id: &RemoteId) -> Option<Step>;
    fn drain(&self, scope: &Scope, id: &RemoteId) -> Option<Draining>;
    /// Whether its objects have connections that keep them from being deleted.
    fn drains(&self) -> bool;
    fn loaded_by(&self, write: &Write<'_>) -> Option<Loading>;
    fn created(&self, answer: &Value) -> Option<RemoteId>;
    fn serves(&self, name: &str, spec: &Value) -> Vec<String>;
    fn export(&self, view: &View<'_>, live: &Seen<'_>, export: &mut Export);
    fn concern(&self, before: Option<&Object>, answer: &Value) -> Option<String>;
    fn credential(&self, address: &Address, id: &RemoteId, answer: &Value) -> Option<Credential>;
    fn reading(&self, scope: &Scope, id: &RemoteId) -> Option<Request>;
    fn retract(&self, write: &Write<'_>, id: &RemoteId) -> Option<Step>;
    fn restore(&self, write: &Write<'_>, object: &Object, answer: &Value) -> Option<Request>;
    fn renews(&self, spec: &Value, object: &Object) -> bool;
    fn fold(&self, objects: Vec<Object>) -> Vec<Object>;
    /// # Errors
    /// If something it refers to does not exist.
    fn rotate(
        &self,
        write: &Write<'_>,
        spec: &Value,
        object: &Object,
        terms: &Terms,
    ) -> Result<Rotation, Unresolved>;
}

/// A kind as a value without size.
pub struct Erased<K>(PhantomData<fn() -> K>);

impl<K> Erased<K> {
    /// The only value.
    pub const NEW: Self = Self(PhantomData);
}

/// Specs are made by `lower` from the very same type.
fn typed<K: Kind>(spec: &Value) -> K::Spec {
    K::Spec::deserialize(spec).expect("a declared spec is of its kind's type")
}

impl<K: Kind> AnyKind for Erased<K> {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn sections(&self) -> &'static [&'static str] {
        K::SECTIONS
    }

    fn owned_by_name(&self) -> bool {
        K::OWNED_BY_NAME
    }

    fn standalone(&self) -> bool {
        K::STANDALONE
    }

    fn bulk(&self) -> bool {
        K::BULK
    }

    fn quota(&self) -> Option<u64> {
        K::QUOTA
    }

    fn after(&self) -> &'static [&'static str] {
        K::AFTER
    }

    fn extent(&self) -> Extent {
        K::EXTENT
    }

    fn immutable(&self) -> &'static [&'static str] {
        K::IMMUTABLE
    }

    fn secrecy(&self) -> Option<Secrecy> {
        K::SECRECY
    }

    fn default_field(&self) -> Option<&'static str> {
        K::DEFAULT
    }

    fn surface(&self, generator: &mut SchemaGenerator) -> Schema {
        K::Surface::json_schema(generator)
    }

    fn lower(&self, entry: &Entry<'_>, lowered: &mut Lowered) -> Result<(), serde_json::Error> {
        K::lower(entry, K::Surface::deserialize(entry.value)?, lowered);
        Ok(())
    }

    fn complete(&self, lowered: &mut Lowered) {
        K::complete(lowered);
    }

    fn duplicate(&self, name: &str) -> Problem {
        K::duplicate(name)
    }

    fn list(&self, view: &View<'_>) -> Vec<Listing> {
        K::list(view)
    }

    fn look(&self, scope: &Scope, ids: &Ids, name: &str) -> Option<Listing> {
        K::look(scope, ids, name)
    }

    fn sight(
        &self,
        live: &Value,
        listing: &Listing,
        view: &View<'_>,
    ) -> Result<Option<(Address, Object)>, Misfit> {
        let live = cloudflare::decode(live)?;
        match K::stray(&live, listing, view.scope) {
            Some(why) => Err(Misfit::of_whole(why)),
            None => Ok(K::sight(live, listing, view)),
        }
    }

    fn past(&self, scope: &Scope, name: &str) -> Option<Listing> {
        K::past(scope, name)
    }

    fn vitals(&self, live: &Value) -> Result<Vitals, Misfit> {
        Ok(K::vitals(&cloudflare::decode(live)?))
    }

    fn keep(&self, live: &Value) -> Result<Value, Misfit> {
        cloudflare::keep::<K::Live>(live)
    }

    fn export(&self, view: &View<'_>, live: &Seen<'_>, export: &mut Export) {
        K::export(view, live, export);
    }

    fn travels_with(&self, scope: &Scope, name: &str) -> Option<String> {
        K::travels_with(scope, name)
    }

    fn misplaced(&self, view: &View<'_>, name: &str) -> Option<Misplaced> {
        K::misplaced(view, name)
    }

    fn words(&self, object: &Object) -> String {
        K::words(object)
    }

    fn way_out(&self, name: &str) -> String {
        K::way_out(name)
    }

    fn core<'a>(&self, name: &'a str) -> Option<&'a str> {
        K::core(name)
    }

    fn refuse_replacement(&self, change: &FieldChange) -> Option<String> {
        K::refuse_replacement(change)
    }

    fn recheck(&self) -> Recheck {
        K::recheck()
    }

    fn create(&self, write: &Write<'_>, spec: &Value) -> Result<Step, Unresolved> {
        K::create(write, &typed::<K>(spec))
    }

    fn update(&self, write: &Write<'_>, spec: &Value, object: &Object) -> Result<Step, Unresolved> {
        K::update(write, &typed::<K>(spec), object)
    }

    fn adopt(
        &self,
        write: &Write<'_>,
        spec: &Value,
        objects: &[Object],
    ) -> Result<Step, Unresolved> {
        K::adopt(write, &typed::<K>(spec), objects)
    }

    fn rename(&self, write: &Write<'_>, spec: &Value, object: &Object) -> Result<Step, Unresolved> {
        K::rename(write, &typed::<K>(spec), object)
    }

    fn delete(&self, write: &Write<'_>, object: &Object) -> Result<Step, Unresolved> {
        K::delete(write, object)
    }

    fn delete_older(&self, scope: &Scope, id: &RemoteId) -> Option<Step> {
        K::delete_older(scope, id)
    }

    fn drain(&self, scope: &Scope, id: &RemoteId) -> Option<Draining> {
        K::drain(scope, id)
    }

    fn drains(&self) -> bool {
        K::drain(&Scope::default(), &RemoteId::new("any")).is_some()
    }

    fn loaded_by(&self, write: &Write<'_>) -> Option<Loading> {
        K::loaded_by(write)
    }

    fn created(&self, answer: &Value) -> Option<RemoteId> {
        K::created(answer)
    }

    /// A live object that is no spec of the kind serves nothing.
    fn serves(&self, name: &str, spec: &Value) -> Vec<String> {
        let spec = K::Spec::deserialize(spec);
        spec.map_or_else(|_| Vec::new(), |spec| K::serves(name, &spec))
    }

    fn concern(&self, before: Option<&Object>, answer: &Value) -> Option<String> {
        K::concern(before, answer)
    }

    fn credential(&self, address: &Address, id: &RemoteId, answer: &Value) -> Option<Credential> {
        K::credential(address, id, answer)
    }

    fn reading(&self, scope: &Scope, id: &RemoteId) -> Option<Request> {
        K::reading(scope, id)
    }

    fn retract(&self, write: &Write<'_>, id: &RemoteId) -> Option<Step> {
        K::retract(write, id)
    }

    fn restore(&self, write: &Write<'_>, object: &Object, answer: &Value) -> Option<Request> {
        K::restore(write, object, answer)
    }

    fn renews(&self, spec: &Value, object: &Object) -> bool {
        K::renews(&typed::<K>(spec), object)
    }

    fn fold(&self, objects: Vec<Object>) -> Vec<Object> {
        K::fold(objects)
    }

    fn rotate(
        &self,
        write: &Write<'_>,
        spec: &Value,
        object: &Object,
        terms: &Terms,
    ) -> Result<Rotation, Unresolved> {
        K::rotate(write, &typed::<K>(spec), object, terms)
    }
}
