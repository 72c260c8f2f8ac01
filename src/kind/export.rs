//! Live objects in a manifest's words, while kinds put them together: the reverse of lowering.
//!
//! Invariant: what an entry cannot say is said in a note or left, with the reason. Nothing that was
//! read is forgotten silently, and nothing is guessed.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::address::Address;
use crate::observed::Object;

/// The sink of every exported credential. Whoever takes the manifest over says what it is.
pub const SINK: &str = "local";

/// Why a credential stays ignored at first.
pub const NOT_KEPT: &str = "Its secret is in no sink yet: without this line the next apply would \
                            make a new one, and end the one that is in use.";

/// The objects of a kind with their addresses, in the order of these.
pub type Seen<'a> = [(&'a Address, &'a Object)];

/// The way from the manifest's top to a part of it: keys, and positions in lists.
pub type Place = Vec<String>;

/// The entries that are to be written.
#[derive(Debug, Default)]
pub struct Export {
    /// Entries by section and name.
    pub sections: BTreeMap<String, BTreeMap<String, Map<String, Value>>>,
    /// What a reader should know, above the part that it is about.
    pub notes: BTreeMap<Place, Vec<String>>,
    /// Where each object stands.
    pub places: BTreeMap<Address, Place>,
    /// Where something is said of an object that is not declared.
    pub beside: BTreeMap<Address, Place>,
    /// What is neither planned nor touched at first, and why.
    pub ignored: BTreeMap<Address, String>,
    /// What the manifest does not say, and why.
    pub left: BTreeMap<Address, String>,
}

/// A place from its steps.
#[must_use]
pub fn place(steps: &[&str]) -> Place {
    steps.iter().map(|step| (*step).to_owned()).collect()
}

impl Export {
    /// Starts an entry, which is that of an object. `None`: another object has its place, and this
    /// one is left.
    pub fn enter(
        &mut self,
        section: &str,
        name: &str,
        address: &Address,
    ) -> Option<&mut Map<String, Value>> {
        if self.entry(section, name).is_some() {
            self.leave(address, format!("another entry is called `{name}`"));
            return None;
        }
        self.places.insert(address.clone(), place(&[section, name]));
        let entries = self.sections.entry(section.to_owned()).or_default();
        Some(entries.entry(name.to_owned()).or_default())
    }

    /// An entry that was started.
    #[must_use]
    pub fn entry(&self, section: &str, name: &str) -> Option<&Map<String, Value>> {
        self.sections.get(section)?.get(name)
    }

    /// Sets a field of an entry that was started.
    pub fn set(&mut self, section: &str, name: &str, field: &str, value: Value) {
        let entries = self.sections.get_mut(section);
        if let Some(entry) = entries.and_then(|entries| entries.get_mut(name)) {
            entry.insert(field.to_owned(), value);
        }
    }

    /// Adds to a list of an entry that was started; the place of what was added.
    pub fn push(&mut self, section: &str, name: &str, field: &str, value: Value) -> Option<Place> {
        let entry = self.sections.get_mut(section)?.get_mut(name)?;
        let list = entry.entry(field).or_insert_with(|| json!([]));
        let list = list.as_array_mut()?;
        list.push(value);
        let index = (list.len() - 1).to_string();
        Some(place(&[section, name, field, &index]))
    }

    /// Says where an object stands.
    pub fn stands(&mut self, address: &Address, at: Place) {
        self.places.insert(address.clone(), at);
    }

    /// Says something above a part.
    pub fn note(&mut self, at: Place, text: impl Into<String>) {
        self.notes.entry(at).or_default().push(text.into());
    }

    /// Declares an object, and lets nobody touch it until its line in `ignore` goes.
    pub fn ignore(&mut self, address: &Address, why: impl Into<String>) {
        self.ignored.insert(address.clone(), why.into());
    }

    /// Does not declare an object.
    pub fn leave(&mut self, address: &Address, why: impl Into<String>) {
        self.left.insert(address.clone(), why.into());
    }

    /// Goes through the objects that are alone at their address; what shares one is left.
    pub fn single<'a>(&mut self, live: &'a Seen<'a>) -> Vec<(&'a Address, &'a Object)> {
        let mut single = Vec::new();
        for group in live.chunk_by(|(one, _), (other, _)| one == other) {
            match group {
                [one] => single.push(*one),
                several => self.leave(several[0].0, "there are several of this name"),
            }
        }
        single
    }
}
