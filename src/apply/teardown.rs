//! The end of a tunnel that still has live connections: wait for them, cut them, or stop.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Answered, Done, Event, Executor, Failure, Ready, Verdict, refused as refused_by};
use crate::address::{Ids, RemoteId};
use crate::api::wire::Wire;
use crate::api::{ApiError, Meaning};
use crate::desired::Drain;
use crate::kind::{Draining, Step};
use crate::plan::Action;
use crate::request::Request;

/// Between two looks. A connector that was stopped is gone from Cloudflare within seconds
/// (cloudflare-api.md 2.6).
const PAUSE: Duration = Duration::from_secs(2);

/// The published code of a deletion that waits for connections.
const ACTIVE: &str = "TUNNEL_STOP_PENDING_ACTIVE_CONNECTIONS";

/// The published code of a deletion that waits for what leads there, and could not be deleted.
pub const DNS: &str = "TUNNEL_DNS_DELETION_FAILED";

/// The published code of a deletion that Cloudflare refuses.
const REFUSED: &str = "TUNNEL_CLOUDFLARE_DELETION_FAILED";

impl<W: Wire> Executor<'_, W> {
    /// Deletes what Cloudflare refused to delete because of live connections.
    pub(super) async fn teardown(&self, ready: &Ready<'_>, draining: &Draining, ids: &Ids) -> Done {
        let Action::Delete { drain, .. } = ready.change.action else {
            return Done::well(None, None);
        };
        let (Drain::Wait { seconds } | Drain::Evict { seconds }) = drain else {
            return Done::bad(Verdict::Failed(Failure {
                code: ACTIVE.to_owned(),
                message: "it has live connections, and `onDelete` is `fail`".to_owned(),
                help: Some("stop its connectors, or choose another `onDelete`".to_owned()),
                answer: Answered::default(),
            }));
        };
        let deadline = self.clock.now() + Duration::from_secs(seconds);
        let mut cut = BTreeSet::new();
        loop {
            let round = self.attempt(ready, draining, drain, (deadline, &mut cut));
            match round.await {
                Ok(Some(done)) => return done,
                Ok(None) => {}
                Err(error) => return self.refused(ready, ids, &error).await,
            }
            let halted = self.stop.is_set() || self.ledger.fault().is_some();
            if self.clock.now() >= deadline || halted {
                return Done::bad(pending(seconds));
            }
            self.pause(PAUSE).await;
        }
    }

    /// The end of a deletion that failed for another reason than connections. Without an answer
    /// it may have happened all the same.
    pub(super) async fn refused(&self, ready: &Ready<'_>, ids: &Ids, error: &ApiError) -> Done {
        if super::send::is_gone(ready.change, error) {
            return Done::well(None, None);
        }
        if error.is_ambiguous() {
            let settled = self.settle(&[ready.change], ids, error).await.pop();
            if let Some(done) = settled.filter(|done| done.verdict == Verdict::Done) {
                return done;
            }
        }
        let failure = refused_by(error);
        if error.meaning() == Meaning::Fenced {
            return Done::bad(Verdict::Failed(failure));
        }
        let code = REFUSED.to_owned();
        Done::bad(Verdict::Failed(Failure { code, ..failure }))
    }

    /// Cuts all connections, and notes whose they were: each connector once, however often it comes
    /// back.
    async fn evict(
        &self,
        ready: &Ready<'_>,
        (evict, poll): (&Request, &Request),
        cut: &mut BTreeSet<RemoteId>,
    ) -> Result<(), ApiError> {
        let answer = self.client.send(poll).await?;
        self.client.send(evict).await?;
        let connectors = answer.as_array().into_iter().flatten();
        let ids = connectors.filter_map(|it| RemoteId::in_field(it, "id"));
        let fresh: BTreeSet<RemoteId> = ids.filter(|it| cut.insert(it.clone())).collect();
        if !fresh.is_empty() {
            self.ledger.cut(&ready.change.address, &fresh).await;
        }
        Ok(())
    }

    /// Whether nothing is connected any more.
    async fn is_drained(
        &self,
        ready: &Ready<'_>,
        draining: &Draining,
        deadline: Duration,
    ) -> Result<bool, ApiError> {
        let answer = self.client.send(&draining.poll).await?;
        let connectors = answer.as_array().map_or(0, Vec::len);
        if connectors > 0 {
            (self.on)(&Event::Draining {
                change: ready.change,
                connectors,
                left: deadline.saturating_sub(self.clock.now()),
            });
        }
        Ok(connectors == 0)
    }

    /// One round: `None` while connections are left.
    async fn attempt(
        &self,
        ready: &Ready<'_>,
        draining: &Draining,
        drain: Drain,
        (deadline, cut): (Duration, &mut BTreeSet<RemoteId>),
    ) -> Result<Option<Done>, ApiError> {
        if let (Drain::Evict { .. }, Some(evict)) = (drain, &draining.evict) {
            self.evict(ready, (evict, &draining.poll), cut).await?;
        } else if !self.is_drained(ready, draining, deadline).await? {
            return Ok(None);
        }
        let Some(Step::Send(request)) = ready.steps.first() else {
            return Ok(None);
        };
        match self.client.send(request).await {
            Ok(_) => Ok(Some(Done::well(None, None))),
            Err(error) if error.has_code(draining.refused) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn pending(seconds: u64) -> Verdict {
    Verdict::Pending {
        code: ACTIVE,
        message: format!("it still has live connections after {seconds} s; stop its connectors"),
    }
}
