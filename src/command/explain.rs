//! `tunctl explain`: which record, tunnel, rule and settings serve a URL, and why.

use std::collections::BTreeMap;

use super::console::{self, Console, Trouble};
use super::planning::one;
use super::runtime;
use super::session::Session;
use super::stacks::{self, Stack};
use crate::cli::{ExplainArgs, Global};
use crate::exit::Exit;
use crate::ingress::Target;
use crate::kind::dns_record::{self, DnsRecord};
use crate::kind::tunnel_config::{self, TunnelConfig};
use crate::kind::{self, Kind as _, Reach, View};
use crate::observe::{self, Survey};
use crate::problem::Problem;
use crate::render;
use crate::routing::explain::{Explanation, Nowhere, explain};
use crate::routing::{self, Routes, Routing};
use crate::source::Sources;

/// The state at Cloudflare, as far as it says where requests lead.
struct Live {
    zone: Option<String>,
    routes: BTreeMap<String, Routes>,
    records: BTreeMap<String, String>,
}

/// The command `explain`.
pub(super) fn run(
    console: &Console,
    global: &Global,
    arguments: &ExplainArgs,
) -> Result<Exit, Trouble> {
    let target = routing::target(&arguments.url).map_err(|reason| {
        Problem::new("tunctl::invalid_url", reason)
            .help("write a whole URL such as `https://app.example.com/api/v1`")
    })?;
    let loaded = stacks::load(global, &arguments.files)?;
    let lives = if arguments.live {
        runtime()?.block_on(look(console, global, &loaded.stacks, &target))?
    } else {
        Vec::new()
    };
    let mut found = Vec::new();
    let mut nowhere = None;
    for (index, stack) in loaded.stacks.iter().enumerate() {
        let live = lives.get(index);
        let routing = live.map_or_else(|| stack.manifest.routing(), Live::routing);
        let zone = live.and_then(|live| live.zone.as_deref());
        match explain(&target, &routing) {
            Ok(explanation) if console.is_for_programs() => {
                let sources = &loaded.sources;
                let json =
                    render::json::explanation_json(&arguments.url, zone, &explanation, sources);
                found.push(json);
            }
            Ok(explanation) => {
                show(console, zone, &explanation, &loaded.sources)?;
                found.push(serde_json::Value::Null);
            }
            Err(why) => nowhere = Some(why),
        }
    }
    match nowhere {
        Some(why) if found.is_empty() => Err(unserved(&why, arguments.live)),
        _ if console.is_for_programs() => {
            console::print_json(&one(found))?;
            Ok(Exit::Success)
        }
        _ => Ok(Exit::Success),
    }
}

fn unserved(why: &Nowhere, live: bool) -> Trouble {
    let help = match (why, live) {
        (Nowhere::Unsearchable(_), _) => "make the path of that rule shorter",
        (Nowhere::Unserved(_) | Nowhere::NoRules { .. }, true) => {
            "with `--live` the zones and tunnels that the manifest names are looked at"
        }
        (Nowhere::Unserved(_) | Nowhere::NoRules { .. }, false) => {
            "`--live` asks Cloudflare instead of the manifest"
        }
    };
    Problem::new("tunctl::unserved_url", why.to_string())
        .help(help)
        .into()
}

fn show(
    console: &Console,
    zone: Option<&str>,
    explanation: &Explanation<'_>,
    sources: &Sources,
) -> Result<(), Trouble> {
    let mut text = Vec::new();
    render::human::explanation(&mut text, zone, explanation, sources, console.style)?;
    console::print(&String::from_utf8_lossy(&text))
}

async fn look(
    console: &Console,
    global: &Global,
    stacks: &[Stack],
    target: &Target,
) -> Result<Vec<Live>, Trouble> {
    let session = Session::open(console, global, stacks).await?;
    let mut lives = Vec::new();
    for stack in stacks {
        match look_at(&session, stack, target).await {
            Ok(live) => lives.push(live),
            Err(error) => {
                session.close().await?;
                return Err(Trouble::report(error));
            }
        }
    }
    session.close().await?;
    Ok(lives)
}

async fn look_at(
    session: &Session,
    stack: &Stack,
    target: &Target,
) -> Result<Live, observe::ObserveError> {
    let manifest = &stack.manifest;
    let survey = observe::observe(
        &session.client,
        &manifest.account,
        &manifest.desired,
        &manifest.ownership,
    )
    .await?;
    let mut live = Live::new(&survey, target);
    let host = String::from_utf8_lossy(&target.host);
    let leads_to = live.routing().record_of(&host).map(|(_, it)| it.to_owned());
    let unread = leads_to.filter(|tunnel| !live.routes.contains_key(tunnel));
    let listing = unread.and_then(|tunnel| {
        let kind = kind::find(TunnelConfig::NAME)?;
        Some((
            kind,
            kind.look(&survey.scope, &survey.observed.ids, &tunnel)?,
        ))
    });
    if let Some((kind, listing)) = listing {
        let view = View {
            scope: &survey.scope,
            ids: &survey.observed.ids,
            desired: &manifest.desired,
            ownership: &manifest.ownership,
            reach: Reach::Needed,
        };
        let seen = observe::look(&session.client, kind, &listing, &view).await?;
        let routes = seen
            .iter()
            .filter_map(|(address, object)| Some((address, tunnel_config::routes(object)?)));
        live.routes
            .extend(routes.map(|(address, routes)| (address.name.clone(), routes)));
    }
    Ok(live)
}

impl Live {
    fn new(survey: &Survey, target: &Target) -> Self {
        let host = String::from_utf8_lossy(&target.host);
        let host = idna::domain_to_ascii(&host).unwrap_or_default();
        let of = |name: &'static str| {
            let objects = survey.observed.iter();
            objects.filter(move |(address, _)| address.kind == name)
        };
        Self {
            zone: survey.scope.zone_of(&host).map(|zone| zone.name.clone()),
            routes: of(TunnelConfig::NAME)
                .filter_map(|(address, object)| {
                    Some((address.name.clone(), tunnel_config::routes(object)?))
                })
                .collect(),
            records: of(DnsRecord::NAME)
                .filter_map(|(address, object)| {
                    Some((address.name.clone(), dns_record::leads_to(object)?))
                })
                .collect(),
        }
    }

    fn routing(&self) -> Routing<'_> {
        let routes = self.routes.iter();
        let records = self.records.iter();
        Routing {
            tunnels: routes.map(|(name, it)| (name.as_str(), it)).collect(),
            records: records
                .map(|(name, tunnel)| (name.as_str(), tunnel.as_str()))
                .collect(),
        }
    }
}
