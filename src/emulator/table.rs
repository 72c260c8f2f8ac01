//! Rows by id, findable by group and name, that remember what they were before the call at
//! hand, so that a refused call leaves no trace and an accepted one knows what it changed.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// An object of the world, as it is stored.
pub(super) trait Row: Clone + PartialEq + Serialize + DeserializeOwned {
    /// What it belongs to: an account, a zone, a tunnel.
    fn group(&self) -> Cow<'_, str>;
    /// Its name within the group; need not be unique.
    fn name(&self) -> &str;
}

/// All objects of one kind.
#[derive(Debug, Clone)]
pub(super) struct Table<T> {
    rows: BTreeMap<String, T>,
    groups: BTreeMap<String, BTreeSet<(String, String)>>,
    before: BTreeMap<String, Option<T>>,
}

/// What a world does to its tables, whatever is in them.
pub(super) trait AnyTable {
    /// Accepts what was done since the last `commit`.
    fn commit(&mut self);
    /// Takes back what was done since the last `commit`.
    fn undo(&mut self);
    /// Whether anything was done since the last `commit`.
    fn is_changed(&self) -> bool;
    /// What was done since the last `commit`: the changed rows by id, null for the removed.
    fn change(&self) -> Option<Value>;
    /// Does what another table's `change` tells.
    fn replay(&mut self, change: Value) -> Result<(), serde_json::Error>;
}

impl<T: Row> Table<T> {
    /// The row with this id.
    pub(super) fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(id)
    }

    /// All rows, by id.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.rows.iter().map(|(id, row)| (id.as_str(), row))
    }

    /// The rows of a group, by name.
    pub(super) fn group(&self, group: &str) -> impl Iterator<Item = (&str, &T)> {
        let members = self.groups.get(group).into_iter().flatten();
        members.filter_map(|(_, id)| Some((id.as_str(), self.rows.get(id)?)))
    }

    /// The rows of a group that have this name.
    pub(super) fn named(&self, group: &str, name: &str) -> impl Iterator<Item = (&str, &T)> {
        let from = (name.to_owned(), String::new());
        let members = self.groups.get(group).into_iter();
        members
            .flat_map(move |members| members.range(from.clone()..))
            .take_while(move |(own, _)| own == name)
            .filter_map(|(_, id)| Some((id.as_str(), self.rows.get(id)?)))
    }

    /// How many rows a group has.
    pub(super) fn count(&self, group: &str) -> usize {
        self.groups.get(group).map_or(0, BTreeSet::len)
    }

    /// Puts a row under an id, whatever was there.
    pub(super) fn put(&mut self, id: &str, row: T) {
        let old = self.exchange(id, Some(row));
        self.before.entry(id.to_owned()).or_insert(old);
    }

    /// Changes a row in place. Nothing happens if there is none.
    pub(super) fn edit(&mut self, id: &str, edit: impl FnOnce(&mut T)) {
        if let Some(mut row) = self.rows.get(id).cloned() {
            edit(&mut row);
            self.put(id, row);
        }
    }

    /// Removes a row.
    pub(super) fn remove(&mut self, id: &str) -> Option<T> {
        let old = self.exchange(id, None)?;
        self.before
            .entry(id.to_owned())
            .or_insert_with(|| Some(old.clone()));
        Some(old)
    }

    fn changed(&self) -> impl Iterator<Item = (&str, Option<&T>)> {
        let touched = self.before.iter();
        touched.filter_map(|(id, old)| {
            let row = self.rows.get(id);
            (row != old.as_ref()).then_some((id.as_str(), row))
        })
    }

    fn exchange(&mut self, id: &str, row: Option<T>) -> Option<T> {
        let old = self.rows.remove(id);
        if let Some(old) = &old {
            self.unlist(id, old);
        }
        if let Some(row) = row {
            let members = self.groups.entry(row.group().into_owned()).or_default();
            members.insert((row.name().to_owned(), id.to_owned()));
            self.rows.insert(id.to_owned(), row);
        }
        old
    }

    fn unlist(&mut self, id: &str, row: &T) {
        let group = row.group();
        if let Some(members) = self.groups.get_mut(group.as_ref()) {
            members.remove(&(row.name().to_owned(), id.to_owned()));
            if members.is_empty() {
                self.groups.remove(group.as_ref());
            }
        }
    }
}

impl<T: Row> AnyTable for Table<T> {
    fn commit(&mut self) {
        self.before.clear();
    }

    fn undo(&mut self) {
        for (id, row) in std::mem::take(&mut self.before) {
            self.exchange(&id, row);
        }
    }

    fn is_changed(&self) -> bool {
        self.changed().next().is_some()
    }

    fn change(&self) -> Option<Value> {
        let changed: Map<String, Value> = self
            .changed()
            .map(|(id, row)| (id.to_owned(), row.map_or(Value::Null, as_value)))
            .collect();
        (!changed.is_empty()).then_some(Value::Object(changed))
    }

    fn replay(&mut self, change: Value) -> Result<(), serde_json::Error> {
        let rows: BTreeMap<String, Option<T>> = serde_json::from_value(change)?;
        for (id, row) in rows {
            match row {
                Some(row) => self.put(&id, row),
                None => drop(self.remove(&id)),
            }
        }
        Ok(())
    }
}

/// A row as JSON.
pub(super) fn as_value(row: &impl Serialize) -> Value {
    serde_json::to_value(row).expect("rows are maps with text keys and plain values")
}

impl<T: Row> Default for Table<T> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            groups: BTreeMap::new(),
            before: BTreeMap::new(),
        }
    }
}

impl<T: Row> Serialize for Table<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.rows.serialize(serializer)
    }
}

impl<'de, T: Row> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = Self::default();
        for (id, row) in BTreeMap::<String, T>::deserialize(deserializer)? {
            table.exchange(&id, Some(row));
        }
        Ok(table)
    }
}
