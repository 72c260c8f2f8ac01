//! Lists.

use std::collections::BTreeMap;

use serde_json::Value;

use super::check::{Checker, Place};
use super::rule::{Kind, List};
use crate::manifest::yaml::{Node, Step, Words};
use crate::problem::Problem;

impl<'a> Checker<'a> {
    /// Checks a list, item by item.
    pub(super) fn list(&mut self, list: &'a List, items: &'a [Node], place: Place<'a>) -> Value {
        if !list.count.holds(items.len()) {
            let (count, wanted) = (items.len(), list.count.words());
            let label = format!("the number of items is {count}, expected {wanted}");
            self.findings.push(
                Problem::new("tunctl::count", "wrong number of items").at(place.handle(), label),
            );
        }
        let mut seen: BTreeMap<String, &Node> = BTreeMap::new();
        let mut values: Vec<Value> = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            self.path.push(Step::Index(index));
            let value = self.list_item(list, item);
            if list.unique
                && !value.is_null()
                && let Some(first) = seen.insert(value.to_string(), item)
            {
                self.duplicate_item(item, first);
            }
            values.push(value);
            self.path.pop();
        }
        Value::Array(values)
    }

    /// A dash with nothing behind it is a mistake, also where an empty mapping would do.
    fn list_item(&mut self, list: &'a List, item: &'a Node) -> Value {
        let place = Place {
            node: item,
            key: None,
        };
        let (nullable, kind) = self.resolve(&list.items);
        if place.is_null() && !nullable && !matches!(kind, Kind::Any | Kind::Nothing) {
            return self.missing_value(kind, place);
        }
        self.value(&list.items, place)
    }

    fn duplicate_item(&mut self, again: &Node, first: &Node) {
        let steps = self.path.len().saturating_sub(1);
        let list = Words(&self.path[..steps]).to_string();
        self.findings.push(
            Problem::new("tunctl::duplicate_item", "duplicate item")
                .at(again.span, format!("again in `{list}`"))
                .at(first.span, "before that here")
                .help("remove one of them"),
        );
    }
}
