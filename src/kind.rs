//! What a kind is, and the list of all kinds.
//!
//! A kind is pure: it turns names and specs into [`Request`] values and live objects into
//! specs. It sends nothing. Its fields in the manifest are a *facet* of one or more sections,
//! so a kind is added without touching another one.

pub mod api_token;
pub mod dns_record;
pub mod entry;
pub mod erased;
pub mod export;
pub mod lifecycle;
pub mod mark;
pub mod private_route;
pub mod secrecy;
pub mod service_token;
pub mod step;
pub mod tunnel;
pub mod tunnel_config;
pub mod view;
pub mod virtual_network;
pub mod warp_connector;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::address::{Address, Ids, RemoteId};
use crate::credential::Credential;
use crate::diff::{Extent, FieldChange};
use crate::observed::{Object, Vitals};
use crate::problem::Problem;
use crate::request::Request;
use crate::scope::Scope;
pub use entry::{Entry, Lowered};
pub use erased::{AnyKind, Erased};
pub use export::{Export, Seen};
pub use secrecy::{Makes, Rotation, Secrecy, Terms};
pub use step::{Draining, Loading, Part, Recheck, Step};
pub use view::{Listing, Reach, View};

/// Every kind, in the order in which documentation and schema show them, and in which they are
/// exported: a kind with fields in another's entries comes after it. What comes first in a plan
/// follows from references.
pub static KINDS: &[&dyn AnyKind] = &[
    &Erased::<tunnel::Tunnel>::NEW,
    &Erased::<tunnel_config::TunnelConfig>::NEW,
    &Erased::<dns_record::DnsRecord>::NEW,
    &Erased::<virtual_network::VirtualNetwork>::NEW,
    &Erased::<warp_connector::WarpConnector>::NEW,
    &Erased::<private_route::PrivateRoute>::NEW,
    &Erased::<service_token::ServiceToken>::NEW,
    &Erased::<api_token::ApiToken>::NEW,
];

/// The kind with a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn AnyKind> {
    KINDS.iter().copied().find(|kind| kind.name() == name)
}

/// Whether objects of a kind have connections that keep them from being deleted.
#[must_use]
pub fn drains(kind: &str) -> bool {
    find(kind).is_some_and(AnyKind::drains)
}

/// One type of object at Cloudflare.
pub trait Kind: 'static {
    /// The address's first word and the heading in the documentation.
    const NAME: &'static str;
    /// The sections of the manifest whose entries this kind has fields in.
    const SECTIONS: &'static [&'static str];
    /// Whether `owns` covers it by name; then the first section is its key there.
    const OWNED_BY_NAME: bool = false;
    /// Whether it can be deleted by itself; otherwise it goes with what it belongs to.
    const STANDALONE: bool = true;
    /// Whether lists show every object. Otherwise each is read by itself, and a plan may do
    /// without those that it is not about.
    const BULK: bool = true;
    /// The kinds whose ids must be known before this one can be listed.
    const AFTER: &'static [&'static str] = &[];
    /// How many of them an account may have (cloudflare-api.md 10).
    const QUOTA: Option<u64> = None;
    /// How much of the object the manifest speaks for.
    const EXTENT: Extent = Extent::Declared;
    /// Fields that Cloudflare cannot change in place.
    const IMMUTABLE: &'static [&'static str] = &[];
    /// Whether its objects have a secret, and when Cloudflare shows it.
    const SECRECY: Option<Secrecy> = None;
    /// The field that is `true` for exactly one object of the account, which everything uses that
    /// names none. Whatever gets it takes it from the one that had it.
    const DEFAULT: Option<&'static str> = None;

    /// The kind's fields in a section's entry. Their documentation becomes the schema's.
    type Surface: DeserializeOwned + JsonSchema;
    /// The declared fields of one object; live objects are projected to it too.
    type Spec: Serialize + DeserializeOwned;
    /// Cloudflare's words: only the fields that are read. What a snapshot keeps of an object is
    /// exactly this, so a secret in it is never serialised.
    type Live: Serialize + DeserializeOwned;

    /// Lowers an entry of the manifest to resources.
    fn lower(entry: &Entry<'_>, surface: Self::Surface, lowered: &mut Lowered);

    /// Completes what was lowered, once all entries are: what one entry means for others, and
    /// what is wrong between them.
    fn complete(lowered: &mut Lowered) {
        let _ = lowered;
    }

    /// What is wrong if two entries declare the same resource; the places are added.
    #[must_use]
    fn duplicate(name: &str) -> Problem {
        let message = format!("`{name}` is declared twice");
        Problem::new("tunctl::declared_twice", message).help("keep one of the two")
    }

    /// The reads that show every object that a plan needs.
    fn list(view: &View<'_>) -> Vec<Listing>;

    /// The smallest read that shows the object at an address, if it can be known.
    fn look(scope: &Scope, ids: &Ids, name: &str) -> Option<Listing>;

    /// Why a live object cannot be one of those that were asked for, in words. Nothing of an
    /// answer that shows such an object is believed: what it says of one place would be written
    /// to another.
    #[must_use]
    fn stray(live: &Self::Live, listing: &Listing, scope: &Scope) -> Option<String> {
        let _ = (live, listing, scope);
        None
    }

    /// Projects a live object. `None`: it has no meaning for this kind.
    fn sight(live: Self::Live, listing: &Listing, view: &View<'_>) -> Option<(Address, Object)>;

    /// The read of everything that had a name and was deleted, for kinds whose objects may end
    /// while they are declared.
    #[must_use]
    fn past(scope: &Scope, name: &str) -> Option<Listing> {
        let _ = (scope, name);
        None
    }

    /// When a live or deleted object was made, last in use and deleted.
    #[must_use]
    fn vitals(live: &Self::Live) -> Vitals {
        let _ = live;
        Vitals::default()
    }

    /// Writes live objects as entries of a manifest that declares them as they are, so that the
    /// plan of it changes nothing: the reverse of [`Kind::lower`]. Entries of other kinds, in which
    /// this one has fields, are there already.
    fn export(view: &View<'_>, live: &Seen<'_>, export: &mut Export);

    /// What its writes travel together with, if they are not requests of their own.
    #[must_use]
    fn travels_with(scope: &Scope, name: &str) -> Option<String> {
        let _ = (scope, name);
        None
    }

    /// Why this name cannot exist in this account, before anything is planned.
    #[must_use]
    fn misplaced(view: &View<'_>, name: &str) -> Option<Misplaced> {
        let _ = (view, name);
        None
    }

    /// An object in a few words.
    #[must_use]
    fn words(object: &Object) -> String {
        let _ = object;
        "an object".to_owned()
    }

    /// What to do about something else at a declared name.
    #[must_use]
    fn way_out(name: &str) -> String {
        let _ = name;
        "remove it at Cloudflare".to_owned()
    }

    /// The part of a name that an object keeps when it moves to another place. What is ours, is
    /// no longer declared and has the same part is moved in place, by [`Kind::rename`], instead
    /// of deleted and created. `None`: objects do not move.
    #[must_use]
    fn core(name: &str) -> Option<&str> {
        let _ = name;
        None
    }

    /// Why a change of an immutable field is refused instead of replacing the object.
    #[must_use]
    fn refuse_replacement(change: &FieldChange) -> Option<String> {
        let _ = change;
        None
    }

    /// When the object must be read again right before it is written.
    #[must_use]
    fn recheck() -> Recheck {
        Recheck::Never
    }

    /// Makes the object.
    ///
    /// # Errors
    /// If something it refers to does not exist.
    fn create(write: &Write<'_>, spec: &Self::Spec) -> Result<Step, Unresolved>;

    /// Changes the object in place.
    ///
    /// # Errors
    /// If something it refers to does not exist.
    fn update(write: &Write<'_>, spec: &Self::Spec, object: &Object) -> Result<Step, Unresolved>;

    /// Takes over what occupies the place, by default in place.
    ///
    /// # Errors
    /// If something it refers to does not exist.
    fn adopt(write: &Write<'_>, spec: &Self::Spec, objects: &[Object]) -> Result<Step, Unresolved> {
        let nothing = || Unresolved(Address::new(Self::NAME, write.name));
        Self::update(write, spec, objects.first().ok_or_else(nothing)?)
    }

    /// Gives the object its declared name in place, and the declared fields with it. Called only
    /// for kinds whose entries have former names or whose objects move.
    ///
    /// # Errors
    /// If something it refers to does not exist.
    fn rename(write: &Write<'_>, spec: &Self::Spec, object: &Object) -> Result<Step, Unresolved> {
        let _ = (spec, object);
        Err(Unresolved(Address::new(Self::NAME, write.name)))
    }

    /// Removes the object. Never called for a kind that is not standalone.
    ///
    /// # Errors
    /// If what the object lives in cannot be found.
    fn delete(write: &Write<'_>, object: &Object) -> Result<Step, Unresolved> {
        let _ = object;
        Err(Unresolved(Address::new(Self::NAME, write.name)))
    }

    /// Removes what is the same object at an earlier time.
    #[must_use]
    fn delete_older(scope: &Scope, id: &RemoteId) -> Option<Step> {
        let _ = (scope, id);
        None
    }

    /// The reads and writes that free the object from what is connected to it, for kinds that
    /// Cloudflare does not delete while they are in use.
    #[must_use]
    fn drain(scope: &Scope, id: &RemoteId) -> Option<Draining> {
        let _ = (scope, id);
        None
    }

    /// Who loads what is written, for kinds that are loaded by connectors.
    #[must_use]
    fn loaded_by(write: &Write<'_>) -> Option<Loading> {
        let _ = write;
        None
    }

    /// The id in the answer to a create.
    #[must_use]
    fn created(answer: &Value) -> Option<RemoteId> {
        RemoteId::in_field(answer, "id")
    }

    /// The hostnames and networks that an object with this spec answers for.
    #[must_use]
    fn serves(name: &str, spec: &Self::Spec) -> Vec<String> {
        let _ = (name, spec);
        Vec::new()
    }

    /// The credential in the answer to the write that made it, or to [`Kind::reading`].
    #[must_use]
    fn credential(address: &Address, id: &RemoteId, answer: &Value) -> Option<Credential> {
        let _ = (address, id, answer);
        None
    }

    /// The read that shows a secret which is [`Secrecy::Readable`].
    #[must_use]
    fn reading(scope: &Scope, id: &RemoteId) -> Option<Request> {
        let _ = (scope, id);
        None
    }

    /// Deletes what was just made and has a secret that nobody knows. `None`: nothing has to be
    /// deleted.
    #[must_use]
    fn retract(write: &Write<'_>, id: &RemoteId) -> Option<Step> {
        let _ = (write, id);
        None
    }

    /// Brings an old secret back that the answer to [`Kind::reading`] showed. `None`: the old one
    /// was never ended.
    #[must_use]
    fn restore(write: &Write<'_>, object: &Object, answer: &Value) -> Option<Request> {
        let _ = (write, object, answer);
        None
    }

    /// Makes a new secret beside the old one, and says what ends the old one. Brings the declared
    /// name and every declared field with it.
    ///
    /// # Errors
    /// If something it refers to does not exist.
    fn rotate(
        write: &Write<'_>,
        spec: &Self::Spec,
        object: &Object,
        terms: &Terms,
    ) -> Result<Rotation, Unresolved> {
        let _ = (spec, object, terms);
        Err(Unresolved(Address::new(Self::NAME, write.name)))
    }

    /// Whether a rotation moves the end of an object that expires.
    #[must_use]
    fn renews(spec: &Self::Spec, object: &Object) -> bool {
        let _ = (spec, object);
        true
    }

    /// Objects of one address as one, for kinds whose objects come in generations.
    #[must_use]
    fn fold(objects: Vec<Object>) -> Vec<Object> {
        objects
    }

    /// What is odd about the answer to a write, in words for the user.
    #[must_use]
    fn concern(before: Option<&Object>, answer: &Value) -> Option<String> {
        let _ = (before, answer);
        None
    }
}

/// What a write needs beside the spec.
#[derive(Clone, Copy)]
pub struct Write<'a> {
    /// Account, zones, stack.
    pub scope: &'a Scope,
    /// Ids, as far as they are known at the moment of writing.
    pub ids: &'a Ids,
    /// The resource's name.
    pub name: &'a str,
}

/// A reference to something that has no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` does not exist")]
pub struct Unresolved(pub Address);

/// A name that cannot exist in the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misplaced {
    /// The stable code.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// The id behind a reference.
///
/// # Errors
/// If the resource has no id (yet).
pub fn resolve<'a>(ids: &'a Ids, address: &Address) -> Result<&'a RemoteId, Unresolved> {
    ids.id(address).ok_or_else(|| Unresolved(address.clone()))
}
