//! After a configuration was written: wait until whoever serves the tunnel has loaded it, so
//! that nothing that relies on it comes too early.

use std::time::Duration;

use super::{Done, Event, Executor, Ready, Verdict};
use crate::address::Ids;
use crate::api::wire::Wire;
use crate::cloudflare::List;
use crate::cloudflare::connection::{Connection, Connector};
use crate::kind::Write;
use crate::plan::Change;

/// Before the second look, and twice as long before each further one. Cloudflare pushes a new
/// configuration to its connectors within a second or so; who is late is so for longer.
const FIRST: Duration = Duration::from_secs(1);

/// Between two looks at the most.
const LONGEST: Duration = Duration::from_secs(8);

/// The code of a configuration that is written and not loaded everywhere.
const LAGGING: &str = "tunctl::not_converged";

/// How far the live connectors of a tunnel are.
#[derive(Debug, PartialEq, Eq)]
struct Progress<'a> {
    lagging: Vec<&'a Connector>,
    silent: Vec<&'a Connector>,
}

impl<W: Wire> Executor<'_, W> {
    /// The end of a change, once what it wrote is in use where it has to be.
    pub(super) async fn converged(&self, ready: &Ready<'_>, done: Done, ids: &Ids) -> Done {
        let write = Write {
            scope: &self.survey.scope,
            ids,
            name: &ready.change.address.name,
        };
        let loaded_by = ready.kind.loaded_by(&write);
        let (Some(loading), Some(version)) = (loaded_by, done.version) else {
            return done;
        };
        let tunnel = self.survey.observed.at(&loading.tunnel).first();
        let is_live = tunnel.is_some_and(|tunnel| tunnel.live);
        if done.verdict != Verdict::Done || !is_live || self.converge.is_zero() {
            return done;
        }
        match self.wait(ready.change, &loading.connectors, version).await {
            Ok(None) => done,
            Ok(Some(silent)) => {
                let concern = done.concern.iter().cloned().chain([silent]);
                let concern = Some(concern.collect::<Vec<_>>().join("; "));
                Done { concern, ..done }
            }
            Err(verdict) => Done { verdict, ..done },
        }
    }

    /// Waits until every live connector has loaded a version; a concern if some do not say.
    async fn wait(
        &self,
        change: &Change,
        connectors: &List<Connector>,
        version: u64,
    ) -> Result<Option<String>, Verdict> {
        let deadline = self.clock.now() + self.converge;
        let mut pause = FIRST;
        loop {
            let read = self.client.read(connectors).await;
            let read = read.map_err(|error| {
                pending(format!(
                    "it is written, but who loaded it cannot be read: {error}"
                ))
            })?;
            let progress = Progress::of(&read, version);
            if progress.lagging.is_empty() {
                return Ok(progress.concern());
            }
            let left = deadline.saturating_sub(self.clock.now());
            if left.is_zero() || self.stop.is_set() {
                return Err(pending(progress.words(version)));
            }
            (self.on)(&Event::Converging {
                change,
                connectors: progress.lagging.len(),
                left,
            });
            self.pause(pause.min(left)).await;
            pause = (pause * 2).min(LONGEST);
        }
    }

    /// Waits, but not once the run is to end.
    pub(super) async fn pause(&self, pause: Duration) {
        tokio::select! {
            () = self.clock.sleep(pause) => {}
            () = self.stop.wait() => {}
        }
    }
}

impl<'a> Progress<'a> {
    fn of(connectors: &'a [Connector], version: u64) -> Self {
        let live = connectors.iter().filter(|it| is_live(it));
        let (known, silent): (Vec<_>, Vec<_>) = live.partition(|it| it.config_version.is_some());
        let lags = |it: &&Connector| it.config_version.is_some_and(|it| it < version);
        Self {
            lagging: known.into_iter().filter(lags).collect(),
            silent,
        }
    }

    fn concern(&self) -> Option<String> {
        let silent: Vec<String> = self.silent.iter().map(|it| named(it)).collect();
        (!silent.is_empty()).then(|| {
            format!(
                "does not say which configuration it has loaded: {}",
                silent.join(", ")
            )
        })
    }

    fn words(&self, version: u64) -> String {
        let lagging = self.lagging.iter().map(|it| {
            let loaded = it.config_version.unwrap_or_default();
            format!("{} has version {loaded}", named(it))
        });
        let lagging: Vec<String> = lagging.collect();
        format!(
            "version {version} is written and not loaded everywhere: {}",
            lagging.join(", ")
        )
    }
}

/// A dropped connection is listed for some minutes more.
fn is_live(connector: &Connector) -> bool {
    let mut connections = connector.conns.iter();
    connections.any(|it: &Connection| !it.is_pending_reconnect)
}

/// A connector by its id, and where its connections are.
fn named(connector: &Connector) -> String {
    let mut colos: Vec<&str> = connector
        .conns
        .iter()
        .filter_map(|it| it.colo_name.as_deref())
        .collect();
    colos.sort_unstable();
    colos.dedup();
    let program = connector.version.as_deref().unwrap_or("unknown");
    format!(
        "connector {} ({program} at {})",
        connector.id,
        colos.join(", ")
    )
}

fn pending(message: String) -> Verdict {
    Verdict::Pending {
        code: LAGGING,
        message,
    }
}
