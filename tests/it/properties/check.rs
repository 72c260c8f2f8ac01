//! The properties, one function each. They look at the raw state of the emulator and at the
//! plan, and panic with what they have found.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use tunctl::plan::{Action, Change, Guard, Plan};

use super::draft::{Draft, Rule, covers};
use super::generate::{FIELDS, Field};
use super::rights::{Right, Rights};
use super::snapshot::{Mark, Record, Snapshot};
use crate::support::world::{Moment, World};

/// After an apply there is nothing left to do, and doing it sends no write.
pub(super) fn nothing_is_left(world: &World) {
    world.watch();
    let outcome = world.apply();
    let left: Vec<_> = outcome.verdicts.iter().map(|(change, _)| change).collect();
    assert!(left.is_empty(), "left to do: {left:#?}");
    let moments = world.watched();
    let sent: Vec<&String> = moments.iter().map(|moment| &moment.call).collect();
    assert!(sent.is_empty(), "an empty plan writes: {sent:?}");
}

/// What is not ours is byte for byte as it was, and what is ours changes only as it may.
pub(super) fn only_ours_changes(rights: &Rights<'_>, after: &Snapshot) {
    let before = rights.before;
    assert_eq!(before.rest, after.rest, "zones, accounts and tokens");
    records_change_as_they_may(rights, after);
    for (id, tunnel) in &before.tunnels {
        let now = after.tunnels.get(id).expect("tunnels are never forgotten");
        let right = rights.of_tunnel(id);
        match right {
            Right::Keep => assert_eq!(tunnel, now, "tunnel is not ours"),
            Right::Change => {
                let mut renamed = tunnel.row.clone();
                renamed["name"] = now.row["name"].clone();
                assert_eq!(renamed, now.row, "only the name may change");
                let names = [Some(&tunnel.name), rights.renames.get(id)];
                assert!(names.contains(&Some(&now.name)), "{names:?} is now {now:?}");
            }
            Right::Delete | Right::Any => assert_eq!(tunnel.name, now.name, "{right:?}"),
        }
    }
    for (id, configuration) in &before.configurations {
        configuration_changes_as_it_may(rights, id, configuration, after);
    }
    for (id, (tunnel, _)) in &before.connectors {
        let there = after.connectors.contains_key(id);
        let goes = rights.of_tunnel(tunnel) == Right::Delete;
        assert!(
            there || goes,
            "connector {id} of a tunnel that stays is gone"
        );
    }
    for (id, tunnel) in after
        .tunnels
        .iter()
        .filter(|(id, _)| !before.tunnels.contains_key(*id))
    {
        let declared = rights.draft.tunnels.contains_key(&tunnel.name);
        assert!(
            declared && !rights.destroy,
            "{id} is new and not declared: {tunnel:?}"
        );
    }
}

fn records_change_as_they_may(rights: &Rights<'_>, after: &Snapshot) {
    for (id, record) in &rights.before.records {
        let (right, now) = (rights.of_record(record), after.records.get(id));
        let Some(now) = now else {
            let may_go = matches!(right, Right::Delete | Right::Any);
            assert!(may_go, "{right:?}, but gone: {record:?}");
            continue;
        };
        if matches!(right, Right::Keep | Right::Delete) {
            assert_eq!(record, now, "{right:?}");
        } else {
            let place = |it: &super::snapshot::Record| (it.zone.clone(), it.name.clone());
            assert_eq!(place(record), place(now), "a record moves");
            let words = own_words(&record.comment);
            let kept = own_words(&now.comment);
            let cut = kept.chars().count() >= 80 && words.starts_with(&kept);
            assert!(kept == words || cut, "{record:?} lost its words: {now:?}");
        }
    }
    let declared = rights.draft.records();
    let new = after.records.iter();
    for (id, record) in new.filter(|(id, _)| !rights.before.records.contains_key(*id)) {
        let ours = declared.contains_key(&record.name) && record.mark() == Mark::Ours;
        assert!(ours && !rights.destroy, "{id} is new: {record:?}");
    }
}

/// A comment without a mark of ours.
fn own_words(comment: &str) -> String {
    let own = comment.strip_prefix("tunctl:edge");
    let own = own.and_then(|own| own.strip_prefix(' ').or(own.is_empty().then_some("")));
    own.unwrap_or(comment).to_owned()
}

fn configuration_changes_as_it_may(
    rights: &Rights<'_>,
    tunnel: &str,
    configuration: &Value,
    after: &Snapshot,
) {
    let right = rights.of_configuration(tunnel);
    let Some(now) = after.configurations.get(tunnel) else {
        assert_eq!(right, Right::Delete, "configuration of {tunnel} is gone");
        return;
    };
    if right != Right::Change {
        assert_eq!(configuration, now, "{right:?}");
    }
    let others = |configuration: &Value| -> Map<String, Value> {
        let keys = configuration["config"].as_object().into_iter().flatten();
        let others = keys.filter(|(key, _)| !["ingress", "originRequest"].contains(&key.as_str()));
        others
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    assert_eq!(
        others(configuration),
        others(now),
        "what is not ours to say"
    );
}

/// At no moment of a run does it make a record of ours lead to a tunnel that is gone. `spared`
/// are those that tunctl may not touch.
pub(super) fn nothing_dangles_because_of_us(
    before: &Snapshot,
    moments: &[Moment],
    spared: &dyn Fn(&Record) -> bool,
) {
    let dangling = |snapshot: &Snapshot| -> BTreeSet<String> {
        snapshot.dangling().map(|(id, _)| id.clone()).collect()
    };
    let mut known = dangling(before);
    for moment in moments {
        let snapshot = Snapshot::of(&moment.state);
        for id in dangling(&snapshot) {
            let record = &snapshot.records[&id];
            let excused = known.contains(&id) || spared(record);
            assert!(excused, "after {}: {record:?}", moment.call);
        }
        known.retain(|id| snapshot.records.contains_key(id));
    }
}

/// In the end no record of ours leads to a tunnel that is gone.
pub(super) fn nothing_dangles(rights: &Rights<'_>, after: &Snapshot) {
    for (id, record) in after.dangling() {
        let ours = rights.of_record(record) != Right::Keep;
        assert!(!ours, "{id} dangles: {record:?}");
    }
}

/// What something refers to is made before it, and goes after it.
pub(super) fn dependencies_come_first(draft: &Draft, before: &Snapshot, plan: &Plan) {
    let mut stages: BTreeMap<String, (usize, &Change)> = BTreeMap::new();
    for (stage, changes) in plan.stages.iter().enumerate() {
        for change in changes {
            stages.insert(change.address.to_string(), (stage, change));
        }
    }
    let precedes = |first: &str, second: &str, deletes: bool| {
        let (Some((one, change)), Some((two, _))) = (stages.get(first), stages.get(second)) else {
            return;
        };
        if matches!(change.action, Action::Delete { .. }) == deletes {
            assert!(one < two, "{first} is in stage {one}, {second} in {two}");
        }
    };
    for name in draft.tunnels.keys() {
        precedes(
            &format!("tunnel.{name}"),
            &format!("tunnel_config.{name}"),
            false,
        );
    }
    for (name, maker) in draft.records() {
        let record = format!("dns_record.{name}");
        precedes(&format!("tunnel.{}", maker.tunnel), &record, false);
        precedes(&format!("tunnel_config.{}", maker.tunnel), &record, false);
    }
    leave_before_it_goes(before, &stages, plan);
}

/// Records leave a tunnel before it goes, and before its rules for them do, unless names swap.
fn leave_before_it_goes(
    before: &Snapshot,
    stages: &BTreeMap<String, (usize, &Change)>,
    plan: &Plan,
) {
    let swap = plan
        .warnings
        .iter()
        .any(|it| it.code == "tunctl::names_swap");
    for (address, (stage, change)) in stages {
        for object in change.action.objects() {
            let record = before.records.get(object.id.as_str());
            let Some(target) = record.and_then(|record| record.tunnel()) else {
                continue;
            };
            for (other, (later, gone)) in stages {
                let same = gone
                    .action
                    .objects()
                    .iter()
                    .any(|it| it.id.as_str() == target);
                let deleted = matches!(gone.action, Action::Delete { .. });
                if same && deleted {
                    assert!(stage < later, "{other} goes before {address} has left it");
                }
                let leaves = change.action.after().is_none_or(|after| {
                    let name = other.strip_prefix("tunnel_config.");
                    name.is_some_and(|name| after["target"] != format!("tunnel.{name}"))
                });
                let rules = other.starts_with("tunnel_config.");
                if same && rules && leaves && !swap {
                    assert!(
                        stage < later,
                        "{other} changes before {address} has left it"
                    );
                }
            }
        }
    }
}

/// A plan that deletes something protected says so, and no other plan does.
pub(super) fn protection_is_judged(draft: &Draft, destroy: bool, plan: &Plan) {
    let protected = |address: &str| {
        let own = address
            .strip_prefix("tunnel.")
            .and_then(|name| draft.tunnels.get(name));
        let own = destroy && own.is_some_and(|tunnel| tunnel.protect);
        own || draft.protected.iter().any(|it| covers(it, address))
    };
    let gone = plan.changes().filter(|change| change.action.removes());
    let gone = gone
        .filter(|change| protected(&change.address.to_string()))
        .count();
    let found = plan
        .findings
        .iter()
        .filter(|it| it.guard == Guard::Protect)
        .count();
    assert_eq!(gone, found, "{:#?}", plan.findings);
}

/// A plan that deletes a tunnel which something that stays leads to says so, and no other does.
pub(super) fn foreign_records_are_judged(rights: &Rights<'_>, plan: &Plan) {
    let gone: BTreeSet<&str> = plan
        .changes()
        .filter(|change| change.action.removes() && change.address.kind == "tunnel")
        .flat_map(|change| change.action.objects())
        .map(|object| object.id.as_str())
        .collect();
    let objects = plan.changes().flat_map(|change| change.action.objects());
    let touched: BTreeSet<&str> = objects.map(|object| object.id.as_str()).collect();
    let mut records = rights.before.records.iter();
    let left = records.any(|(id, record)| {
        let leads = record.tunnel().is_some_and(|id| gone.contains(id));
        leads && !touched.contains(id.as_str())
    });
    let found = plan.findings.iter().any(|it| it.guard == Guard::Foreign);
    assert_eq!(left, found, "{:#?}", plan.findings);
}

/// What stands at Cloudflare is what was declared, read without tunctl's eyes; and nothing of
/// ours is there that was not.
pub(super) fn the_manifest_is_in_force(rights: &Rights<'_>, after: &Snapshot) {
    let draft = rights.draft;
    for (name, tunnel) in &draft.tunnels {
        let Some(id) = after.tunnel(name) else {
            assert!(draft.ignores(&format!("tunnel.{name}")), "no tunnel {name}");
            continue;
        };
        if let Some(rules) = tunnel.rules.as_ref().filter(|_| rights.pushes(name)) {
            let config = &after.configurations.get(id).expect("it has rules")["config"];
            rules_are_in_force(draft, name, rules, config);
        }
    }
    for (name, maker) in draft.records() {
        if draft.ignores(&format!("dns_record.{name}")) {
            continue;
        }
        let zone = draft.zone_of(&name).expect("all names have zones");
        let there = after.records.values();
        let there = there.filter(|it| it.zone == zone && it.name == name && it.occupies());
        let there: Vec<_> = there.collect();
        let [record] = there[..] else {
            panic!("one record at {name}: {there:?}");
        };
        assert_eq!(
            record.tunnel(),
            after.tunnel(&maker.tunnel).map(String::as_str),
            "{name}"
        );
        assert!(record.proxied, "{record:?}");
    }
    nothing_of_ours_is_left(draft, after);
}

/// Nothing that is ours stands there undeclared, and no name is there twice.
fn nothing_of_ours_is_left(draft: &Draft, after: &Snapshot) {
    let mut names = BTreeSet::new();
    for (id, tunnel) in after.living() {
        assert!(
            names.insert(&tunnel.name),
            "two tunnels are called {}",
            tunnel.name
        );
        let ignored = draft.ignores(&format!("tunnel.{}", tunnel.name));
        let declared = draft.tunnels.contains_key(&tunnel.name);
        let orphan = !declared && !ignored && draft.owns(&tunnel.name);
        assert!(!orphan, "{id} is an orphan: {tunnel:?}");
    }
    let declared = draft.records();
    for record in after.records.values() {
        let address = draft.address(&record.name, &record.zone);
        let known =
            address == format!("dns_record.{}", record.name) && declared.contains_key(&record.name);
        let ours = record.mark() == Mark::Ours && record.tunnel().is_some() && !record.locked();
        let orphan = ours && !known && !draft.ignores(&address);
        assert!(!orphan, "an orphan: {record:?}");
    }
}

fn rules_are_in_force(draft: &Draft, name: &str, rules: &[Rule], config: &Value) {
    let live = config["ingress"].as_array().expect("rules are a list");
    assert_eq!(live.len(), rules.len() + 1, "rules of {name}: {config:#}");
    for (rule, live) in rules.iter().zip(live) {
        let said = (&rule.host.written, &rule.path, &rule.service);
        let text = |key: &str| live[key].as_str().map(str::to_owned);
        let there = (text("hostname"), text("path"), text("service"));
        let there = (
            &there.0.unwrap_or_default(),
            &there.1,
            &there.2.unwrap_or_default(),
        );
        assert_eq!(said, there, "rule of {name}");
        for field in &FIELDS {
            let layers = [
                &rule.settings,
                &draft.tunnels[name].settings,
                &draft.default_settings,
            ];
            let said = field.wire(effective(field, layers.map(|it| it.get(field.name))));
            let layers = [&live["originRequest"], &config["originRequest"]];
            let there = effective(field, layers.map(|it| it.get(field.name)));
            let there = there.cloned().unwrap_or_else(|| field.wire(None));
            assert_eq!(said, there, "{} of {name}", field.name);
        }
    }
    assert_eq!(live[rules.len()]["service"], "http_status:404");
}

/// The first layer that says something. A rule's empty list of `ipRules` says nothing.
fn effective<'v, const N: usize>(
    field: &Field,
    layers: [Option<&'v Value>; N],
) -> Option<&'v Value> {
    let mut layers = layers.into_iter().enumerate();
    layers.find_map(|(layer, value)| {
        let value = value?;
        let silent = layer == 0 && field.name == "ipRules" && *value == Value::Array(Vec::new());
        (!silent).then_some(value)
    })
}
