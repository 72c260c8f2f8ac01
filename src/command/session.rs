//! The way to the API for one run: credentials and address, or an emulator of the run's own.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::console::{Console, Trouble};
use super::credentials;
use super::lock::{Fence, Locks};
use super::stacks::Stack;
use super::way::Way;
use crate::api::base::Base;
use crate::api::http::HttpSettings;
use crate::api::{Client, Clock, Credentials, Http, Notice, Settings, SystemClock};
use crate::cli::Global;
use crate::emulator::{Emulator, Options};
use crate::kind::Kind as _;
use crate::kind::dns_record::DnsRecord;
use crate::plan::forecast::Rate;
use crate::render::progress::Progress;
use crate::snapshot::{NoWaiting, Replay, Snapshot};

/// Cloudflare's API.
const CLOUDFLARE: &str = "https://api.cloudflare.com/client/v4";

/// The longest answer that is read: a page of 5,000 records is a few megabytes.
const LONGEST_REPLY: usize = 256 * 1024 * 1024;

/// What the emulator takes; it accepts every token.
const ANY_TOKEN: &str = "sandbox";

/// What a snapshot takes, which asks nobody.
const NO_TOKEN: &str = "snapshot";

/// Everything that a run talks through.
pub(super) struct Session {
    pub(super) client: Client<Way>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) progress: Arc<Progress>,
    /// The store, and its locks.
    pub(super) locks: Locks,
    /// Lets writes through while the locks hold.
    pub(super) fence: Arc<Fence>,
    sandbox: Option<Emulator>,
    is_offline: bool,
}

impl Session {
    /// Opens the way; starts the sandbox if one is asked for.
    ///
    /// # Errors
    /// If credentials are missing or wrong, or the address cannot be used.
    pub(super) async fn open(
        console: &Console,
        global: &Global,
        stacks: &[Stack],
    ) -> Result<Self, Trouble> {
        Self::open_by(console, global, stacks, Arc::new(SystemClock::default())).await
    }

    /// The same without manifests: for hostnames, each with its account.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub(super) async fn open_for(
        console: &Console,
        global: &Global,
        hosts: BTreeSet<(String, String)>,
    ) -> Result<Self, Trouble> {
        let clock = Arc::new(SystemClock::default());
        Self::open_with(console, global, hosts, clock).await
    }

    /// The same, with another clock to wait by.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub(super) async fn open_by(
        console: &Console,
        global: &Global,
        stacks: &[Stack],
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Trouble> {
        Self::open_with(console, global, hosts(stacks), clock).await
    }

    async fn open_with(
        console: &Console,
        global: &Global,
        hosts: BTreeSet<(String, String)>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Trouble> {
        let sandbox = match &global.sandbox {
            Some(file) => Some(start(file, &hosts).await?),
            None => None,
        };
        let credentials = match &sandbox {
            Some(_) => Credentials::token(ANY_TOKEN).map_err(Trouble::report)?,
            None => credentials::find(global.token_file.as_deref())?,
        };
        let url = sandbox.as_ref().map(|it| it.base_url.as_str());
        let url = url.or(global.api_url.as_deref()).unwrap_or(CLOUDFLARE);
        let http = Http::new(&HttpSettings {
            base: Base::parse(url).map_err(Trouble::report)?,
            ca_file: global.ca_file.clone(),
            timeout: global.timeout,
            longest_reply: LONGEST_REPLY,
        })
        .map_err(Trouble::report)?;
        let fence = Arc::new(Fence::default());
        let asked_last = Arc::clone(&fence);
        let http = http.asking(Arc::new(move || asked_last.is_open()));
        let way = (Way::Network(http), credentials);
        Self::through(console, global, (way, fence), clock, sandbox)
    }

    /// Opens a snapshot: no credentials, no network.
    ///
    /// # Errors
    /// If the command line names no store.
    pub(super) fn replay(
        console: &Console,
        global: &Global,
        snapshot: Snapshot,
    ) -> Result<Self, Trouble> {
        let nobody = Credentials::token(NO_TOKEN).map_err(Trouble::report)?;
        let way = (Way::Snapshot(Replay::new(snapshot)), nobody);
        let clock = Arc::new(NoWaiting::default());
        Self::through(console, global, (way, Arc::default()), clock, None)
    }

    fn through(
        console: &Console,
        global: &Global,
        ((way, credentials), fence): ((Way, Credentials), Arc<Fence>),
        clock: Arc<dyn Clock>,
        sandbox: Option<Emulator>,
    ) -> Result<Self, Trouble> {
        let locks = Locks::open(global)?;
        let progress = Arc::new(if console.error_terminal && !console.quiet {
            Progress::visible()
        } else {
            Progress::hidden()
        });
        let told = Arc::clone(&progress);
        let guarding = Arc::clone(&fence);
        let settings = Settings {
            parallelism: usize::from(global.parallelism),
            clock: Arc::clone(&clock),
            notify: Box::new(move |notice| told.note(&words(&notice))),
            chance: u64::from(std::process::id()),
            permit: Box::new(move || guarding.is_open()),
        };
        let is_offline = matches!(way, Way::Snapshot(_));
        Ok(Self {
            client: Client::new(way, credentials, settings),
            clock,
            progress,
            locks,
            fence,
            sandbox,
            is_offline,
        })
    }

    /// The time of day by which is judged what has expired: the earlier of what this machine and
    /// Cloudflare's latest answer say, so that a clock which is set forward ends nothing.
    pub(super) fn time(&self) -> Timestamp {
        earlier(Timestamp::now(), self.client.date())
    }

    /// What the rate limit leaves after what was sent. Reading a snapshot sends nothing.
    pub(super) fn rate(&self) -> Rate {
        if self.is_offline {
            return Rate::default();
        }
        let (left, pace) = self.client.left();
        Rate {
            spent: self.client.sent(),
            left,
            pace: pace.as_secs_f64(),
        }
    }

    /// Ends what the run started.
    ///
    /// # Errors
    /// If the sandbox's world cannot be written.
    pub(super) async fn close(self) -> Result<(), Trouble> {
        self.progress.finish();
        match self.sandbox {
            Some(sandbox) => sandbox.stop().await.map_err(Trouble::report),
            None => Ok(()),
        }
    }
}

fn earlier(here: Timestamp, there: Option<Timestamp>) -> Timestamp {
    there.map_or(here, |there| here.min(there))
}

/// Starts the emulator with a zone for every hostname that a manifest names.
async fn start(file: &Path, hosts: &BTreeSet<(String, String)>) -> Result<Emulator, Trouble> {
    if let Some(parent) = file.parent()
        && !parent.as_os_str().is_empty()
        && !parent.exists()
    {
        std::fs::create_dir(parent)?;
    }
    let zones = hosts.iter();
    let zones: BTreeSet<(String, String)> = zones
        .map(|(account, host)| (account.clone(), zone(host).to_owned()))
        .collect();
    let options = Options {
        zones: zones.into_iter().collect(),
        state_file: Some(file.to_owned()),
        ..Options::default()
    };
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Emulator::start(any_port, options)
        .await
        .map_err(Trouble::report)
}

/// The hostnames of stacks, each with its account.
fn hosts(stacks: &[Stack]) -> BTreeSet<(String, String)> {
    let hosts = stacks.iter().flat_map(|stack| {
        let hosts = stack.manifest.desired.names(DnsRecord::NAME);
        hosts.map(|host| (stack.manifest.account.clone(), host.to_owned()))
    });
    hosts.collect()
}

/// The last two labels: right for most names, and good enough for a sandbox.
fn zone(host: &str) -> &str {
    let mut dots = host.rmatch_indices('.').skip(1);
    dots.next().map_or(host, |(dot, _)| &host[dot + 1..])
}

fn words(notice: &Notice) -> String {
    match notice {
        Notice::Waiting { wait } => {
            format!("rate limit: waiting {} s", wait.as_secs().max(1))
        }
        Notice::Retrying {
            method,
            path,
            attempts,
            after,
            why,
        } => format!(
            "{} {path}: {why}; trying again in {} s ({attempts} so far)",
            method.as_str(),
            after.as_secs().max(1)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_forward_ends_nothing() {
        let at = |second| Timestamp::from_second(second).expect("it is one");
        assert_eq!(earlier(at(900), Some(at(100))), at(100));
        assert_eq!(earlier(at(100), Some(at(900))), at(100));
        assert_eq!(earlier(at(100), None), at(100));
    }
}
