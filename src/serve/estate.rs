//! One tunnel of the service at Cloudflare: made and ended by a plan of its own, which reads what
//! that one tunnel needs and not the whole account.

mod look;
mod words;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::record::{Record, Stopping};
use super::refusal::Refusal;
use super::wish;
use crate::address::{Address, RemoteId};
use crate::api::wire::Wire;
use crate::api::{Client, Clock};
use crate::apply::{Desk, Executor, Ledger, Outcome, Stop};
use crate::cloudflare::Secret;
use crate::cloudflare::tunnel::{self, Filter};
use crate::desired::{Desired, Drain};
use crate::kind::dns_record::DnsRecord;
use crate::kind::tunnel::Tunnel;
use crate::kind::{KINDS, Kind as _};
use crate::limits::Limits;
use crate::observe::Survey;
use crate::observed::Owner;
use crate::ownership::{Ending, Ownership};
use crate::plan::select::Selection;
use crate::plan::{self, Input, Plan, Policy};
use crate::scope::Scope;
use crate::secret::Delivery;
use crate::store::{Clocks, Store};
use crate::teardown::{Actor, Teardown};
use words::{REFUSED, failure, left, refusal, unended, unplanned, unread};

/// How an attempt to end a tunnel ended.
#[derive(Debug)]
pub enum End {
    /// Nothing is left of it.
    Gone,
    /// Something is, and this is why.
    Later(Refusal),
}

/// What a create that failed may have left at Cloudflare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Nothing: it was refused, so a tunnel of that name is somebody else's.
    Nothing,
    /// A tunnel, perhaps.
    Something,
}

/// The tunnels of a service at Cloudflare.
pub struct Estate<'a, W: Wire> {
    /// Where requests go.
    pub client: &'a Client<W>,
    /// For waiting.
    pub clock: &'a dyn Clock,
    /// For the time of day.
    pub clocks: Arc<dyn Clocks>,
    /// Where journal and audit log are.
    pub store: &'a Store,
    /// The account's id.
    pub account: String,
    /// The stack's name.
    pub stack: String,
    /// What an end does with live connections.
    pub drain: Drain,
    /// The account's zones, once they were read.
    pub scope: RefCell<Option<Scope>>,
}

impl<W: Wire> Estate<'_, W> {
    /// Looks whether a tunnel's name is free, and hands back what making it needs.
    ///
    /// # Errors
    /// If somebody else's tunnel has the name, or Cloudflare does not answer.
    pub async fn vacant(&self, record: &Record) -> Result<(Survey, Desired), Refusal> {
        let desired = wish::of(record, &self.account, &self.stack);
        let desired = desired.map_err(|problems| unplanned(&problems))?;
        let survey = self.look(record, &desired, &self.ownership()).await;
        let survey = survey.map_err(|error| unread(&error))?;
        let address = Tunnel::address(&record.name(&self.stack));
        if survey.observed.at(&address).is_empty() {
            return Ok((survey, desired));
        }
        let message = "A tunnel of this name is at Cloudflare already, and is not this service's.";
        Err(Refusal::new(409, "TUNNEL_SLUG_CONFLICT", message))
    }

    /// Makes a tunnel, its configuration and its record.
    ///
    /// # Errors
    /// If any of it was not made, and whether there may be a tunnel all the same.
    pub async fn make(
        &self,
        survey: &Survey,
        desired: &Desired,
        actor: &Actor,
    ) -> Result<(), (Refusal, Left)> {
        let ownership = self.ownership();
        let plan = planned(survey, desired, &ownership, Policy::KeepAll);
        let plan = plan.map_err(|refusal| (refusal, Left::Nothing))?;
        let ledger = self.ledger(actor).of_plan(&plan);
        // What has begun is finished: half a tunnel is of no use to anybody.
        let (calm, run) = (Stop::default(), (survey, desired, &ownership));
        let outcome = self.carry_out(&plan, run, (&ledger, &calm)).await;
        if outcome.is_complete() {
            Ok(())
        } else {
            Err((
                refusal("CLOUDFLARE_ERROR", failure(&outcome)),
                left(&outcome),
            ))
        }
    }

    /// The id of a tunnel that was made, and what its connector runs with.
    ///
    /// # Errors
    /// If Cloudflare does not show them.
    pub async fn token(&self, record: &Record) -> Result<(RemoteId, Secret), Refusal> {
        let named = Filter {
            name: Some(record.name(&self.stack)),
            ..Filter::default()
        };
        let found = self.client.read(&tunnel::list(&self.account, &named)).await;
        let found = found.map_err(|error| unread(&error.into()))?;
        let [tunnel] = found.as_slice() else {
            let message = "Cloudflare does not show the tunnel that it made.";
            return Err(Refusal::new(502, "CLOUDFLARE_ERROR", message));
        };
        let token = self
            .client
            .run(&tunnel::token(&self.account, &tunnel.id))
            .await;
        let token = token.map_err(|error| unread(&error.into()))?;
        Ok((tunnel.id.clone(), token))
    }

    /// Ends a tunnel: its records, then its connections, then itself; and tells the audit log.
    pub async fn end(&self, record: &Record, stop: &Stop) -> End {
        let Some(stopping) = &record.stopping else {
            return End::Later(Refusal::unavailable("Nobody has asked for its end."));
        };
        if !record.sent {
            // Nothing of it was ever asked for.
            return End::Gone;
        }
        match self.ending(record, stopping, stop).await {
            Ok(()) => End::Gone,
            Err(refusal) => End::Later(refusal),
        }
    }

    async fn ending(
        &self,
        record: &Record,
        stopping: &Stopping,
        stop: &Stop,
    ) -> Result<(), Refusal> {
        let desired = wish::nothing(self.drain);
        let mut ownership = self.ownership();
        let survey = self.look(record, &desired, &ownership).await;
        let survey = survey.map_err(|error| unread(&error))?;
        let mut tunnels = survey
            .observed
            .iter()
            .filter(|(it, _)| it.kind == Tunnel::NAME);
        let living = tunnels
            .next()
            .map(|(at, object)| (at.clone(), object.id.clone()));
        let known = record.remote.clone().map(|id| {
            let name = survey.observed.ids.name(Tunnel::NAME, id.as_str());
            (Tunnel::address(&name), id)
        });
        let is_living = living.is_some();
        let Some((address, id)) = living.or(known) else {
            // It was asked for and never made.
            return Ok(());
        };
        let teardown = self.teardown(record, stopping, (address.clone(), id.clone()));
        let ending = Ending {
            id,
            cause: stopping.cause,
            since: Some(stopping.since),
            drain: self.drain,
            with: BTreeSet::new(),
        };
        ownership.elsewhere = foreign(&survey);
        ownership.endings = BTreeMap::from([(address, ending)]);
        let plan = planned(&survey, &desired, &ownership, Policy::End)?;
        let ledger = self.ledger(&stopping.actor).of_plan(&plan);
        ledger.announce(&teardown).await;
        let run = (&survey, &desired, &ownership);
        let outcome = self.carry_out(&plan, run, (&ledger, stop)).await;
        if !outcome.is_complete() {
            return Err(unended(&outcome));
        }
        if !is_living {
            // An earlier attempt, or somebody else, has deleted it: its end is told now, once.
            ledger.settle(&survey, &desired).await;
        }
        match ledger.fault() {
            None => Ok(()),
            Some(fault) => Err(refusal(REFUSED, Some(&fault))),
        }
    }

    fn teardown(
        &self,
        record: &Record,
        stopping: &Stopping,
        (address, id): (Address, RemoteId),
    ) -> Teardown {
        Teardown {
            op_id: stopping.op_id.clone(),
            stack: self.stack.clone(),
            address,
            id,
            serves: vec![record.hostname.clone()],
            with: vec![DnsRecord::address(&record.hostname)],
            cause: stopping.cause,
            actor: stopping.actor.clone(),
            since: stopping.since,
            drain: self.drain,
            attempts: stopping.attempts.saturating_sub(1),
            setback: None,
            told: false,
        }
    }

    fn ownership(&self) -> Ownership {
        Ownership {
            stack: self.stack.clone(),
            ..Ownership::default()
        }
    }

    fn ledger<'l>(&'l self, actor: &'l Actor) -> Ledger<'l> {
        let desk = Desk {
            store: Some(self.store),
            account: &self.account,
            stack: &self.stack,
            actor,
        };
        Ledger::new(desk, self.clock, self.clocks.wall(), [])
    }

    async fn carry_out(
        &self,
        plan: &Plan,
        (survey, desired, ownership): (&Survey, &Desired, &Ownership),
        (ledger, stop): (&Ledger<'_>, &Stop),
    ) -> Outcome {
        let executor = Executor {
            client: self.client,
            clock: self.clock,
            survey,
            desired,
            ownership,
            delivery: &Delivery::default(),
            converge: std::time::Duration::ZERO,
            ledger,
            stop,
            on: &|_| (),
        };
        executor.apply(plan).await
    }
}

/// The records that carry no mark of ours. Nobody looks at the plan before it is carried out, so
/// they are somebody's who was not asked.
fn foreign(survey: &Survey) -> BTreeMap<Address, String> {
    let records = survey.observed.iter();
    let records = records.filter(|(at, _)| at.kind == DnsRecord::NAME);
    let foreign = records.filter(|(_, object)| object.owner != Owner::Ours);
    let named = foreign.map(|(at, _)| (at.clone(), "somebody else".to_owned()));
    named.collect()
}

fn planned(
    survey: &Survey,
    desired: &Desired,
    ownership: &Ownership,
    policy: Policy,
) -> Result<Plan, Refusal> {
    let plan = plan::plan(&Input {
        kinds: KINDS,
        scope: &survey.scope,
        desired,
        observed: &survey.observed,
        ownership,
        limits: &Limits::default(),
        policy,
        selection: &Selection::default(),
        rotate: None,
        base: None,
    });
    let code = if policy == Policy::End {
        REFUSED
    } else {
        "CLOUDFLARE_ERROR"
    };
    let plan = plan.map_err(|problems| Refusal {
        code,
        ..unplanned(&problems)
    })?;
    match plan.findings.first() {
        None => Ok(plan),
        Some(finding) => Err(Refusal::new(502, code, finding.message.clone())),
    }
}
