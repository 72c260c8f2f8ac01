//! The text of a manifest: its keys in the order in which people write them, and the comments.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::split::DIRECTORY;
use super::{Inventory, Wish, defaults, owns};
use crate::kind::export::{SINK, place};
use crate::kind::{Export, KINDS};
use crate::manifest::interpolate::literal;
use crate::manifest::yaml::annotated::comments;
use crate::manifest::yaml::{Notes, format, to_yaml_with};

/// Where secrets go until somebody says otherwise.
const FILE: &str = "secrets/{kind}-{name}.json";

/// The sections whose entries stand apart.
const APART: [&str; 1] = ["tunnels"];

/// A manifest before it is text.
pub(super) struct Page {
    main: Map<String, Value>,
    notes: Notes,
    parts: BTreeMap<String, Map<String, Value>>,
    footer: Vec<String>,
}

impl Page {
    pub(super) fn new(inventory: &Inventory, wish: &Wish, export: &Export) -> Self {
        let mut sections = export.sections.clone();
        let mut page = Self {
            main: Map::new(),
            notes: export.notes.clone(),
            parts: BTreeMap::new(),
            footer: footer(wish, export),
        };
        page.main.insert("version".to_owned(), json!(1));
        page.main
            .insert("stack".to_owned(), json!(inventory.scope.stack));
        page.main.insert("account".to_owned(), json!(wish.account));
        page.include(wish, export);
        page.ignore(export);
        if let Some(tunnels) = sections.get_mut("tunnels") {
            page.defaults(tunnels);
        }
        page.sections(sections, wish, inventory);
        page.notes.insert(Vec::new(), wish.title.clone());
        page.propose(&owns::proposal(&inventory.observed, export));
        page
    }

    /// The whole manifest as one value.
    pub(super) fn value(&self) -> Value {
        let mut all = self.main.clone();
        all.shift_remove("include");
        for part in self
            .parts
            .values()
            .filter_map(|it| it["tunnels"].as_object())
        {
            let tunnels = all.entry("tunnels").or_insert_with(|| json!({}));
            if let Value::Object(tunnels) = tunnels {
                tunnels.extend(part.clone());
            }
        }
        Value::Object(all)
    }

    /// The text of the manifest itself.
    pub(super) fn text(&self) -> String {
        let text = to_yaml_with(&self.main, &self.notes, &APART) + &comments(&self.footer);
        format(0, &text).unwrap_or(text)
    }

    /// The texts of the files that it includes.
    pub(super) fn parts(&self) -> BTreeMap<String, String> {
        let below = self.notes.iter().filter(|(place, _)| place.len() > 1);
        let notes = below
            .map(|(place, notes)| (place.clone(), notes.clone()))
            .collect();
        let text = |part| {
            let text = to_yaml_with(part, &notes, &APART);
            format(0, &text).unwrap_or(text)
        };
        let parts = self.parts.iter();
        parts
            .map(|(name, part)| (name.clone(), text(part)))
            .collect()
    }

    fn include(&mut self, wish: &Wish, export: &Export) {
        if wish.split.is_some() && export.sections.contains_key("tunnels") {
            let pattern = format!("{DIRECTORY}/*.yaml");
            self.main.insert("include".to_owned(), json!([pattern]));
        }
    }

    /// What is let go of at first; what has one reason stands together below it.
    fn ignore(&mut self, export: &Export) {
        let mut ignored: Vec<_> = export.ignored.iter().map(|(it, why)| (why, it)).collect();
        ignored.sort();
        let mut last = None;
        let mut patterns = Vec::new();
        for (why, address) in ignored {
            if last != Some(why) {
                let at = place(&["ignore", &patterns.len().to_string()]);
                self.notes.entry(at).or_default().push(why.clone());
                last = Some(why);
            }
            patterns.push(literal(globset::escape(&address.to_string()).into()));
        }
        if !patterns.is_empty() {
            self.main.insert("ignore".to_owned(), patterns.into());
        }
    }

    fn defaults(&mut self, tunnels: &mut BTreeMap<String, Map<String, Value>>) {
        let common = defaults::common(tunnels);
        if !common.is_empty() {
            let defaults = json!({ "originRequest": literal(common.into()) });
            self.main.insert("defaults".to_owned(), defaults);
        }
    }

    fn sections(
        &mut self,
        mut sections: BTreeMap<String, BTreeMap<String, Map<String, Value>>>,
        wish: &Wish,
        inventory: &Inventory,
    ) {
        let mut keeps = false;
        for section in KINDS.iter().flat_map(|kind| kind.sections()) {
            for (name, entry) in sections.remove(*section).unwrap_or_default() {
                keeps |= entry.contains_key("sink");
                let file = wish.split.filter(|_| *section == "tunnels");
                let file = file.map(|it| it.file(&inventory.scope, &name, &entry));
                let home = match file {
                    Some(file) => self.parts.entry(file).or_default(),
                    None => &mut self.main,
                };
                let entries = home.entry(*section).or_insert_with(|| json!({}));
                if let Value::Object(entries) = entries {
                    entries.insert(name, literal(entry.into()));
                }
            }
        }
        if keeps {
            let sinks = json!({ (SINK): { "file": FILE } });
            self.main.insert("sinks".to_owned(), sinks);
            let words = "Where secrets go: choose. Files are for the machine that applies; a \
                         program (`write` and `check`) puts them into a vault.";
            self.notes.insert(place(&["sinks"]), vec![words.to_owned()]);
        }
    }

    /// Patterns for `owns`, as comments above the first key that follows the account.
    fn propose(&mut self, patterns: &[(&str, Vec<String>)]) {
        let Some(first) = self.main.keys().nth(3).filter(|_| !patterns.is_empty()) else {
            return;
        };
        let mut lines = vec![
            "What may be deleted once it is no longer declared: nothing, as long as this is a \
             comment. Names that others give later count too, so choose."
                .to_owned(),
            " owns:".to_owned(),
        ];
        lines.extend(patterns.iter().map(|(section, patterns)| {
            let patterns: Vec<_> = patterns.iter().map(|it| format!("{it:?}")).collect();
            format!("   {section}: [{}]", patterns.join(", "))
        }));
        // The key itself stands apart.
        lines.push(String::new());
        let notes = self.notes.entry(vec![first.clone()]).or_default();
        notes.splice(0..0, lines);
    }
}

/// What the manifest does not say.
fn footer(wish: &Wish, export: &Export) -> Vec<String> {
    if export.left.is_empty() && wish.footer.is_empty() {
        return Vec::new();
    }
    let mut lines = vec!["Not in this manifest, and left alone by it:".to_owned()];
    for (address, why) in &export.left {
        let remarks = wish.remarks.get(address).map(|it| it.join(", "));
        let remarks = remarks.map_or_else(String::new, |it| format!(" ({it})"));
        lines.push(format!("   {address}: {why}{remarks}"));
    }
    lines.extend(wish.footer.iter().map(|it| format!("   {it}")));
    lines
}
