//! How things are named: addresses in the user's words, ids in Cloudflare's, and the one
//! bridge between them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One thing that tunctl manages, in the user's words: `dns_record.app.example.com`.
///
/// Orders by kind, then name, which is the order of every list that people see.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The kind's name, such as `tunnel`. Never contains a dot.
    pub kind: String,
    /// The user's name for it within the kind. May contain dots.
    pub name: String,
}

impl Address {
    /// Makes an address from a kind's name and a resource's name.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            name: name.into(),
        }
    }

    /// Reads `kind.name`. `None` if there is no dot or one side is empty; whether the kind
    /// exists is for the registry to say.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once('.')?;
        (!kind.is_empty() && !name.is_empty()).then(|| Self::new(kind, name))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind, self.name)
    }
}

impl Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an address `kind.name`"))
    }
}

/// Cloudflare's identifier of an object. Opaque: never shown instead of a name that is known.
/// What is read from an answer is an id only if it has the form of one: it ends up in paths and
/// in what is sent. Of the two forms (cloudflare-api.md 1.2) tunnels have the second.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct RemoteId(String);

impl TryFrom<String> for RemoteId {
    type Error = &'static str;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        let hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_uuid = || {
            let lengths = id.split('-').map(str::len);
            id.split('-').all(hex) && lengths.eq([8, 4, 4, 4, 12])
        };
        if (id.len() == 32 && hex(&id)) || is_uuid() {
            Ok(Self(id))
        } else {
            Err("not an id of Cloudflare's: 32 hex digits or a UUID")
        }
    }
}

impl RemoteId {
    /// Makes an id from a text that is known to be one.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id in a field of an answer, if it could be one.
    #[must_use]
    pub fn in_field(answer: &Value, field: &str) -> Option<Self> {
        Self::deserialize(answer.get(field)?).ok()
    }

    /// The id as Cloudflare writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RemoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A reference to an object that tunctl could not name. See [`Ids::name`].
const UNKNOWN: &str = "id:";

/// The only bridge between names and ids: filled from what was listed, and by creates as they
/// succeed. Plans speak names; requests speak ids.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    by_address: BTreeMap<Address, RemoteId>,
    by_id: BTreeMap<(String, RemoteId), String>,
    /// The default of each kind that has one.
    defaults: BTreeMap<String, RemoteId>,
}

impl Ids {
    /// Notes that the resource at `address` has this id now.
    pub fn learn(&mut self, address: &Address, id: &RemoteId) {
        self.by_id
            .insert((address.kind.clone(), id.clone()), address.name.clone());
        if let Some(old) = self.by_address.insert(address.clone(), id.clone())
            && old != *id
        {
            self.by_id.remove(&(address.kind.clone(), old));
        }
    }

    /// Forgets a resource that was deleted.
    pub fn forget(&mut self, address: &Address) {
        if let Some(id) = self.by_address.remove(address) {
            self.by_id.remove(&(address.kind.clone(), id));
        }
    }

    /// Notes that an object is the default of its kind.
    pub fn prefer(&mut self, kind: &str, id: &RemoteId) {
        self.defaults.insert(kind.to_owned(), id.clone());
    }

    /// The name of a kind's default, if it has one.
    #[must_use]
    pub fn default_of(&self, kind: &str) -> Option<&str> {
        let id = self.defaults.get(kind)?;
        let key = (kind.to_owned(), id.clone());
        self.by_id.get(&key).map(String::as_str)
    }

    /// The id of a resource, if it exists.
    #[must_use]
    pub fn id(&self, address: &Address) -> Option<&RemoteId> {
        self.by_address.get(address)
    }

    /// The names of one kind that have an id, in order.
    pub fn names<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        let known = self.by_address.keys();
        known
            .filter(move |it| it.kind == kind)
            .map(|it| it.name.as_str())
    }

    /// The name that answers to an id. Total: an id nobody answers to is `id:…`, so that a
    /// reference to a vanished object shows as a difference instead of vanishing too.
    #[must_use]
    pub fn name(&self, kind: &str, id: &str) -> String {
        self.by_id
            .get(&(kind.to_owned(), RemoteId::new(id)))
            .cloned()
            .unwrap_or_else(|| format!("{UNKNOWN}{id}"))
    }

    /// Whether `name` is what [`Ids::name`] answers for an id that nobody has.
    #[must_use]
    pub fn is_unknown(name: &str) -> bool {
        name.starts_with(UNKNOWN)
    }
}
