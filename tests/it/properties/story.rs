//! The life of one account: a manifest, people who meddle, another manifest, and so on; after
//! each step tunctl brings it to rest.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::rc::Rc;

use tunctl::apply::{Outcome, Verdict};
use tunctl::observe::Survey;
use tunctl::plan::fingerprint::of_plan;
use tunctl::plan::select::Selection;
use tunctl::plan::{Guard, Plan, Policy};
use tunctl::problem::Problem;

use super::check;
use super::dice::Dice;
use super::draft::{Dns, Draft};
use super::generate::{draft, edit};
use super::hand::{Hand, delete_record, stop_connectors};
use super::rights::{Cause, Right, Rights};
use super::snapshot::{Record, Snapshot};
use crate::support::line::Line;
use crate::support::world::{Kill, World, actions};

/// More rounds than any mess takes to be cleared up.
const ROUNDS: usize = 12;

/// What has happened in some worlds.
#[derive(Debug, Default, Clone)]
pub(super) struct Tally(BTreeMap<String, usize>);

impl Tally {
    pub(super) fn count(&mut self, what: &str) {
        self.add(what, 1);
    }

    pub(super) fn add(&mut self, what: &str, count: usize) {
        *self.0.entry(what.to_owned()).or_default() += count;
    }

    pub(super) fn join(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            self.add(what, *count);
        }
    }

    pub(super) fn line(&self) -> String {
        let counts = self.0.iter().map(|(what, count)| format!("{count} {what}"));
        counts.collect::<Vec<_>>().join(", ")
    }
}

/// What a failure is told with: all that was done so far.
pub(super) type Journal = Rc<RefCell<String>>;

/// One account with its manifest.
pub(super) struct Story {
    pub(super) world: World,
    pub(super) draft: Draft,
    pub(super) dice: Dice,
    pub(super) tally: Tally,
    pub(super) journal: Journal,
}

impl Story {
    /// A new account, not empty, and its first manifest.
    pub(super) fn begin(seed: u64, line: Line, journal: Journal) -> Self {
        let mut dice = Dice::new(seed);
        let draft = draft(&mut dice);
        let world = World::over(line, &draft.text(), &draft.zones);
        let mut story = Self {
            world,
            draft,
            dice,
            tally: Tally::default(),
            journal,
        };
        story.meddle(3);
        story
    }

    /// The whole life.
    pub(super) fn live(mut self) -> Tally {
        self.come_to_rest();
        for _ in 0..=self.dice.below(2) {
            self.go_on();
            if self.dice.chance(20) {
                self.do_a_part();
            }
            self.come_to_rest();
        }
        if self.dice.chance(10) {
            self.world.policy = Policy::Destroy;
            self.come_to_rest();
        }
        self.tally
    }

    /// The next commit, and what people do at the same time.
    pub(super) fn go_on(&mut self) {
        edit(&mut self.draft, &mut self.dice);
        self.declare();
        self.meddle(5);
    }

    fn meddle(&mut self, most: usize) {
        let mut hand = Hand {
            world: &self.world,
            draft: &self.draft,
            dice: &mut self.dice,
        };
        hand.meddle(most);
    }

    fn declare(&mut self) {
        self.draft.correct();
        self.world.declare(&self.draft.text());
    }

    pub(super) fn note(&self, what: &str) {
        writeln!(self.journal.borrow_mut(), "{what}").expect("a string takes all");
    }

    pub(super) fn destroy(&self) -> bool {
        self.world.policy == Policy::Destroy
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.world.state())
    }

    /// Applies until the account is as the manifest says; what stands in the way is cleared up.
    pub(super) fn come_to_rest(&mut self) {
        for _ in 0..ROUNDS {
            let planned = self.clear_the_way();
            let before = self.snapshot();
            let rights = Rights::new(&self.draft, &before, self.destroy());
            self.world.watch();
            let outcome = self.world.carry_out(&planned, &|_| {});
            let moments = self.world.watched();
            let after = self.snapshot();
            self.tally.count("applies");
            self.tally.add("writes", moments.len());
            for change in planned.1.changes() {
                self.tally.count(change.action.name());
            }
            for warning in &planned.1.warnings {
                self.tally.count(warning.code);
            }
            for moment in &moments {
                self.note(&format!("  {}", moment.call));
            }
            check::only_ours_changes(&rights, &after);
            check::nothing_dangles_because_of_us(&before, &moments, &self.spared());
            if !outcome.failed() && !outcome.pending() {
                check::nothing_is_left(&self.world);
                check::nothing_dangles(&rights, &after);
                if !self.destroy() {
                    check::the_manifest_is_in_force(&rights, &after);
                }
                return;
            }
            self.recover(&outcome, &after);
        }
        panic!("it does not come to rest");
    }

    /// Applies a part of a plan, which is safe as a whole one is.
    fn do_a_part(&mut self) {
        self.clear_the_way();
        let names = self
            .draft
            .tunnels
            .keys()
            .map(|name| format!("tunnel*.{name}"));
        let records = self.draft.records().into_keys();
        let names = names.chain(records.map(|name| format!("dns_record.{name}")));
        let all = ["dns_record.*".to_owned(), "tunnel_config.*".to_owned()];
        let pattern = self.dice.any(names.chain(all)).expect("there are some");
        let (target, exclude) = match self.dice.below(5) {
            0 | 1 => (vec![pattern], vec![]),
            2 | 3 => (vec![], vec![pattern]),
            _ => (vec![], vec![]),
        };
        self.note(&format!("only a part: {target:?} but {exclude:?}"));
        let selection = Selection::new(&target, &exclude).expect("a glob");
        if !selection.is_partial() {
            self.world.policy = Policy::KeepAll;
        }
        self.world.selection = selection;
        let before = self.snapshot();
        let (survey, plan) = self.world.try_plan().expect("the whole plan is possible");
        check::dependencies_come_first(&self.draft, &before, &plan);
        let rights = Rights::new(&self.draft, &before, false);
        check::foreign_records_are_judged(&rights, &plan);
        if !plan.findings.iter().any(|it| it.guard == Guard::Foreign) {
            self.world.watch();
            self.world.carry_out(&(survey, plan), &|_| {});
            let moments = self.world.watched();
            check::only_ours_changes(&rights, &self.snapshot());
            check::nothing_dangles_because_of_us(&before, &moments, &|_| false);
            self.tally.count("partial applies");
        }
        self.world.policy = Policy::Sync;
        self.world.selection = Selection::default();
    }

    /// Records that are let go of, or that nobody can change, may dangle, once that is allowed.
    pub(super) fn spared(&self) -> impl Fn(&Record) -> bool + use<> {
        let draft = self.draft.clone();
        move |record| {
            let mut zones = draft.zones.iter();
            let ignored = zones.any(|zone| draft.ignores(&draft.address(&record.name, zone)));
            ignored || record.locked()
        }
    }

    /// Removes every reason against a plan, and every guard that would stop it. The plan that
    /// is possible then is returned.
    pub(super) fn clear_the_way(&mut self) -> (Survey, Plan) {
        for _ in 0..ROUNDS {
            let state = self.world.state();
            let before = Snapshot::of(&state);
            let rights = Rights::new(&self.draft, &before, self.destroy());
            let causes = rights.causes();
            let planned = self.world.try_plan();
            assert_eq!(self.world.state(), state, "planning writes");
            self.tally.count("plans");
            self.note(&format!("{}---\n{}", self.draft.text(), told(&planned)));
            let (survey, plan) = match planned {
                Err(problems) => {
                    let outcome = self.world.apply_and_die(Kill::Never);
                    assert!(outcome.is_none(), "applied what cannot be planned");
                    assert_eq!(self.world.state(), state, "a refused plan writes");
                    self.excuse(&problems, causes);
                    continue;
                }
                Ok(planned) => planned,
            };
            assert_eq!(causes, BTreeSet::new(), "nothing is refused");
            check::dependencies_come_first(&self.draft, &before, &plan);
            check::protection_is_judged(&self.draft, self.destroy(), &plan);
            check::foreign_records_are_judged(&rights, &plan);
            // Often enough, and a third of the time that a world takes.
            if self.dice.chance(40) {
                self.order_means_nothing(&plan);
            }
            if !self.stopped_by_a_guard(&plan, &before) {
                return (survey, plan);
            }
        }
        panic!("there is always something in the way");
    }

    /// The same manifest in another order and other files gives the same plan.
    fn order_means_nothing(&mut self, plan: &Plan) {
        let files = self.draft.jumbled(&mut self.dice);
        self.note(&format!("the same in {} files", files.len()));
        let other = self.world.with_files(files, World::plan);
        assert_eq!(actions(plan), actions(&other), "the order of keys or files");
        assert_eq!(of_plan(plan), of_plan(&other), "the order of keys or files");
        self.tally.count("reorderings");
    }

    /// Every problem has a cause; all causes are cleared up.
    fn excuse(&mut self, problems: &[Problem], causes: BTreeSet<Cause>) {
        let known: BTreeSet<&str> = causes.iter().map(Cause::code).collect();
        for problem in problems {
            assert!(known.contains(problem.code), "no cause for {problem:#?}");
            self.tally.count(problem.code);
        }
        for cause in causes {
            match cause {
                Cause::Foreign { name, .. } if self.dice.chance(50) => self.adopt(&name),
                Cause::Foreign { record, .. }
                | Cause::OtherStack { record }
                | Cause::Locked { record } => delete_record(&self.world, &record),
                Cause::Immutable { tunnel } => {
                    let tunnel = self.draft.tunnels.get_mut(&tunnel).expect("it is declared");
                    tunnel.local = !tunnel.local;
                }
                Cause::Rename { tunnel } => {
                    let tunnel = self.draft.tunnels.get_mut(&tunnel).expect("it is declared");
                    tunnel.previous.clear();
                }
                Cause::Stranded => self.draft.ignore.clear(),
            }
        }
        self.declare();
    }

    /// Allows to take over a record.
    fn adopt(&mut self, name: &str) {
        let maker = self.draft.records().remove(name).expect("it is declared");
        let tunnel = self
            .draft
            .tunnels
            .get_mut(&maker.tunnel)
            .expect("it is declared");
        let host = super::draft::Host {
            written: name.to_owned(),
            name: name.to_owned(),
        };
        if let Dns::Options { adopt, .. } = &mut tunnel.dns {
            adopt.push(host);
        } else {
            tunnel.dns = Dns::Options {
                exclude: Vec::new(),
                hostnames: Vec::new(),
                adopt: vec![host],
            };
        }
    }

    /// Whether a guard forbids the plan that no count lifts; if so, its reason is removed.
    /// `foreign` may be allowed instead.
    fn stopped_by_a_guard(&mut self, plan: &Plan, before: &Snapshot) -> bool {
        let has = |guard| plan.findings.iter().any(|it| it.guard == guard);
        if has(Guard::Protect) {
            self.tally.count("protections");
            self.draft.protected.clear();
            for tunnel in self.draft.tunnels.values_mut() {
                tunnel.protect = false;
            }
            self.declare();
            return true;
        }
        if !has(Guard::Foreign) {
            return false;
        }
        self.tally.count("foreign references");
        if self.dice.chance(30) {
            return false;
        }
        let rights = Rights::new(&self.draft, before, self.destroy());
        for (id, record) in &before.records {
            let goes =
                |id: &str| before.tunnels.contains_key(id) && rights.of_tunnel(id) == Right::Delete;
            if rights.of_record(record) == Right::Keep && record.tunnel().is_some_and(goes) {
                delete_record(&self.world, id);
            }
        }
        true
    }

    /// Sees to it that what failed or waits can be done. Nothing fails without a reason.
    fn recover(&mut self, outcome: &Outcome, after: &Snapshot) {
        const ACTIVE: &str = "TUNNEL_STOP_PENDING_ACTIVE_CONNECTIONS";
        for (change, verdict) in &outcome.verdicts {
            let code = match verdict {
                Verdict::Done | Verdict::Skipped(_) => continue,
                Verdict::Failed(failure) => failure.code.as_str(),
                Verdict::Pending { code, .. } => code,
                Verdict::Moved(_) => "moved",
                Verdict::Kept(_) => "kept",
                Verdict::Stopped => "stopped",
            };
            let connected = code == ACTIVE && !after.connectors.is_empty();
            assert!(connected, "{}: {verdict:#?}", change.address);
            self.tally.count("drains");
        }
        stop_connectors(&self.world);
    }
}

fn told(planned: &Result<(Survey, Plan), Vec<Problem>>) -> String {
    match planned {
        Ok((_, plan)) => format!("{:#?}", actions(plan)),
        Err(problems) => format!("{problems:#?}"),
    }
}
