//! The properties that are the reason to trust a run, in random worlds. `TUNCTL_WORLDS=all`
//! makes all of them, `TUNCTL_WORLDS=N` so many of each sort, `TUNCTL_SEED=N` one again:
//!
//! `TUNCTL_WORLDS=all cargo test --release --locked --test it properties -- --nocapture`

/// The properties themselves.
mod check;
/// Dying at every request.
mod crash;
/// Chance from a seed.
mod dice;
/// Manifests as their authors think of them.
mod draft;
/// Accounts of every kind, as people leave them.
pub(crate) mod estate;
/// What random worlds have found.
mod found;
/// Random manifests and what people do to them.
mod generate;
/// What happens to an account past tunctl.
mod hand;
/// Random worlds of private networks.
mod mesh;
/// Two stacks, one name a prefix of the other.
mod pair;
/// What a run may do to each object.
mod rights;
/// The emulator's raw state.
mod snapshot;
/// The life of an account.
mod story;

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::support::line::Line;
use estate::Estate;
use mesh::Mesh;
use pair::Pair;
use story::{Journal, Story, Tally};

/// How many worlds: in continuous integration, and all of them.
struct Scale {
    usual: u64,
    all: u64,
}

#[expect(
    clippy::disallowed_methods,
    reason = "how much to test is the runner's to say"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Runs worlds with the seeds from 0 on, and says on one line what was in them.
fn worlds(what: &str, scale: &Scale, world: impl Fn(u64, Journal) -> Tally) {
    let count = match variable("TUNCTL_WORLDS").as_deref() {
        None => scale.usual,
        Some("all") => scale.all,
        Some(count) => count.parse().expect("TUNCTL_WORLDS is `all` or a number"),
    };
    let only = variable("TUNCTL_SEED").map(|it| it.parse().expect("a seed is a number"));
    let seeds = only.map_or(0..count, |seed: u64| seed..seed + 1);
    let mut tally = Tally::default();
    for seed in seeds {
        let journal = Journal::default();
        let ended = catch_unwind(AssertUnwindSafe(|| world(seed, journal.clone())));
        let Ok(found) = ended else {
            panic!(
                "{}\n{what}: world {seed} is wrong; see above, and again with TUNCTL_SEED={seed}",
                journal.borrow()
            );
        };
        tally.join(&found);
        tally.count("worlds");
    }
    let line = format!("{what}: {}\n", tally.line());
    std::io::stderr()
        .write_all(line.as_bytes())
        .expect("standard error takes it");
}

#[test]
fn every_world_comes_to_rest_in_process() {
    let scale = Scale {
        usual: 500,
        all: 10_000,
    };
    worlds("in process", &scale, |seed, journal| {
        Story::begin(seed, Line::in_process(), journal).live()
    });
}

#[test]
fn two_stacks_of_which_one_name_begins_the_other_never_touch_each_other() {
    let scale = Scale {
        usual: 200,
        all: 10_000,
    };
    worlds("two stacks", &scale, |seed, journal| {
        Pair::begin(seed, Line::in_process(), journal).live()
    });
}

#[test]
fn every_world_comes_to_rest_over_http() {
    let scale = Scale {
        usual: 20,
        all: 200,
    };
    worlds("over HTTP", &scale, |seed, journal| {
        Story::begin(seed, Line::loopback(), journal).live()
    });
}

#[test]
fn a_run_that_dies_at_any_request_is_finished_by_the_next() {
    let scale = Scale {
        usual: 20,
        all: 200,
    };
    worlds("crashes", &scale, |seed, journal| {
        Story::begin(seed, Line::in_process(), journal).die_everywhere()
    });
}

#[test]
fn every_world_of_private_networks_comes_to_rest() {
    let scale = Scale {
        usual: 300,
        all: 10_000,
    };
    worlds("private networks", &scale, |seed, journal| {
        Mesh::begin(seed, Line::in_process(), journal).live()
    });
}

#[test]
fn a_run_over_private_networks_that_dies_at_any_request_is_finished_by_the_next() {
    let scale = Scale {
        usual: 20,
        all: 200,
    };
    worlds("crashes of private networks", &scale, |seed, journal| {
        Mesh::begin(seed, Line::in_process(), journal).die_everywhere()
    });
}

#[test]
fn the_first_plan_of_an_imported_account_changes_nothing() {
    let scale = Scale {
        usual: 40,
        all: 500,
    };
    worlds("imports", &scale, |seed, journal| {
        Estate::begin(seed, Line::in_process(), journal).import()
    });
}
