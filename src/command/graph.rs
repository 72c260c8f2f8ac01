//! `tunctl graph`: what leads where, as a picture.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use super::console::{self, Console, Trouble};
use super::session::Session;
use super::stacks::{self, Stack};
use super::{init, plan_file, runtime};
use crate::address::Address;
use crate::cli::{Format, Global, GraphArgs};
use crate::exit::Exit;
use crate::graph::{Graph, Health, Live, Part};
use crate::kind::tunnel::Tunnel;
use crate::kind::tunnel_config::TunnelConfig;
use crate::kind::warp_connector::WarpConnector;
use crate::kind::{self, Kind as _, Reach, View};
use crate::observe::health::health;
use crate::observe::{self, Survey};
use crate::problem::Problem;
use crate::render::github::inert;
use crate::render::graph as views;

/// How much of a file is looked at to tell whether it is a picture of ours.
const BEGIN: u64 = 4096;

/// One stack's state at Cloudflare.
struct Seen {
    survey: Survey,
    health: BTreeMap<Address, Health>,
}

/// The command `graph`.
pub(super) fn run(
    console: &Console,
    global: &Global,
    arguments: &GraphArgs,
) -> Result<Exit, Trouble> {
    let output = arguments.output.as_deref();
    let format = format(global.format, output);
    if let Some(file) = output {
        refuse_others(file)?;
    }
    let loaded = stacks::load(global, &arguments.files)?;
    let seen = if arguments.live {
        runtime()?.block_on(look(console, global, &loaded.stacks))?
    } else {
        Vec::new()
    };
    let stacks = loaded.stacks.iter().enumerate();
    let parts = stacks.map(|(index, stack)| part(stack, seen.get(index)));
    let parts: Vec<Part<'_>> = parts.collect();
    let (text, note) = written(&Graph::new(&parts), format)?;
    match output {
        Some(file) => {
            put(file, &text)?;
            console.note(&format!("Wrote {}.", file.display()));
        }
        None if format == Format::Human => console::print(&inert(&text))?,
        None => console::print(&text)?,
    }
    for seen in &seen {
        console.problems(&seen.survey.warnings, &loaded.sources);
    }
    if let Some(note) = note {
        console.note(&note);
    }
    Ok(Exit::Success)
}

/// What a file's name says, unless something else is asked for.
fn format(asked: Format, output: Option<&Path>) -> Format {
    let ending = output.and_then(|file| file.extension()?.to_str());
    match (asked, ending) {
        (Format::Human, Some("svg")) => Format::Svg,
        (Format::Human, Some("dot" | "gv")) => Format::Dot,
        (Format::Human, Some("mmd" | "mermaid")) => Format::Mermaid,
        (Format::Human, Some("json")) => Format::Json,
        (asked, _) => asked,
    }
}

fn part<'a>(stack: &'a Stack, seen: Option<&'a Seen>) -> Part<'a> {
    Part {
        manifest: &stack.manifest,
        live: seen.map(|seen| Live {
            observed: &seen.survey.observed,
            health: &seen.health,
        }),
    }
}

fn written(graph: &Graph, format: Format) -> Result<(String, Option<String>), Trouble> {
    let mut text = Vec::new();
    let mut note = None;
    match format {
        Format::Json => crate::render::json::write(&mut text, &views::json(graph))?,
        Format::Svg => views::svg(&mut text, graph)?,
        Format::Dot => views::dot(&mut text, graph)?,
        Format::Mermaid => note = views::mermaid(&mut text, graph)?,
        Format::Human | Format::Junit | Format::Markdown | Format::Html | Format::Github => {
            views::outline(&mut text, graph)?;
        }
    }
    Ok((String::from_utf8_lossy(&text).into_owned(), note))
}

/// Refuses a file that no earlier run made: a mistyped name would end a manifest.
fn refuse_others(file: &Path) -> Result<(), Trouble> {
    let mut begin = Vec::new();
    let read = std::fs::File::open(file).and_then(|it| it.take(BEGIN).read_to_end(&mut begin));
    let why = match read {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => error.to_string(),
        Ok(_) if String::from_utf8_lossy(&begin).contains(views::MADE_BY) => return Ok(()),
        Ok(_) => "it is there, and no picture that `tunctl graph` made".to_owned(),
    };
    let message = format!("cannot write `{}`: {why}", file.display());
    Err(Problem::new("tunctl::cannot_write", message)
        .help("name another file, or remove this one")
        .into())
}

fn put(file: &Path, text: &str) -> Result<(), Trouble> {
    if !file.exists() {
        return init::write(file, text);
    }
    plan_file::put(file, text).map_err(|error| {
        let message = format!("cannot write `{}`: {error}", file.display());
        Problem::new("tunctl::cannot_write", message).into()
    })
}

async fn look(console: &Console, global: &Global, stacks: &[Stack]) -> Result<Vec<Seen>, Trouble> {
    let session = Session::open(console, global, stacks).await?;
    let mut seen = Vec::new();
    for stack in stacks {
        match look_at(&session, stack).await {
            Ok(one) => seen.push(one),
            Err(trouble) => {
                session.close().await?;
                return Err(trouble);
            }
        }
    }
    session.close().await?;
    Ok(seen)
}

async fn look_at(session: &Session, stack: &Stack) -> Result<Seen, Trouble> {
    let manifest = &stack.manifest;
    let (client, account) = (&session.client, manifest.account.as_str());
    let (desired, ownership) = (&manifest.desired, &manifest.ownership);
    let survey = observe::observe(client, account, desired, ownership).await;
    let mut survey = survey.map_err(Trouble::report)?;
    kept_rules(session, stack, &mut survey).await?;
    let declared = desired.resources.keys().cloned();
    let declared = declared.filter(|it| it.kind == Tunnel::NAME || it.kind == WarpConnector::NAME);
    let asked: BTreeSet<Address> = declared.collect();
    let health = health(client, account, &asked).await;
    let health = health.map_err(Trouble::report)?;
    Ok(Seen { survey, health })
}

/// Reads the rules of declared tunnels whose manifest leaves them as they are.
async fn kept_rules(session: &Session, stack: &Stack, survey: &mut Survey) -> Result<(), Trouble> {
    let manifest = &stack.manifest;
    let Some(kind) = kind::find(TunnelConfig::NAME) else {
        return Ok(());
    };
    let kept = manifest.desired.names(Tunnel::NAME);
    let kept = kept.filter(|name| !manifest.routes.contains_key(*name));
    let unread = |name: &&str| survey.observed.at(&TunnelConfig::address(name)).is_empty();
    let listings = kept
        .filter(unread)
        .filter_map(|name| Some((kind, kind.look(&survey.scope, &survey.observed.ids, name)?)));
    let listings: Vec<_> = listings.collect();
    let view = View {
        scope: &survey.scope,
        ids: &survey.observed.ids,
        desired: &manifest.desired,
        ownership: &manifest.ownership,
        reach: Reach::Needed,
    };
    for seen in observe::look_all(&session.client, &listings, &view).await {
        for (address, object) in seen.map_err(Trouble::report)? {
            survey.observed.add(address, object);
        }
    }
    Ok(())
}
