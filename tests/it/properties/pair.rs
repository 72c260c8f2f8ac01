//! Two stacks in one account, the name of one a prefix of the other's: `edge` and `edge-eu`. They
//! are never planned together; each knows of the other what a store tells it. Neither touches
//! anything of the other, however their manifests change and whatever people do in between.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;
use tunctl::claim::overlap;
use tunctl::plan::Policy;

use super::dice::Dice;
use super::draft::{Dns, Draft, Host, STACK, within};
use super::generate::{draft, edit};
use super::hand::Hand;
use super::snapshot::Snapshot;
use super::story::{Journal, Tally};
use crate::support::line::Line;
use crate::support::world::{Kill, World};

/// The stack whose name begins with that of the other.
const LONGER: &str = "edge-eu";

/// Patterns of both that no name fits in common; the longer stack's names fit the first pair's
/// other pattern all the same.
const OWNS: [(&[&str], &[&str]); 4] = [
    (&["edge-*", "web", "leg*"], &[]),
    (&["edge-web", "edge-o*"], &["edge-eu*"]),
    (&["edge-web", "edge-a*", "legacy"], &["edge-eu-*", "eu-*"]),
    (&[], &["edge-*", "eu-*"]),
];

/// One of the two stacks.
struct Side {
    stack: &'static str,
    draft: Draft,
    /// What the store tells others that it declares: its tunnels at its last run.
    claimed: Vec<String>,
}

/// An account that two stacks share.
pub(super) struct Pair {
    world: World,
    sides: [Side; 2],
    dice: Dice,
    tally: Tally,
    journal: Journal,
}

/// Everything that is a stack's beyond doubt, as it is: rows by table and id.
type Belongings = BTreeMap<(&'static str, String), Value>;

impl Pair {
    pub(super) fn begin(seed: u64, line: Line, journal: Journal) -> Self {
        let mut dice = Dice::new(seed);
        let (mut one, mut other) = (draft(&mut dice), draft(&mut dice));
        other.zones.clone_from(&one.zones);
        own(&mut one, &mut other, &mut dice);
        let world = World::over(line, &one.text(), &one.zones);
        let side = |stack, draft| Side {
            stack,
            draft,
            claimed: Vec::new(),
        };
        Self {
            world,
            sides: [side(STACK, one), side(LONGER, other)],
            dice,
            tally: Tally::default(),
            journal,
        }
    }

    /// Runs of both, in any order, while their manifests change.
    pub(super) fn live(mut self) -> Tally {
        for _ in 0..3 + self.dice.below(4) {
            let turn = self.dice.below(2);
            self.run(turn);
            self.run(1 - turn);
            for side in &mut self.sides {
                let (zones, owns) = (side.draft.zones.clone(), side.draft.owns.clone());
                edit(&mut side.draft, &mut self.dice);
                (side.draft.zones, side.draft.owns) = (zones, owns);
                if side.stack == LONGER {
                    apart(&mut side.draft, &mut self.dice);
                }
            }
            let draft = &self.sides[turn].draft;
            let mut hand = Hand {
                world: &self.world,
                draft,
                dice: &mut self.dice,
            };
            hand.meddle(3);
        }
        self.tally
    }

    /// A run of one stack, whatever guards say; what is the other's is as it was.
    fn run(&mut self, turn: usize) {
        let (side, other) = (&self.sides[turn], &self.sides[1 - turn]);
        let text = side.draft.text();
        let own = format!("stack: {}\n", side.stack);
        self.world
            .declare(&text.replace(&format!("stack: {STACK}\n"), &own));
        let claimed: Vec<&str> = other.claimed.iter().map(String::as_str).collect();
        self.world.elsewhere(&claimed, other.stack);
        self.world.policy = if self.dice.chance(8) {
            Policy::Destroy
        } else {
            Policy::Sync
        };
        let before = belongings(other, &self.world.state());
        writeln!(
            self.journal.borrow_mut(),
            "{} {:?}, beside {claimed:?}\n{text}---",
            side.stack,
            self.world.policy
        )
        .expect("a string takes all");
        self.world.watch();
        let outcome = self.world.apply_and_die(Kill::Never);
        for moment in self.world.watched() {
            writeln!(self.journal.borrow_mut(), "  {}", moment.call).expect("a string takes all");
        }
        let after = self.world.state();
        for ((table, id), row) in &before {
            let now = &after["tables"][table][id];
            assert_eq!(row, now, "{} has touched {table} {id}", side.stack);
        }
        self.tally.add("things of the other", before.len());
        let Some(outcome) = outcome else {
            self.tally.count("refusals");
            return;
        };
        self.tally.count("applies");
        for (change, _) in &outcome.verdicts {
            self.tally.count(change.action.name());
        }
        let claimed: Vec<String> = match self.world.policy {
            Policy::Destroy => Vec::new(),
            Policy::Sync | Policy::KeepAll | Policy::End => {
                let names = self.sides[turn].draft.tunnels.keys();
                names.map(|name| format!("tunnel.{name}")).collect()
            }
        };
        self.sides[turn].claimed = claimed;
    }
}

/// Records with its mark, whole; the living tunnels that it claims, their configurations and
/// connectors.
fn belongings(side: &Side, state: &Value) -> Belongings {
    let snapshot = Snapshot::of(state);
    let mark = format!("tunctl:{}", side.stack);
    let marked = snapshot.records.iter();
    let marked = marked.filter(|(_, it)| it.comment.split(' ').next() == Some(mark.as_str()));
    let mut all: Belongings = marked
        .map(|(id, record)| (("records", id.clone()), record.row.clone()))
        .collect();
    for (id, tunnel) in snapshot.living() {
        if !side.claimed.contains(&format!("tunnel.{}", tunnel.name)) {
            continue;
        }
        all.insert(("tunnels", id.clone()), tunnel.row.clone());
        if let Some(configuration) = snapshot.configurations.get(id) {
            all.insert(("configurations", id.clone()), configuration.clone());
        }
        let connectors = snapshot.connectors.iter();
        for (connector, (_, row)) in connectors.filter(|(_, (of, _))| of == id) {
            all.insert(("connectors", connector.clone()), row.clone());
        }
    }
    all
}

/// Patterns that do not overlap, which a real run would refuse, and names of their own.
fn own(one: &mut Draft, other: &mut Draft, dice: &mut Dice) {
    let (ours, theirs) = *dice.pick(&OWNS);
    let meet = |ours: &&str| theirs.iter().any(|theirs| overlap(ours, theirs));
    assert!(!ours.iter().any(meet), "{ours:?} and {theirs:?}");
    let texts = |patterns: &[&str]| patterns.iter().map(|it| (*it).to_owned()).collect();
    (one.owns, other.owns) = (texts(ours), texts(theirs));
    apart(other, dice);
}

/// Gives most of a manifest's tunnels and hostnames names that the other's do not have. Some stay as
/// they are, and clash.
fn apart(draft: &mut Draft, dice: &mut Dice) {
    let tunnels = std::mem::take(&mut draft.tunnels);
    for (name, mut tunnel) in tunnels {
        for former in &mut tunnel.previous {
            *former = eu(former);
        }
        let own = if dice.chance(5) { name } else { eu(&name) };
        draft.tunnels.insert(own, tunnel);
    }
    let zones = draft.zones.clone();
    for tunnel in draft.tunnels.values_mut() {
        let rules = tunnel.rules.iter_mut().flatten();
        let rules = rules.map(|rule| &mut rule.host);
        let listed: Vec<&mut Host> = match &mut tunnel.dns {
            Dns::Auto | Dns::None => Vec::new(),
            Dns::Options {
                exclude,
                hostnames,
                adopt,
            } => [exclude, hostnames, adopt].into_iter().flatten().collect(),
        };
        for host in rules.chain(listed) {
            let known = zones.iter().any(|zone| within(&host.name, zone));
            if !known || !dice.chance(5) {
                lead_away(host, zones[0]);
            }
        }
    }
    draft.correct();
}

/// Another hostname for the same thing.
fn lead_away(host: &mut Host, zone: &str) {
    if host.name.contains("theirs") {
        return;
    }
    let plain = host.name.trim_start_matches("*.").len();
    let own = format!("theirs-{plain}.{zone}");
    *host = Host {
        written: own.clone(),
        name: own,
    };
}

/// A name that only the longer stack's tunnels have, and that fits the shorter one's patterns.
fn eu(name: &str) -> String {
    if name.contains("eu") {
        return name.to_owned();
    }
    match name.split_once('-') {
        Some((head, tail)) => format!("{head}-{LONGER_TAIL}-{tail}"),
        None => format!("{LONGER_TAIL}-{name}"),
    }
}

/// What the longer name has more.
const LONGER_TAIL: &str = "eu";
