//! The process dies at any request while secrets are made, rotated and deleted: afterwards a secret
//! that works is in the sink, or the next run puts one there, and nothing is left behind.

use std::fs;
use std::io::Write as _;
use std::rc::Rc;

use serde_json::{Value, json};
use tunctl::address::Address;
use tunctl::plan::select::Selection;

use crate::support::describe::describe;
use crate::support::world::{ACCOUNT, Kill, World, keeping};

const TUNNEL: &str = "tunnels: {edge-web: {runToken: local}}\n";
const ACCOUNT_TOKEN: &str =
    "serviceTokens: {edge-ci: {duration: 8760h, rotateBefore: 30d, sink: local}}\n";
const ZONE_TOKEN: &str = "serviceTokens: {edge-ci: {zone: example.com, duration: 8760h, rotateBefore: 30d, sink: local}}\n";
const API_TOKEN: &str = "apiTokens:
  edge-deploy:
    policies: [{permissions: [DNS Write], resources: {zone: example.com}}]
    expiresOn: 2027-06-30T00:00:00Z
    rotateBefore: 30d
    sink: local
";
const NOTHING: &str = "tunnels: {edge-other: {}}\n";

/// One that has a secret: its sections, its address, and what of the emulator's state is its kind.
struct Case {
    sections: &'static str,
    address: &'static str,
    table: &'static str,
}

const CASES: [Case; 4] = [
    Case {
        sections: TUNNEL,
        address: "tunnel.edge-web",
        table: "tunnels",
    },
    Case {
        sections: ACCOUNT_TOKEN,
        address: "service_token.edge-ci",
        table: "service_tokens",
    },
    Case {
        sections: ZONE_TOKEN,
        address: "service_token.edge-ci@example.com",
        table: "service_tokens",
    },
    Case {
        sections: API_TOKEN,
        address: "api_token.edge-deploy",
        table: "account_tokens",
    },
];

/// What is done to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Create,
    /// Because somebody asked for it.
    Rotate,
    /// Because it ends soon.
    Renew,
    /// Because its sink lost it.
    Refill,
    Delete,
}

const DEEDS: [Deed; 5] = [
    Deed::Create,
    Deed::Rotate,
    Deed::Renew,
    Deed::Refill,
    Deed::Delete,
];

impl Case {
    fn address(&self) -> Address {
        Address::parse(self.address).expect("an address")
    }

    /// An account that is right before the deed.
    fn before(&self, deed: Deed) -> World {
        if deed == Deed::Create {
            return World::new(&keeping(self.sections), &["example.com"]);
        }
        let mut world = World::converged(&keeping(self.sections), &["example.com"]);
        match deed {
            Deed::Create => {}
            Deed::Rotate => {
                world.rotate = Some(self.address());
                world.selection = Selection::only(self.address());
            }
            Deed::Renew => {
                let late = json!({"now": "2026-12-15T00:00:00Z"});
                world.by_hand("PUT", "/_emulator/clock", &late);
                let longer = self.sections.replace("2027-06-30", "2027-07-30");
                world.declare_tokens(&longer.replace("30d", "300d"));
            }
            Deed::Refill => fs::remove_file(self.file(&world)).expect("it is there"),
            // A zone is looked into only where the manifest says that it has something.
            Deed::Delete => {
                let removed = format!("removed: [\"{}\"]\n{NOTHING}", self.address);
                world.declare_tokens(&removed);
            }
        }
        world
    }

    fn file(&self, world: &World) -> std::path::PathBuf {
        let Address { kind, name } = self.address();
        let sinks = world.sinks.as_ref().expect("a directory");
        sinks.path().join(format!("{kind}-{name}.json"))
    }

    /// What is in the sink.
    fn kept(&self, world: &World) -> Option<Value> {
        let text = fs::read(self.file(world)).ok()?;
        Some(serde_json::from_slice(&text).expect("whole or not there"))
    }

    /// Whether a secret opens what it is for.
    fn works(world: &World, secret: &Value) -> bool {
        if let Some(token) = secret["token"].as_str() {
            let id = secret["id"].as_str().expect("an id");
            let path = format!("/accounts/{ACCOUNT}/cfd_tunnel/{id}/token");
            let now = world.try_by_hand("GET", &path, &Value::Null);
            return now.is_some_and(|now| now["result"] == token);
        }
        if let Some(value) = secret["value"].as_str() {
            let mut call = tunctl::emulator::Call::new(
                "GET",
                &format!("/client/v4/accounts/{ACCOUNT}/tokens/verify"),
            );
            call = call.header("authorization", &format!("Bearer {value}"));
            return world.answer(&call).status == 200;
        }
        let pair =
            json!({"client_id": secret["client_id"], "client_secret": secret["client_secret"]});
        let checked = world.by_hand("POST", "/_emulator/service_tokens/check", &pair);
        checked["result"]["accepted"] == true
    }

    /// The living objects of its kind.
    fn living(&self, world: &World) -> Vec<String> {
        let state = world.state();
        let rows = state["tables"][self.table].as_object().expect("a table");
        let living = rows.iter().filter(|(_, row)| row["deleted_at"].is_null());
        let names = living.filter_map(|(_, row)| row["name"].as_str());
        let names = names.filter(|name| *name != "edge-other");
        names.map(str::to_owned).collect()
    }

    /// Dies once, runs again, and says what it found wrong.
    fn die(&self, before: &World, deed: Deed, kill: Kill) -> Vec<String> {
        let mut world = apart(before);
        let old = self.kept(&world);
        world.watch();
        let _ = world.apply_and_die(kill);
        let mut wrong = Vec::new();
        let dead = self.kept(&world);
        // What Cloudflare shows at any time cannot be lost; its connections go on.
        let is_readable = self.table == "tunnels";
        if let (Some(old), false) = (&old, deed == Deed::Delete || is_readable) {
            let stored = dead.as_ref().is_some_and(|it| Self::works(&world, it));
            if !Self::works(&world, old) && !stored {
                wrong.push("the old secret died before a new one was stored".to_owned());
            }
        }
        if let (Some(secret), true) = (&dead, is_readable && deed != Deed::Delete)
            && !Self::works(&world, secret)
        {
            wrong.push("the sink holds a run token that does not work".to_owned());
        }
        world.rotate = None;
        world.selection = Selection::default();
        world.apply();
        let living = self.living(&world);
        if deed == Deed::Delete {
            if !living.is_empty() {
                wrong.push(format!("{living:?} is left"));
            }
        } else {
            if living.len() != 1 {
                wrong.push(format!("orphans: {living:?}"));
            }
            match self.kept(&world) {
                Some(secret) if Self::works(&world, &secret) => {}
                Some(_) => wrong.push("the sink holds a secret that does not work".to_owned()),
                None => wrong.push("the sink holds nothing".to_owned()),
            }
        }
        let plan = world.plan();
        if !plan.is_empty() {
            wrong.push(format!("not at rest: {}", describe(&plan)));
        }
        let place = |it: String| format!("{} {deed:?} {kill:?}: {it}", self.address);
        wrong.into_iter().map(place).collect()
    }
}

/// The same account and the same sinks once more.
fn apart(world: &World) -> World {
    let mut apart = world.fork();
    let sinks = tempfile::tempdir().expect("a directory");
    let files = world.sinks.as_ref().expect("a directory").path();
    for file in fs::read_dir(files).expect("a directory") {
        let file = file.expect("a file");
        fs::copy(file.path(), sinks.path().join(file.file_name())).expect("a copy");
    }
    apart.sinks = Some(Rc::new(sinks));
    apart
}

#[test]
fn a_secret_survives_a_kill_at_every_request() {
    let mut wrong = Vec::new();
    let mut runs = 0;
    for case in CASES {
        for deed in DEEDS {
            if case.table == "tunnels" && deed == Deed::Renew {
                continue; // A run token does not end.
            }
            let before = case.before(deed);
            let calm = apart(&before);
            calm.apply_and_die(Kill::Never);
            let requests = calm.sent();
            assert!(requests > 0);
            for number in 0..requests {
                for kill in [
                    Kill::Before(number),
                    Kill::After(number),
                    Kill::Lose(number),
                ] {
                    runs += 1;
                    wrong.extend(case.die(&before, deed, kill));
                }
            }
        }
    }
    let mut to = std::io::stderr();
    writeln!(to, "{runs} runs that died or lost an answer").expect("standard error takes it");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(runs > 200, "{runs}");
}

/// What only two deaths in a row could break: a service token's third secret ends its first one,
/// so none is made while the one in the sink may be the first.
#[test]
fn a_service_token_with_two_secrets_gets_no_third_one_by_itself() {
    let case = &CASES[1];
    let mut world = case.before(Deed::Renew);
    let old = case.kept(&world).expect("a secret");
    let rotating = |world: &World| {
        let calls = world.watched();
        let calls = calls.iter().filter(|it| it.call.ends_with("/rotate"));
        calls.count()
    };
    let number = (0..100).find(|number| {
        let world = apart(&world);
        world.watch();
        world.apply_and_die(Kill::After(*number));
        rotating(&world) == 1
    });
    world.apply_and_die(Kill::After(number.expect("a request")));
    assert_eq!(case.kept(&world), Some(old.clone()));
    world.watch();
    insta::assert_snapshot!(describe(&world.plan()), @r"
        1 service_token.edge-ci: rotate (ends at 2027-01-01T00:00:00Z)
        warning tunctl::rotation_held: the last rotation of `service_token.edge-ci` did not end; its new secret and the one before both work
    ");
    world.apply();
    assert_eq!(rotating(&world), 0);
    assert!(Case::works(&world, &old), "its validity is renewed");
    insta::assert_snapshot!(describe(&world.plan()), @r"
        in sync
        warning tunctl::rotation_held: the last rotation of `service_token.edge-ci` did not end; its new secret and the one before both work
    ");
    world.rotate = Some(case.address());
    world.apply();
    world.rotate = None;
    let new = case.kept(&world).expect("a secret");
    assert!(Case::works(&world, &new) && !Case::works(&world, &old));
    assert_eq!(describe(&world.plan()), "in sync");
}

#[test]
fn what_tunctl_destroys_is_no_incident_afterwards() {
    for case in &CASES {
        let mut world = case.before(Deed::Rotate);
        world.rotate = None;
        world.policy = tunctl::plan::Policy::Destroy;
        assert!(!world.apply().failed());
        assert_eq!(case.kept(&world), None);
        world.policy = tunctl::plan::Policy::Sync;
        assert!(!world.apply().failed());
        let secret = case.kept(&world).expect("a secret");
        assert!(Case::works(&world, &secret), "{}", case.address);
    }
}

#[test]
fn a_credential_that_somebody_took_out_of_use_is_left_alone() {
    let told = |world: &World| {
        let plan = world.plan();
        assert!(plan.is_empty() && plan.has_incidents());
        let lines = plan.warnings.iter().map(|it| {
            let help = it.help.as_deref().unwrap_or_default();
            format!("{}: {}\n  {help}", it.code, it.message)
        });
        lines.collect::<String>()
    };
    let service = CASES[1].before(Deed::Rotate);
    let disabled = apart(&service);
    let state = disabled.state();
    let rows = state["tables"]["service_tokens"].as_object().expect("rows");
    let id = rows.keys().next().expect("one").clone();
    disabled.replace(
        &format!("access/service_tokens/{id}"),
        &json!({"enabled": false}),
    );
    let mut disabled = disabled;
    disabled.rotate = None;
    insta::assert_snapshot!(told(&disabled), @r"
        tunctl::credential_revoked: `service_token.edge-ci` is disabled at Cloudflare; it is left as it is
          if that was meant, drop the entry; if not, find out who did it, rotate it, and enable it at Cloudflare
    ");
    let mut vanished = apart(&service);
    vanished.rotate = None;
    vanished.by_hand(
        "DELETE",
        &format!("/accounts/{ACCOUNT}/access/service_tokens/{id}"),
        &Value::Null,
    );
    insta::assert_snapshot!(told(&vanished), @r"
        tunctl::credential_vanished: `service_token.edge-ci` is gone from Cloudflare, and its sink has its secret
          if it was revoked for good, drop the entry; to have a new one, take the old secret out of its sink
    ");
    let mut api = CASES[3].before(Deed::Rotate);
    api.rotate = None;
    let state = api.state();
    let rows = state["tables"]["account_tokens"].as_object().expect("rows");
    let (id, row) = rows.iter().next().expect("one");
    let mut row = row.clone();
    row["status"] = json!("disabled");
    api.force("account_tokens", id, &row);
    insta::assert_snapshot!(told(&api), @r"
        tunctl::credential_revoked: `api_token.edge-deploy` is disabled at Cloudflare; it is left as it is
          if that was meant, drop the entry; if not, find out who did it, rotate it, and enable it at Cloudflare
    ");
}

#[test]
fn the_token_of_the_run_is_neither_deleted_nor_rotated() {
    let case = &CASES[3];
    for deed in [Deed::Rotate, Deed::Renew, Deed::Delete] {
        let world = case.before(deed);
        let state = world.state();
        let rows = state["tables"]["account_tokens"].as_object().expect("rows");
        let (id, row) = rows.iter().next().expect("one");
        let mut next = row.clone();
        next["name"] = json!("edge-deploy~2");
        // An older generation is the run's own.
        world.force("account_tokens", &"e".repeat(32), &next);
        let own = id.clone();
        world.lie(move |_, target, result| {
            if target.ends_with("/tokens/verify") {
                *result = json!({"id": own, "status": "active"});
            }
        });
        let told = describe(&world.plan());
        assert!(!told.contains("api_token.edge-deploy:"), "{deed:?}: {told}");
        let warning = "`api_token.edge-deploy` is the API token of this run and is left alone";
        assert!(told.contains(warning), "{deed:?}: {told}");
    }
}
