//! What is deleted: each by name while there is room, else by zone and tunnel, else counted
//! there. Invariant: however little room there is, the counts are exact.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::Report;
use super::super::human::heading::notes;
use super::list::group;
use super::text::code;
use crate::kind::Kind as _;
use crate::kind::dns_record::DnsRecord;
use crate::plan::blast_radius::targets;
use crate::plan::{Action, Change};

/// The deletions in their longest form that fits, and whether that is not the first one.
pub(super) fn fit(report: &Report<'_>, room: usize) -> (String, bool) {
    let gone = report.plan.changes().filter(|it| it.action.destroys());
    let gone: Vec<&Change> = gone.collect();
    if gone.is_empty() {
        return (String::new(), false);
    }
    let title = format!("### Deletions: {}\n\n", gone.len());
    let each = gone.iter().map(|change| sentence(change));
    if let Some(text) = whole(&title, each, room) {
        return (text, false);
    }
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for change in &gone {
        let names = groups.entry(place(report, change)).or_default();
        names.push(&change.address.name);
    }
    let named = groups.iter().map(|(place, names)| {
        let all: Vec<String> = names.iter().map(|it| code(it)).collect();
        format!("{}: {}", group(place, names.len()), all.join(", "))
    });
    let text = whole(&title, named, room);
    (text.unwrap_or_else(|| counted(&title, &groups, room)), true)
}

/// All entries, if they fit.
fn whole(title: &str, entries: impl Iterator<Item = String>, room: usize) -> Option<String> {
    let mut text = title.to_owned();
    for entry in entries {
        let _ = writeln!(text, "- {entry}");
        if text.len() + 1 > room {
            return None;
        }
    }
    Some(text + "\n")
}

/// The groups with their numbers, the largest first; of too many the rest in one line.
fn counted(title: &str, groups: &BTreeMap<String, Vec<&str>>, room: usize) -> String {
    let mut sizes: Vec<(&String, usize)> = groups.iter().map(|(it, all)| (it, all.len())).collect();
    sizes.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    let rest = |sizes: &[(&String, usize)]| {
        let number = sizes.iter().map(|(_, size)| size).sum();
        let places = format!("{} other zones and tunnels", sizes.len());
        format!("- {}\n", group(&places, number))
    };
    let mut text = title.to_owned();
    let reserve = rest(&sizes).len() + 1;
    for (index, (place, size)) in sizes.iter().enumerate() {
        let entry = format!("- {}\n", group(place, *size));
        if text.len() + entry.len() + reserve > room {
            text.push_str(&rest(&sizes[index..]));
            break;
        }
        text.push_str(&entry);
    }
    text + "\n"
}

/// The zone of a record, the tunnel of a route; for everything else its kind.
fn place(report: &Report<'_>, change: &Change) -> String {
    let address = &change.address;
    if address.kind == DnsRecord::NAME {
        let zone = report.scope.and_then(|it| it.zone_of(&address.name));
        let zone = zone.map(|zone| zone.name.as_str());
        return format!("zone {}", code(zone.unwrap_or(parent(&address.name))));
    }
    match targets(change).0 {
        Some(target) => code(target),
        None => format!("kind {}", code(&address.kind)),
    }
}

/// Where nobody knows the zones: the name without its first label.
fn parent(name: &str) -> &str {
    name.split_once('.').map_or(name, |(_, parent)| parent)
}

/// What is deleted, where it led, and why.
fn sentence(change: &Change) -> String {
    let verb = match &change.action {
        Action::Delete { .. } => "will be **destroyed**",
        Action::Replace { .. } => "must be **replaced**",
        Action::Create { .. }
        | Action::Update { .. }
        | Action::Adopt { .. }
        | Action::Rename { .. }
        | Action::Rotate { .. } => "takes the place of what will be **destroyed**",
    };
    let mut text = format!("{} {verb}", code(&change.address.to_string()));
    if let Some(target) = targets(change).0 {
        let _ = write!(text, "; it leads to {}", code(target));
    }
    for note in notes(change) {
        let note = note.plain();
        let note = note.trim_start_matches([' ', '#', '(']);
        let note = super::text::prose(note.strip_suffix(')').unwrap_or(note));
        let _ = write!(text, "; {note}");
    }
    text
}
