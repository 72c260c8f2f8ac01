//! A Cloudflare account in process: the emulator without a socket, which remembers what it was
//! asked and what it answered.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tunctl::api::{Call, Reply, Wire, WireError};
use tunctl::apply::{Desk, Executor, Ledger, Stop};
use tunctl::emulator::{self, DEFAULT_ACCOUNT, Rate, World};
use tunctl::manifest::Manifest;
use tunctl::request::Method;
use tunctl::secret::Delivery;
use tunctl::teardown::Actor;

use super::Failure;
use super::estate::{self, Planned, Size};
use super::stopwatch::Jumping;

/// One request with its answer.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) reply: Reply,
}

/// An account, shared by its clones.
#[derive(Clone)]
pub(crate) struct Account {
    world: Rc<RefCell<World>>,
    seen: Rc<RefCell<Vec<Exchange>>>,
}

impl Account {
    /// An account that has the zones of an estate, and nothing in them.
    pub(crate) fn new(size: Size) -> Self {
        let mut world = World::with_seed(1);
        world.set_rate(Rate {
            enforced: false,
            ..Rate::default()
        });
        for number in 0..size.zones {
            world.ensure_zone(DEFAULT_ACCOUNT, &Size::zone(number));
        }
        Self {
            world: Rc::new(RefCell::new(world)),
            seen: Rc::default(),
        }
    }

    /// What has been asked since the last call of this.
    pub(crate) fn seen(&self) -> Vec<Exchange> {
        self.seen.take()
    }

    /// Plans against the account.
    pub(crate) fn plan(&self, manifest: &Manifest) -> Result<Planned, Failure> {
        estate::plan(&estate::client(self.clone())?, manifest)
    }

    /// Carries a plan out, whatever guards say.
    pub(crate) fn apply(&self, manifest: &Manifest, planned: &Planned) -> Result<(), Failure> {
        let client = estate::client(self.clone())?;
        let (clock, actor) = (Jumping::default(), Actor::default());
        let desk = Desk {
            store: None,
            account: &manifest.account,
            stack: &manifest.ownership.stack,
            actor: &actor,
        };
        let ledger = Ledger::new(desk, &clock, planned.survey.observed.at, []);
        let executor = Executor {
            client: &client,
            clock: &clock,
            ledger: &ledger,
            survey: &planned.survey,
            desired: &manifest.desired,
            ownership: &manifest.ownership,
            delivery: &Delivery::default(),
            converge: Duration::ZERO,
            stop: &Stop::default(),
            on: &|_| {},
        };
        let outcome = futures::executor::block_on(executor.apply(&planned.plan));
        if outcome.failed() {
            return Err("the plan could not be carried out".into());
        }
        Ok(())
    }
}

impl Wire for Account {
    async fn exchange(&self, call: Call) -> Result<Reply, WireError> {
        let path = format!("/client/v4{}", call.target);
        let mut sent = emulator::Call::new(call.method.as_str(), &path);
        for (name, value) in &call.headers {
            sent = sent.header(name, value);
        }
        sent.body = call.body.unwrap_or_default();
        let answer = self.world.borrow_mut().answer(&sent);
        let headers = answer.headers.into_iter();
        let reply = Reply {
            status: answer.status,
            headers: headers
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect(),
            body: answer.body,
        };
        self.seen.borrow_mut().push(Exchange {
            method: call.method,
            target: call.target,
            reply: reply.clone(),
        });
        Ok(reply)
    }
}
