//! How the tunnels of a stack fare: a table for people, one object for programs.

use std::io::{self, Write};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Style;
use super::connectors;
use super::human::heading::ends;
use super::json::FORMAT_VERSION;
use super::text::{count, escaped, prose};
use crate::address::{Address, RemoteId};
use crate::cloudflare::connection::Connector;
use crate::plan::expiry::Due;
use crate::render::human::line::{Line, Tone, write_all};
use crate::teardown::Teardown;

/// From how many attempts on a teardown needs somebody to look at it (rs-tunnel.md 7.1).
const MANY: u32 = 10;

/// The same for its age.
const LONG: SignedDuration = SignedDuration::from_hours(1);

/// Everything about one stack.
#[derive(Debug)]
pub struct Status {
    /// Its name.
    pub stack: String,
    /// The account's id.
    pub account: String,
    /// When all of this was seen.
    pub at: Timestamp,
    /// What connectors connect to.
    pub tunnels: Vec<Fares>,
    /// Teardowns that have not ended.
    pub stopping: Vec<Teardown>,
    /// What ended by itself while it was declared.
    pub ended: Vec<(Address, Due)>,
    /// Credentials that end.
    pub expiring: Vec<Ending>,
    /// Who holds the account's lock.
    pub lock: Option<String>,
}

/// How one tunnel fares.
#[derive(Debug)]
pub struct Fares {
    /// Which.
    pub address: Address,
    /// Its id.
    pub id: RemoteId,
    /// Cloudflare's word.
    pub status: String,
    /// Whether the manifest has it.
    pub declared: bool,
    /// Who is connected.
    pub connectors: Vec<Connector>,
    /// The version of its rules at Cloudflare.
    pub version: Option<u64>,
    /// When it ends by itself.
    pub due: Option<Due>,
}

/// A credential that ends.
#[derive(Debug)]
pub struct Ending {
    /// Which.
    pub address: Address,
    /// When.
    pub at: Timestamp,
    /// From when on an apply makes it anew.
    pub rotates: Option<Timestamp>,
}

/// The status for people.
///
/// # Errors
/// If it cannot be written.
pub fn text(to: &mut dyn Write, status: &Status, style: Style) -> io::Result<()> {
    let mut lines = vec![Line::new(
        Tone::Strong,
        format!("Stack {} of account {}", status.stack, status.account),
    )];
    let locked = status.lock.iter().map(|words| {
        let text = format!("Locked by {}", escaped(words));
        Line::new(Tone::Warning, text)
    });
    lines.extend(locked);
    lines.extend(table(status));
    lines.extend(section(
        "Stopping:",
        status.stopping.iter().map(|it| stopping(it, status.at)),
    ));
    lines.extend(section(
        "Ended:",
        status.ended.iter().map(|(address, due)| {
            let text = format!(
                "{address}: expired at {}; `tunctl apply --renew {}` makes it again",
                due.at, address.name
            );
            Line::at(2, Tone::Plain, text)
        }),
    ));
    lines.extend(section(
        "Credentials that end:",
        status.expiring.iter().map(|it| {
            let due = it.rotates.is_some_and(|at| at <= status.at);
            let tone = if due { Tone::Warning } else { Tone::Plain };
            let rotates = it.rotates.map_or(String::new(), |at| {
                format!(", rotated by an apply from {at} on")
            });
            Line::at(2, tone, format!("{}: {}{rotates}", it.address, it.at))
        }),
    ));
    write_all(&lines, to, style)
}

fn section(title: &str, lines: impl Iterator<Item = Line>) -> Vec<Line> {
    let mut lines: Vec<Line> = lines.collect();
    if !lines.is_empty() {
        lines.insert(0, Line::new(Tone::Strong, title.to_owned()));
        lines.insert(0, Line::blank());
    }
    lines
}

/// One row for each tunnel, below it one for each connector.
fn table(status: &Status) -> Vec<Line> {
    if status.tunnels.is_empty() {
        return vec![Line::new(Tone::Plain, "No tunnels.")];
    }
    let name = |it: &Fares| escaped(&it.address.to_string()).into_owned();
    let widest = status
        .tunnels
        .iter()
        .map(|it| name(it).chars().count())
        .max();
    let width = widest.unwrap_or_default();
    let rows = status.tunnels.iter().flat_map(|it| {
        let state = state(it, status);
        let connectors = count(
            it.connectors.iter().filter(|it| it.is_connected()).count(),
            "connector",
        );
        let notes = notes(it, status.at);
        let text = format!("  {:width$}  {state:9}  {connectors}{notes}", name(it));
        let row = Line::new(tone(&state), text.trim_end().to_owned());
        let below = connectors::lines(&it.connectors);
        let below: Vec<Line> = below
            .lines()
            .map(|line| Line::at(2, Tone::Dim, line.to_owned()))
            .collect();
        std::iter::once(row).chain(below)
    });
    rows.collect()
}

fn is_stopping(fares: &Fares, status: &Status) -> bool {
    status.stopping.iter().any(|it| it.id == fares.id)
}

fn state(fares: &Fares, status: &Status) -> String {
    if is_stopping(fares, status) {
        "stopping".to_owned()
    } else {
        escaped(&fares.status).into_owned()
    }
}

fn tone(state: &str) -> Tone {
    match state {
        "healthy" => Tone::Add,
        "degraded" | "stopping" => Tone::Warning,
        "down" => Tone::Alarm,
        _ => Tone::Plain,
    }
}

/// What else is to be known about a tunnel.
fn notes(fares: &Fares, now: Timestamp) -> String {
    let mut notes = Vec::new();
    if let Some(version) = fares.version {
        let behind = behind(fares);
        let lag = if behind > 0 {
            format!(", {behind} behind")
        } else {
            String::new()
        };
        notes.push(format!("rules v{version}{lag}"));
    }
    if !fares.declared {
        notes.push("not declared".to_owned());
    }
    if let Some(due) = fares.due {
        let verb = if due.is_over(now) { "expired" } else { "ends" };
        notes.push(format!("{verb} at {}", due.at));
    }
    let notes = notes.iter().map(|note| format!("  {note}"));
    notes.collect()
}

/// Connected connectors that have not loaded the rules as they are at Cloudflare.
fn behind(fares: &Fares) -> usize {
    let connected = fares.connectors.iter().filter(|it| it.is_connected());
    let lags = |it: &&Connector| it.config_version < fares.version;
    connected.filter(lags).count()
}

fn stopping(teardown: &Teardown, now: Timestamp) -> Line {
    let Teardown {
        address,
        since,
        cause,
        attempts,
        setback,
        ..
    } = teardown;
    let stuck = *attempts >= MANY || now.duration_since(*since) >= LONG;
    let why = setback.as_ref().map_or_else(
        || "was interrupted".to_owned(),
        |it| format!("{} [{}]", prose(&it.message), it.code),
    );
    let text = format!(
        "{address}: since {since}, because {}; {}; {why}",
        ends(*cause),
        count(*attempts as usize, "attempt"),
    );
    let tone = if stuck { Tone::Alarm } else { Tone::Warning };
    Line::at(2, tone, text)
}

/// The status for programs.
#[must_use]
pub fn status_json(status: &Status) -> Value {
    let tunnels = status.tunnels.iter().map(|it| {
        json!({
            "address": it.address.to_string(),
            "id": it.id,
            "status": if is_stopping(it, status) { "stopping" } else { &it.status },
            "declared": it.declared,
            "config_version": it.version,
            "behind": behind(it),
            "expires_at": it.due.map(|due| due.at),
            "expired": it.due.is_some_and(|due| due.is_over(status.at)),
            "connectors": connectors::json(&it.connectors),
        })
    });
    let ended = status
        .ended
        .iter()
        .map(|(address, due)| json!({"address": address.to_string(), "expired_at": due.at}));
    let expiring = status.expiring.iter().map(|it| {
        json!({"address": it.address.to_string(), "expires_at": it.at, "rotates_from": it.rotates})
    });
    json!({
        "format_version": FORMAT_VERSION,
        "stack": status.stack,
        "account": status.account,
        "locked_by": status.lock,
        "tunnels": tunnels.collect::<Vec<_>>(),
        "stopping": status.stopping,
        "ended": ended.collect::<Vec<_>>(),
        "expiring": expiring.collect::<Vec<_>>(),
    })
}
