//! The end of a tunnel that still has live connections: wait for them, cut them, or stop.

use std::time::Duration;

use super::{Answered, Done, Event, Executor, Failure, Ready, Verdict, refused as refused_by};
use crate::address::Ids;
use crate::api::wire::Wire;
use crate::api::{ApiError, Meaning};
use crate::desired::Drain;
use crate::kind::{Draining, Step};
use crate::plan::Action;

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
        loop {
            match self.attempt(ready, draining, drain, deadline).await {
                Ok(Some(done)) => return done,
                Ok(None) => {}
                Err(error) => return self.refused(ready, ids, &error).await,
            }
            if self.clock.now() >= deadline || self.stop.is_set() {
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

    /// One round: `None` while connections are left.
    async fn attempt(
        &self,
        ready: &Ready<'_>,
        draining: &Draining,
        drain: Drain,
        deadline: Duration,
    ) -> Result<Option<Done>, ApiError> {
        if let (Drain::Evict { .. }, Some(evict)) = (drain, &draining.evict) {
            self.client.send(evict).await?;
        } else {
            let answer = self.client.send(&draining.poll).await?;
            let connectors = answer.as_array().map_or(0, Vec::len);
            if connectors > 0 {
                (self.on)(&Event::Draining {
                    change: ready.change,
                    connectors,
                    left: deadline.saturating_sub(self.clock.now()),
                });
                return Ok(None);
            }
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
