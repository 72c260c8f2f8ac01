//! Runs.

use std::time::Duration;

use insta::assert_snapshot;
use tunctl::address::Address;
use tunctl::apply::{Event, Failure, Outcome, Verdict};
use tunctl::plan::Change;
use tunctl::render::human::Run;
use tunctl::render::{Style, human};

use super::sample::{adopt, create, delete, record, rename, replace, tunnel, update};

/// One change for each verdict.
pub(crate) fn every_verdict() -> Outcome {
    let blocked = Address::new("tunnel", "edge-api");
    let failure = Failure {
        code: "tunctl::api_conflict".to_owned(),
        message: "a tunnel with this name exists".to_owned(),
        help: Some("choose another name".to_owned()),
        ..Failure::default()
    };
    let pending = Verdict::Pending {
        code: "TUNNEL_STOP_PENDING_ACTIVE_CONNECTIONS",
        message: "it still has live connections".to_owned(),
    };
    let moved = Verdict::Moved("it was changed meanwhile".to_owned());
    let skipped = Verdict::Skipped(vec![blocked.clone()]);
    Outcome {
        verdicts: vec![
            (create("tunnel.edge-web", tunnel()), Verdict::Done),
            (
                update("dns_record.a", &record("x"), record("y")),
                Verdict::Done,
            ),
            (
                create("tunnel.edge-api", tunnel()),
                Verdict::Failed(failure),
            ),
            (create("tunnel_config.edge-api", tunnel()), skipped.clone()),
            (create("dns_record.api", record("edge-api")), skipped),
            (delete("dns_record.b", &record("x")), moved),
            (delete("tunnel.x", &tunnel()), pending),
        ],
        concerns: vec![(
            Address::new("tunnel_config", "edge-web"),
            "another writer was overwritten".to_owned(),
        )],
        ..Outcome::default()
    }
}

pub(crate) fn ended(outcome: &Outcome, run: Run) -> String {
    let mut text = Vec::new();
    human::outcome(&mut text, outcome, run, Style::Plain).expect("a vector takes everything");
    String::from_utf8(text).expect("text is UTF-8")
}

fn happened(events: &[Event<'_>]) -> String {
    let mut text = Vec::new();
    for event in events {
        human::event(&mut text, event, Style::Plain).expect("a vector takes everything");
    }
    String::from_utf8(text).expect("text is UTF-8")
}

pub(crate) fn all_done(changes: impl IntoIterator<Item = Change>) -> Outcome {
    Outcome {
        verdicts: changes.into_iter().map(|it| (it, Verdict::Done)).collect(),
        ..Outcome::default()
    }
}

#[test]
fn a_complete_run_ends_in_terraforms_words() {
    let replacement = replace("service_token.ci", &tunnel(), record("x"));
    let outcome = all_done([create("tunnel.a", tunnel()), replacement]);
    assert_snapshot!(ended(&outcome, Run::Apply), @"Apply complete! Resources: 2 added, 0 changed, 1 destroyed.");
    let outcome = all_done([delete("tunnel.a", &tunnel()), delete("tunnel.b", &tunnel())]);
    assert_snapshot!(ended(&outcome, Run::Destroy), @"Destroy complete! Resources: 2 destroyed.");
}

#[test]
fn an_incomplete_run_says_what_is_open_and_why() {
    assert_snapshot!(ended(&every_verdict(), Run::Apply), @r#"
    Error: tunnel.edge-api was not created [tunctl::api_conflict]
      a tunnel with this name exists
      help: choose another name

    Skipped, because it waits for tunnel.edge-api:
      tunnel_config.edge-api
      dns_record.api

    Error: left alone, because it moved since the plan was made:
      dns_record.b: it was changed meanwhile

    Not settled yet:
      tunnel.x: it still has live connections [TUNNEL_STOP_PENDING_ACTIVE_CONNECTIONS]

    Warning: tunnel_config.edge-web: another writer was overwritten

    Apply incomplete: 1 added, 1 changed, 0 destroyed; 1 failed, 2 skipped, 1 left alone, 1 pending. Run again to finish.
    "#);
}

#[test]
fn a_pending_teardown_is_not_complete() {
    let mut outcome = every_verdict();
    outcome.verdicts.drain(..6);
    outcome.concerns.clear();
    assert_snapshot!(ended(&outcome, Run::Destroy), @r#"
    Not settled yet:
      tunnel.x: it still has live connections [TUNNEL_STOP_PENDING_ACTIVE_CONNECTIONS]

    Destroy incomplete: 0 destroyed; 1 pending. Run again to finish.
    "#);
}

#[test]
fn events_read_as_terraforms() {
    let found = [record("x")];
    let changes = [
        create("tunnel.a", tunnel()),
        update("dns_record.b", &record("x"), record("y")),
        adopt("dns_record.c", &found, record("y")),
        rename("tunnel.d", "web", &tunnel()),
        replace("service_token.e", &tunnel(), record("x")),
        delete("tunnel.f", &tunnel()),
    ];
    let begun = changes.iter().map(Event::Started);
    let ended = changes.iter().map(|it| Event::Finished(it, &Verdict::Done));
    let events: Vec<Event<'_>> = begun.chain(ended).collect();
    assert_snapshot!(happened(&events), @r#"
    tunnel.a: Creating...
    dns_record.b: Modifying... [id=0a1b2c3d]
    dns_record.c: Adopting... [id=0a1b2c3d]
    tunnel.d: Renaming... [id=0a1b2c3d]
    service_token.e: Replacing...
    tunnel.f: Destroying... [id=0a1b2c3d]
    tunnel.a: Creation complete
    dns_record.b: Modifications complete [id=0a1b2c3d]
    dns_record.c: Adoption complete [id=0a1b2c3d]
    tunnel.d: Renaming complete [id=0a1b2c3d]
    service_token.e: Replacement complete
    tunnel.f: Destruction complete
    "#);
}

#[test]
fn every_other_end_is_told_at_once() {
    let outcome = every_verdict();
    let (gone, _) = &outcome.verdicts[6];
    let left = Duration::from_millis(12_900);
    let mut events = vec![
        Event::Draining {
            change: gone,
            connectors: 2,
            left,
        },
        Event::Draining {
            change: gone,
            connectors: 1,
            left,
        },
    ];
    let ends = outcome.verdicts[2..].iter();
    events.extend(ends.map(|(change, verdict)| Event::Finished(change, verdict)));
    assert_snapshot!(happened(&events), @r#"
    tunnel.x: Still waiting for 2 connectors... [12 s left]
    tunnel.x: Still waiting for 1 connector... [12 s left]
    tunnel.edge-api: Creation failed: a tunnel with this name exists
    tunnel_config.edge-api: Skipped: waits for tunnel.edge-api
    dns_record.api: Skipped: waits for tunnel.edge-api
    dns_record.b: Left alone: it was changed meanwhile
    tunnel.x: Destruction pending: it still has live connections
    "#);
}
