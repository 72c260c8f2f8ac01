//! A plan against a base, with what its change did not cause.

use insta::assert_snapshot;
use jiff::Timestamp;
use tunctl::plan::{Plan, Reason, fingerprint};
use tunctl::render::section::Section;
use tunctl::render::{Report, Style};

use super::sample::{create, delete, plan, record, rename, shown, tunnel, update};
use super::sizes::in_markdown;

const COMMIT: &str = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";

fn drifted() -> Plan {
    let mut ends = update("service_token.ci", &tunnel(), tunnel());
    ends.reason = Reason::Expires(Timestamp::UNIX_EPOCH);
    Plan {
        base: Some(COMMIT.to_owned()),
        drift: vec![
            create("tunnel.a", tunnel()),
            update("dns_record.b", &record("x"), record("y")),
            delete("dns_record.c", &record("x")),
            rename("tunnel.d", "old-d", &tunnel()),
            ends,
        ],
        ..plan([create("tunnel.new", tunnel())])
    }
}

#[test]
fn people_see_it_first_and_apart() {
    let text = shown(&drifted(), Style::Plain);
    let (above, _) = text.split_once("tunctl will perform").unwrap();
    assert_snapshot!(above, @r#"
        Note: 5 objects not as the manifest says, which its change since c0ffee00c0ff did not cause; left as they are

          * tunnel.a has been deleted
          * dns_record.b has changed: target
          * dns_record.c is ours, and not declared here
          * tunnel.d is still named "old-d"
          * service_token.ci ends at 1970-01-01T00:00:00Z: its rotation is due
    "#);
    assert!(text.contains("Plan: 1 to add, 0 to change, 0 to destroy."));
    assert!(text.contains("Note: only what the manifest's change since c0ffee00c0ff causes.\n"));
}

#[test]
fn nothing_to_do_is_not_said_to_match_the_configuration() {
    let idle = Plan {
        stages: Vec::new(),
        ..drifted()
    };
    let text = shown(&idle, Style::Plain);
    assert!(text.contains("No changes. What the manifest's change causes is in place."));
    assert!(!text.contains("matches the configuration"));
}

#[test]
fn of_very_much_people_see_the_first_and_a_count() {
    let many = (0..60).map(|index| create(&format!("tunnel.t{index}"), tunnel()));
    let many = Plan {
        drift: many.collect(),
        ..drifted()
    };
    let text = shown(&many, Style::Plain);
    assert!(text.starts_with("Note: 60 objects not as the manifest says"));
    assert!(text.contains("  * and 10 more; `--format json` lists them\n"));
    let comment = in_markdown(&[Section::Plan(Report::new(&many))]);
    assert!(comment.contains("### Not caused by this change, and left as it is: 60\n"));
    assert!(comment.contains("tunnel.t59"));
}

#[test]
fn it_is_part_of_no_fingerprint() {
    let calm = Plan {
        drift: Vec::new(),
        base: None,
        ..drifted()
    };
    assert_eq!(
        fingerprint::of_plan(&calm),
        fingerprint::of_plan(&drifted())
    );
}
