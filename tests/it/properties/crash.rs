//! The process dies at a request; the next one knows nothing of it and finishes the work. Or it
//! lives, and only an answer is lost.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::check;
use super::rights::Rights;
use super::snapshot::Snapshot;
use super::story::{Story, Tally};
use crate::support::world::Kill;

impl Story {
    /// Kills the run that comes next at every single request, before and after it is carried
    /// out, and runs again: the account ends as if nothing had happened.
    pub(super) fn die_everywhere(mut self) -> Tally {
        self.come_to_rest();
        self.go_on();
        self.clear_the_way();
        let before = self.snapshot();
        let rights = Rights::new(&self.draft, &before, false);
        let calm = self.world.fork();
        let outcome = calm.apply();
        let settled = !outcome.failed() && !outcome.pending();
        let expected = shape(&Snapshot::of(&calm.state()));
        let requests = calm.sent();
        self.tally.add("requests", requests);
        let deaths = (0..requests).flat_map(|k| [Kill::Before(k), Kill::After(k), Kill::Lose(k)]);
        for kill in deaths {
            self.note(&format!("killed at {kill:?}"));
            let world = self.world.fork();
            world.watch();
            let first = world.apply_and_die(kill);
            let survived = matches!(kill, Kill::Lose(_));
            let finished = first.is_some_and(|it| !it.failed() && !it.pending());
            if survived && finished && settled {
                self.tally.count("lost answers found out");
            } else {
                world.apply();
            }
            let moments = world.watched();
            let after = Snapshot::of(&world.state());
            self.tally
                .count(if survived { "lost answers" } else { "crashes" });
            check::only_ours_changes(&rights, &after);
            check::nothing_dangles_because_of_us(&before, &moments, &self.spared());
            assert_eq!(expected, shape(&after), "the end is another one");
            if settled {
                check::nothing_is_left(&world);
                check::nothing_dangles(&rights, &after);
                check::the_manifest_is_in_force(&rights, &after);
            }
        }
        self.tally
    }
}

/// What the account means, without ids, versions and times.
fn shape(snapshot: &Snapshot) -> Value {
    let name = |id: &str| match snapshot.tunnels.get(id) {
        Some(tunnel) if tunnel.living => tunnel.name.clone(),
        Some(_) | None => "nobody".to_owned(),
    };
    let tunnels: BTreeMap<&String, Value> = snapshot
        .living()
        .map(|(id, tunnel)| {
            let configuration = snapshot.configurations.get(id).map(|it| &it["config"]);
            let connectors = snapshot.connectors.values().filter(|(of, _)| of == id);
            let shape = json!([tunnel.local, configuration, connectors.count()]);
            (&tunnel.name, shape)
        })
        .collect();
    let mut records: Vec<String> = snapshot
        .records
        .values()
        .map(|it| {
            let leads = it.tunnel().map_or(it.content.clone(), name);
            json!([it.zone, it.name, it.kind, leads, it.proxied, it.comment]).to_string()
        })
        .collect();
    records.sort_unstable();
    json!({"tunnels": tunnels, "records": records})
}
