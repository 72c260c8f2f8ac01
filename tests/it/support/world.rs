//! A manifest and the account that it speaks of: converge, perturb one thing, look at the plan.
//! The account is the emulator's own service, in process; the client is the real one.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::{Value, json};
use tempfile::TempDir;
use tunctl::address::Address;
use tunctl::api::{Client, Clock, Credentials, Settings, Wire};
use tunctl::apply::{Desk, Event, Executor, Ledger, Outcome, Stop};
use tunctl::emulator;
use tunctl::kind::{KINDS, Reach};
use tunctl::manifest::yaml::Budget;
use tunctl::manifest::{self, Manifest};
use tunctl::observe::{self, Survey, Wanted};
use tunctl::plan::base::{Base, Reads};
use tunctl::plan::select::Selection;
use tunctl::plan::{Input, Plan, Policy};
use tunctl::problem::Problem;
use tunctl::secret::Delivery;
use tunctl::snapshot::{self, NoWaiting, Replay, Snapshot};
use tunctl::source::Sources;
use tunctl::teardown::Actor;

pub(crate) use super::by_hand::{WEB, edge, keeping, mesh, scrubbed};
pub(crate) use super::line::{Kill, Line, Moment};

/// The account of every test manifest.
pub(crate) const ACCOUNT: &str = emulator::DEFAULT_ACCOUNT;

/// A commit that nobody looks for.
const COMMIT: &str = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";

/// The default of `--converge-timeout`.
const CONVERGE: Duration = Duration::from_mins(1);

/// A clock that jumps: sleeping costs nothing.
#[derive(Debug, Default)]
struct Jumping(std::sync::Mutex<Duration>);

impl Clock for Jumping {
    fn now(&self) -> Duration {
        *self.0.lock().expect("no sleeper panics")
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        *self.0.lock().expect("no sleeper panics") += duration;
        Box::pin(std::future::ready(()))
    }
}

/// An account and a manifest.
pub(crate) struct World {
    line: Line,
    pub(super) files: Vec<String>,
    understood: OnceCell<(Rc<Manifest>, Option<Rc<Base>>)>,
    /// What the manifest was at the base, and how much is read.
    before: Option<(String, Reads)>,
    elsewhere: BTreeMap<Address, String>,
    pub(crate) policy: Policy,
    pub(crate) selection: Selection,
    /// Whose secret is to be made anew.
    pub(crate) rotate: Option<Address>,
    /// Where file sinks are; nowhere, if there are none.
    pub(crate) sinks: Option<Rc<TempDir>>,
    /// `--converge-timeout`.
    pub(crate) converge: Duration,
}

impl World {
    /// An account with the given zones and nothing else.
    pub(crate) fn new(manifest: &str, zones: &[&str]) -> Self {
        Self::over(Line::in_process(), manifest, zones)
    }

    /// The same, at the end of a line.
    pub(crate) fn over(line: Line, manifest: &str, zones: &[&str]) -> Self {
        let world = Self {
            line,
            files: vec![manifest.to_owned()],
            understood: OnceCell::new(),
            before: None,
            elsewhere: BTreeMap::new(),
            policy: Policy::Sync,
            selection: Selection::default(),
            rotate: None,
            sinks: sinks_of(manifest),
            converge: CONVERGE,
        };
        for zone in zones {
            world.zone(zone);
        }
        world
    }

    /// Another account in process that is as this one, with the same manifest.
    pub(crate) fn fork(&self) -> Self {
        Self {
            line: self.line.fork(),
            files: self.files.clone(),
            understood: self.understood.clone(),
            before: self.before.clone(),
            elsewhere: self.elsewhere.clone(),
            policy: self.policy,
            selection: self.selection.clone(),
            rotate: self.rotate.clone(),
            sinks: self.sinks.clone(),
            converge: self.converge,
        }
    }

    /// An account that is as the manifest says.
    pub(crate) fn converged(manifest: &str, zones: &[&str]) -> Self {
        let world = Self::new(manifest, zones);
        let outcome = world.apply();
        assert!(!outcome.failed(), "{outcome:#?}");
        world.forget_requests();
        world
    }

    /// Another manifest for the same account.
    pub(crate) fn declare(&mut self, manifest: &str) -> &mut Self {
        self.files = vec![manifest.to_owned()];
        self.understood = OnceCell::new();
        self
    }

    /// The same manifest in several files, understood anew, while something is done.
    pub(crate) fn with_files<T>(&mut self, files: Vec<String>, run: impl FnOnce(&Self) -> T) -> T {
        let own = std::mem::replace(&mut self.files, files);
        let understood = std::mem::take(&mut self.understood);
        let done = run(self);
        (self.files, self.understood) = (own, understood);
        done
    }

    /// Sends a call to the account, past tunctl: by hand.
    pub(crate) fn by_hand(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.ask(method, path, body);
        answer.unwrap_or_else(|refusal| panic!("{method} {path}: {refusal}"))
    }

    /// The same, for what may be refused. `None` if it was.
    pub(crate) fn try_by_hand(&self, method: &str, path: &str, body: &Value) -> Option<Value> {
        self.ask(method, path, body).ok()
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let target = if path.starts_with("/_emulator") {
            path.to_owned()
        } else {
            format!("/client/v4{path}")
        };
        let mut call = emulator::Call::new(method, &target).header("authorization", "Bearer hand");
        if !body.is_null() {
            call.body = body.to_string().into_bytes();
        }
        let reply = self.line.answer(&call);
        if reply.status < 300 {
            Ok(serde_json::from_slice(&reply.body).unwrap_or(Value::Null))
        } else {
            Err(String::from_utf8_lossy(&reply.body).into_owned())
        }
    }

    /// Asks the account as somebody else.
    pub(crate) fn answer(&self, call: &emulator::Call) -> emulator::Reply {
        self.line.answer(call)
    }

    /// Lets another manifest of the same run declare some addresses.
    pub(crate) fn elsewhere(&mut self, addresses: &[&str], stack: &str) -> &mut Self {
        let addresses = addresses.iter().map(|it| Address::parse(it).unwrap());
        self.elsewhere = addresses.map(|it| (it, stack.to_owned())).collect();
        self.understood = OnceCell::new();
        self
    }

    /// From now on the manifest is compared with what it was.
    pub(crate) fn since(&mut self, before: &str, reads: Reads) -> &mut Self {
        self.before = Some((before.to_owned(), reads));
        self.understood = OnceCell::new();
        self
    }

    /// The manifest, understood.
    pub(crate) fn manifest(&self) -> Rc<Manifest> {
        Rc::clone(&self.understood().0)
    }

    fn understood(&self) -> &(Rc<Manifest>, Option<Rc<Base>>) {
        self.understood.get_or_init(|| {
            let manifest = understand(&self.files);
            let mut manifest = manifest.unwrap_or_else(|problems| panic!("{problems:#?}"));
            manifest.ownership.elsewhere.clone_from(&self.elsewhere);
            let base = self.before.as_ref().map(|(before, reads)| {
                let then = understand(std::slice::from_ref(before)).expect("it was valid");
                let now = (&manifest.desired, &manifest.ownership);
                Base::new(COMMIT, (then.desired, then.ownership), now, *reads)
            });
            manifest.ownership.dropped = base.as_ref().map(|base| base.dropped().clone());
            (Rc::new(manifest), base.map(Rc::new))
        })
    }

    fn client(&self) -> Client<Line> {
        let settings = Settings {
            clock: Arc::new(Jumping::default()),
            ..Settings::default()
        };
        Client::new(
            self.line.clone(),
            Credentials::token("test").expect("a token"),
            settings,
        )
    }

    /// Everything that a manifest of a stack could speak of.
    pub(crate) fn inventory(&self, stack: &str) -> Survey {
        let client = self.client();
        let reading = observe::inventory(&client, ACCOUNT, stack);
        self.line.run(reading).expect("it lives").unwrap()
    }

    /// The plan with everything that it was made from, or why there is none.
    pub(crate) fn try_plan(&self) -> Result<(Survey, Plan), Vec<Problem>> {
        self.plan_through(&self.client())
    }

    /// A snapshot of the account, written down and read again.
    pub(crate) fn snapshot(&self) -> Result<Snapshot, Vec<Problem>> {
        let client = self.client();
        let taking = snapshot::take(&client, ACCOUNT, self.line.time());
        let taken = self.line.run(taking).expect("it lives");
        let unread = |error: observe::ObserveError| Problem::new("test::unread", error.to_string());
        let (taken, _) = taken.map_err(|error| vec![unread(error)])?;
        let text = taken.to_text().expect("text keys");
        assert_eq!(Snapshot::from_text(&text).as_ref(), Ok(&taken));
        Ok(taken)
    }

    /// The plan from a snapshot that is taken now, or why there is none.
    pub(crate) fn try_plan_from_snapshot(&self) -> Result<(Survey, Plan), Vec<Problem>> {
        let settings = Settings {
            clock: Arc::new(NoWaiting::default()),
            ..Settings::default()
        };
        let nobody = Credentials::token("nobody").expect("a token");
        let replay = Replay::new(self.snapshot()?);
        self.plan_through(&Client::new(replay, nobody, settings))
    }

    fn plan_through<W: Wire>(&self, client: &Client<W>) -> Result<(Survey, Plan), Vec<Problem>> {
        let manifest = self.manifest();
        let base = self.understood().1.as_deref();
        let wanted = Wanted {
            desired: &manifest.desired,
            ownership: &manifest.ownership,
            reach: base.map_or(Reach::Needed, Base::reach),
        };
        let reading = observe::observe_part(client, &manifest.account, wanted);
        let mut survey = self
            .line
            .run(reading)
            .ok_or_else(|| vec![Problem::new("test::dead", "the process is dead")])?
            .map_err(|error| vec![Problem::new("test::unread", error.to_string())])?;
        survey.observed.at = self.line.time();
        self.look_into_sinks(&mut survey);
        let plan = tunctl::plan::plan(&Input {
            kinds: KINDS,
            scope: &survey.scope,
            desired: &manifest.desired,
            observed: &survey.observed,
            ownership: &manifest.ownership,
            limits: &manifest.limits,
            policy: self.policy,
            selection: &self.selection,
            rotate: self.rotate.as_ref(),
            base,
        })?;
        Ok((survey, plan))
    }

    /// The way to the sinks.
    pub(crate) fn delivery(&self) -> Delivery {
        let Some(directory) = &self.sinks else {
            return Delivery::default();
        };
        let sinks = self.manifest().sinks.clone();
        let manifest = directory.path().join("tunctl.yaml");
        Delivery::new(sinks, &manifest, Duration::from_mins(1))
    }

    /// Notes which secrets are in their sinks, as commands do it.
    fn look_into_sinks(&self, survey: &mut Survey) {
        let (manifest, delivery) = (self.manifest(), self.delivery());
        for (address, declared) in &manifest.desired.resources {
            let id = survey.observed.at(address).first().map(|it| it.id.clone());
            let keeping = declared.lifecycle.keeping.as_ref();
            let seen = keeping.map(|it| delivery.peek(&it.sink, address, id.as_ref()));
            if let Some(Ok(Some(presence))) = seen {
                survey.observed.kept.insert(address.clone(), presence);
            }
        }
    }

    /// The plan.
    pub(crate) fn plan(&self) -> Plan {
        let planned = self.try_plan();
        planned.map_or_else(|problems| panic!("{problems:#?}"), |(_, plan)| plan)
    }

    /// The problems that forbid a plan.
    pub(crate) fn refusal(&self) -> Vec<Problem> {
        self.try_plan()
            .map(|(_, plan)| plan)
            .expect_err("there is a plan")
    }

    /// Carries out the plan, whatever guards say.
    pub(crate) fn apply(&self) -> Outcome {
        self.apply_and_die(Kill::Never).expect("a plan")
    }

    /// Carries out the plan; the process dies on the way. `None` if it did.
    pub(crate) fn apply_and_die(&self, kill: Kill) -> Option<Outcome> {
        self.line.sent.set(0);
        self.line.kill.set(kill);
        let planned = self.try_plan().ok();
        let outcome =
            planned.and_then(|(survey, plan)| self.try_carry_out((&survey, &plan), &|_| {}));
        self.line.kill.set(Kill::Never);
        self.line.dead.set(false);
        outcome
    }

    /// Carries out a plan that was made before, telling of everything that happens.
    pub(crate) fn carry_out(
        &self,
        (survey, plan): &(Survey, Plan),
        on: &dyn Fn(&Event<'_>),
    ) -> Outcome {
        self.try_carry_out((survey, plan), on).expect("it lives")
    }

    /// The same. `None` if the process died on the way.
    fn try_carry_out(
        &self,
        (survey, plan): (&Survey, &Plan),
        on: &dyn Fn(&Event<'_>),
    ) -> Option<Outcome> {
        let manifest = self.manifest();
        let client = self.client();
        let (clock, actor) = (Jumping::default(), Actor::default());
        let desk = Desk {
            store: None,
            account: &manifest.account,
            stack: &manifest.ownership.stack,
            actor: &actor,
        };
        let ledger = Ledger::new(desk, &clock, survey.observed.at, []);
        let executor = Executor {
            client: &client,
            clock: &clock,
            ledger: &ledger,
            survey,
            desired: &manifest.desired,
            ownership: &manifest.ownership,
            delivery: &self.delivery(),
            converge: self.converge,
            stop: &Stop::default(),
            on,
        };
        self.line.run(executor.apply(plan))
    }

    /// From now on the server lies: the function changes the `result` of each answer.
    pub(crate) fn lie(&self, lie: impl FnMut(&str, &str, &mut Value) + 'static) {
        self.line.lie(lie);
    }

    /// From now on it tells the truth.
    pub(crate) fn be_honest(&self) {
        self.line.lie(|_, _, _| ());
    }

    /// Requests of the last run, reads included.
    pub(crate) fn sent(&self) -> usize {
        self.line.sent.get()
    }

    /// Empties the emulator's request log.
    pub(crate) fn forget_requests(&self) {
        self.by_hand("DELETE", "/_emulator/requests", &Value::Null);
    }

    /// The emulator's request log.
    pub(crate) fn requests(&self) -> Vec<Value> {
        let log = self.by_hand("GET", "/_emulator/requests", &Value::Null);
        log["result"]["requests"].as_array().unwrap().clone()
    }

    /// Everything that the account holds of one path.
    pub(crate) fn live(&self, path: &str) -> Vec<Value> {
        let answer = self.by_hand("GET", path, &Value::Null);
        answer["result"].as_array().cloned().unwrap_or_default()
    }

    /// The id of a zone, which is made if there is none.
    pub(crate) fn zone(&self, name: &str) -> String {
        let zones = self.live("/_emulator/zones");
        let known = zones.iter().find(|zone| zone["name"] == name);
        let made = || {
            let zone =
                json!({"name": name, "account": ACCOUNT, "created_on": "2024-01-01T00:00:00Z"});
            self.by_hand("POST", "/_emulator/zones", &zone)["result"].clone()
        };
        let zone = known.cloned().unwrap_or_else(made);
        zone["id"].as_str().expect("a zone has an id").to_owned()
    }

    /// Everything that the emulator knows.
    pub(crate) fn state(&self) -> Value {
        self.line.state()
    }

    /// From now on, what the account is after each write is remembered.
    pub(crate) fn watch(&self) {
        self.line.watch();
    }

    /// What has been remembered; nothing is any more.
    pub(crate) fn watched(&self) -> Vec<Moment> {
        self.line.watched()
    }
}

/// A directory for the files of sinks, if there are any.
fn sinks_of(manifest: &str) -> Option<Rc<TempDir>> {
    let directory = || Rc::new(tempfile::tempdir().expect("a directory"));
    manifest.contains("sinks:").then(directory)
}

/// Files as one manifest.
pub(super) fn understand(files: &[String]) -> Result<Manifest, Vec<Problem>> {
    let variables = BTreeMap::from([("CLOUDFLARE_ACCOUNT_ID".to_owned(), ACCOUNT.to_owned())]);
    let (mut sources, mut budget) = (Sources::default(), Budget::default());
    let documents = files.iter().enumerate().map(|(index, text)| {
        let name = match index {
            0 => "tunctl.yaml".to_owned(),
            index => format!("part-{index}.yaml"),
        };
        manifest::open(
            &mut sources,
            &name,
            text.as_bytes(),
            &variables,
            &mut budget,
        )
    });
    manifest::load(documents.collect())
}

/// Every change as `address: action`, in the order in which it is carried out.
pub(crate) fn actions(plan: &Plan) -> Vec<String> {
    let changes = plan.changes();
    changes
        .map(|it| format!("{}: {}", it.address, it.action.name()))
        .collect()
}

/// A record as one makes it by hand.
pub(crate) fn record(kind: &str, name: &str, content: &str) -> Value {
    json!({"type": kind, "name": name, "content": content})
}
