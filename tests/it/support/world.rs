//! A manifest and the account that it speaks of: converge, perturb one thing, look at the plan.
//! The account is the emulator's own service, in process; the client is the real one.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tunctl::api::{Call, Client, Clock, Credentials, Reply, Settings, Wire, WireError};
use tunctl::apply::{Executor, Outcome};
use tunctl::emulator;
use tunctl::kind::KINDS;
use tunctl::manifest::yaml::Budget;
use tunctl::manifest::{self, Manifest};
use tunctl::observe::{self, Survey};
use tunctl::plan::select::Selection;
use tunctl::plan::{Input, Plan, Policy};
use tunctl::problem::Problem;
use tunctl::source::Sources;

/// The account of every test manifest.
pub(crate) const ACCOUNT: &str = emulator::DEFAULT_ACCOUNT;

/// When the process dies, in requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kill {
    /// Never.
    Never,
    /// The request with this number, from 0, and all later ones are not sent.
    Before(usize),
    /// The request with this number is carried out, its answer is lost, and no later one is sent.
    After(usize),
}

/// The emulator's service behind the client's own interface.
#[derive(Clone)]
pub(crate) struct InProcess {
    world: Rc<RefCell<emulator::World>>,
    kill: Rc<Cell<Kill>>,
    sent: Rc<Cell<usize>>,
}

impl Wire for InProcess {
    async fn exchange(&self, call: Call) -> Result<Reply, WireError> {
        let number = self.sent.get();
        self.sent.set(number + 1);
        let dead = || WireError::Unsendable("the process is dead".to_owned());
        let lost = match self.kill.get() {
            Kill::Before(last) if number >= last => return Err(dead()),
            Kill::After(last) if number > last => return Err(dead()),
            Kill::After(last) => number == last,
            Kill::Before(_) | Kill::Never => false,
        };
        let target = format!("/client/v4{}", call.target);
        let mut sent = emulator::Call::new(call.method.as_str(), &target);
        for (name, value) in &call.headers {
            sent = sent.header(name, value);
        }
        sent.body = call.body.unwrap_or_default();
        let reply = self.world.borrow_mut().answer(&sent);
        if lost || reply.reset {
            return Err(WireError::Broken("reset".to_owned()));
        }
        Ok(Reply {
            status: reply.status,
            headers: reply.headers,
            body: reply.body,
        })
    }
}

/// A clock that jumps: sleeping costs nothing.
#[derive(Debug, Default)]
struct Jumping(std::sync::Mutex<Duration>);

impl Clock for Jumping {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        *self.0.lock().unwrap() += duration;
        Box::pin(std::future::ready(()))
    }
}

/// An account and a manifest.
pub(crate) struct World {
    wire: InProcess,
    manifest: String,
    pub(crate) policy: Policy,
    pub(crate) selection: Selection,
}

impl World {
    /// An account with the given zones and nothing else.
    pub(crate) fn new(manifest: &str, zones: &[&str]) -> Self {
        let mut world = emulator::World::with_seed(1);
        for zone in zones {
            world.ensure_zone(ACCOUNT, zone);
        }
        let unlimited = emulator::Rate {
            enforced: false,
            ..emulator::Rate::default()
        };
        world.set_rate(unlimited);
        Self {
            wire: InProcess {
                world: Rc::new(RefCell::new(world)),
                kill: Rc::new(Cell::new(Kill::Never)),
                sent: Rc::new(Cell::new(0)),
            },
            manifest: manifest.to_owned(),
            policy: Policy::Sync,
            selection: Selection::default(),
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
        manifest.clone_into(&mut self.manifest);
        self
    }

    /// Sends a call to the account, past tunctl: by hand.
    pub(crate) fn by_hand(&self, method: &str, path: &str, body: &Value) -> Value {
        let target = if path.starts_with("/_emulator") {
            path.to_owned()
        } else {
            format!("/client/v4{path}")
        };
        let mut call = emulator::Call::new(method, &target).header("authorization", "Bearer hand");
        if !body.is_null() {
            call.body = body.to_string().into_bytes();
        }
        let reply = self.wire.world.borrow_mut().answer(&call);
        assert!(
            reply.status < 300,
            "{}",
            String::from_utf8_lossy(&reply.body)
        );
        serde_json::from_slice(&reply.body).unwrap_or(Value::Null)
    }

    /// The manifest, understood.
    pub(crate) fn manifest(&self) -> Manifest {
        let variables = BTreeMap::from([("CLOUDFLARE_ACCOUNT_ID".to_owned(), ACCOUNT.to_owned())]);
        let (mut sources, mut budget) = (Sources::default(), Budget::default());
        let bytes = self.manifest.as_bytes();
        let document = manifest::open(&mut sources, "tunctl.yaml", bytes, &variables, &mut budget);
        manifest::load(vec![document]).unwrap_or_else(|problems| panic!("{problems:#?}"))
    }

    fn client(&self) -> Client<InProcess> {
        let settings = Settings {
            clock: Arc::new(Jumping::default()),
            ..Settings::default()
        };
        Client::new(
            self.wire.clone(),
            Credentials::token("test").unwrap(),
            settings,
        )
    }

    /// The plan with everything that it was made from, or why there is none.
    pub(crate) fn try_plan(&self) -> Result<(Survey, Plan), Vec<Problem>> {
        let manifest = self.manifest();
        let client = self.client();
        let reading = observe::observe(
            &client,
            &manifest.account,
            &manifest.desired,
            &manifest.ownership,
        );
        let survey = block_on(reading)
            .map_err(|error| vec![Problem::new("test::unread", error.to_string())])?;
        let plan = tunctl::plan::plan(&Input {
            kinds: KINDS,
            scope: &survey.scope,
            desired: &manifest.desired,
            observed: &survey.observed,
            ownership: &manifest.ownership,
            limits: &manifest.limits,
            policy: self.policy,
            selection: &self.selection,
        })?;
        Ok((survey, plan))
    }

    /// The plan.
    pub(crate) fn plan(&self) -> Plan {
        let planned = self.try_plan();
        planned
            .map(|(_, plan)| plan)
            .unwrap_or_else(|problems| panic!("{problems:#?}"))
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

    /// Carries out the plan; the process dies on the way. `None` if it died before it had one.
    pub(crate) fn apply_and_die(&self, kill: Kill) -> Option<Outcome> {
        self.wire.sent.set(0);
        self.wire.kill.set(kill);
        let planned = self.try_plan();
        let outcome = planned.ok().map(|(survey, plan)| {
            let manifest = self.manifest();
            let client = self.client();
            let executor = Executor {
                client: &client,
                clock: &Jumping::default(),
                survey: &survey,
                desired: &manifest.desired,
                ownership: &manifest.ownership,
                on: &|_| {},
            };
            block_on(executor.apply(&plan))
        });
        self.wire.kill.set(Kill::Never);
        outcome
    }

    /// Requests of the last run, reads included.
    pub(crate) fn sent(&self) -> usize {
        self.wire.sent.get()
    }

    /// Empties the emulator's request log.
    pub(crate) fn forget_requests(&self) {
        self.by_hand("DELETE", "/_emulator/requests", &Value::Null);
    }

    /// The emulator's request log.
    pub(crate) fn requests(&self) -> Vec<Value> {
        let log = self.by_hand("GET", "/_emulator/requests", &Value::Null);
        log["result"].as_array().cloned().unwrap_or_default()
    }

    /// Everything that the account holds of one path.
    pub(crate) fn live(&self, path: &str) -> Vec<Value> {
        let answer = self.by_hand("GET", path, &Value::Null);
        answer["result"].as_array().cloned().unwrap_or_default()
    }

    /// The id of a zone.
    pub(crate) fn zone(&self, name: &str) -> String {
        self.wire.world.borrow_mut().ensure_zone(ACCOUNT, name)
    }
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
