//! Estates of any size: a manifest, and the steps of a plan as the command takes them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use tunctl::api::{Client, Credentials, Settings, Wire};
use tunctl::emulator::DEFAULT_ACCOUNT;
use tunctl::kind::KINDS;
use tunctl::manifest::yaml::Budget;
use tunctl::manifest::{self, Manifest};
use tunctl::observe::{self, Survey};
use tunctl::plan::forecast::{self, Forecast};
use tunctl::plan::select::Selection;
use tunctl::plan::{self, Input, Plan, Policy};
use tunctl::problem::Problem;
use tunctl::source::Sources;

use super::Failure;
use super::stopwatch::Jumping;

/// How many there are of everything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) tunnels: usize,
    /// Hostnames of each tunnel.
    pub(crate) hosts: usize,
    pub(crate) zones: usize,
}

/// A plan and what it was made from.
pub(crate) struct Planned {
    pub(crate) survey: Survey,
    pub(crate) plan: Plan,
    pub(crate) forecast: Forecast,
}

impl Size {
    /// The name of a zone.
    pub(crate) fn zone(number: usize) -> String {
        format!("zone-{number:02}.example")
    }

    /// A manifest of this size. Each tunnel's first rule has a path, and its second one settings.
    pub(crate) fn manifest(self) -> String {
        let mut text = format!(
            "version: 1\nstack: edge\naccount: {DEFAULT_ACCOUNT}\nowns: {{tunnels: [\"edge-*\"]}}\n\
             defaults:\n  originRequest: {{connectTimeout: 10s}}\ntunnels:\n"
        );
        for tunnel in 0..self.tunnels {
            let _ = write!(text, "  edge-{tunnel:04}:\n    ingress:\n");
            for host in 0..self.hosts {
                let zone = Self::zone((tunnel * self.hosts + host) % self.zones);
                let _ = write!(
                    text,
                    "      - hostname: app-{tunnel:04}-{host:02}.{zone}\n        \
                     service: http://app-{host}.internal:8080\n"
                );
                match host {
                    0 => text.push_str("        path: ^/api/v[0-9]+/\n"),
                    1 => text.push_str("        originRequest: {http2Origin: true}\n"),
                    _ => {}
                }
            }
        }
        text
    }
}

/// Understands a manifest.
pub(crate) fn understand(text: &str) -> Result<Manifest, Failure> {
    let (mut sources, mut budget) = (Sources::default(), Budget::default());
    let document = manifest::open(
        &mut sources,
        "tunctl.yaml",
        text.as_bytes(),
        &BTreeMap::new(),
        &mut budget,
    );
    manifest::load(vec![document]).map_err(|problems| first(&problems))
}

/// A client without limits, and with what is on the wire in front of it.
pub(crate) fn client<W: Wire>(wire: W) -> Result<Client<W>, Failure> {
    let settings = Settings {
        clock: Arc::new(Jumping::default()),
        ..Settings::default()
    };
    Ok(Client::new(wire, Credentials::token("bench")?, settings))
}

/// Observes and plans, as `tunctl plan` does.
pub(crate) fn plan<W: Wire>(client: &Client<W>, manifest: &Manifest) -> Result<Planned, Failure> {
    plan_part(client, manifest, (Policy::Sync, &Selection::default()))
}

/// The same, for another policy, or for a part of the estate.
pub(crate) fn plan_part<W: Wire>(
    client: &Client<W>,
    manifest: &Manifest,
    (policy, selection): (Policy, &Selection),
) -> Result<Planned, Failure> {
    let reading = observe::observe(
        client,
        &manifest.account,
        &manifest.desired,
        &manifest.ownership,
    );
    let survey = futures::executor::block_on(reading)?;
    let input = Input {
        kinds: KINDS,
        scope: &survey.scope,
        desired: &manifest.desired,
        observed: &survey.observed,
        ownership: &manifest.ownership,
        limits: &manifest.limits,
        policy,
        selection,
        rotate: None,
        base: None,
    };
    let plan = plan::plan(&input).map_err(|problems| first(&problems))?;
    let forecast = forecast::forecast(&input, &plan, forecast::Rate::default());
    Ok(Planned {
        survey,
        plan,
        forecast,
    })
}

fn first(problems: &[Problem]) -> Failure {
    format!("{} problems: {:?}", problems.len(), problems.first()).into()
}
