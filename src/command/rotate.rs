//! `tunctl rotate`: plan the rotation of one secret, show, ask, carry out; for a tunnel, hand its
//! connectors over.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::apply::{self, Approved};
use super::connectors;
use super::console::{self, Console, Trouble};
use super::planning::{self, Planned, Unplanned};
use super::session::Session;
use super::stacks::{self, Stacks};
use super::wish::Wish;
use super::{runtime, signals, tunnel};
use crate::address::Address;
use crate::apply::Stop;
use crate::apply::handover::{End, Handover};
use crate::cli::{Global, Rotate};
use crate::exit::Exit;
use crate::kind::Kind as _;
use crate::kind::api_token::ApiToken;
use crate::kind::service_token::ServiceToken;
use crate::kind::tunnel::Tunnel;
use crate::plan::{Action, Policy};
use crate::problem::Problem;
use crate::render;
use crate::suggest;

/// What is to be rotated.
struct Asked<'a> {
    address: &'a Address,
    auto_approve: bool,
    /// How long the connectors of a tunnel may take; `None` if it is no tunnel.
    wait: Option<Duration>,
}

/// The command `rotate`.
pub(super) fn run(console: &Console, global: &Global, what: &Rotate) -> Result<Exit, Trouble> {
    let (kind, arguments) = match what {
        Rotate::Tunnel(tunnel) => (Tunnel::NAME, &tunnel.rotate),
        Rotate::ServiceToken(arguments) => (ServiceToken::NAME, arguments),
        Rotate::ApiToken(arguments) => (ApiToken::NAME, arguments),
    };
    let mut loaded = stacks::load(global, &arguments.files)?;
    let address = declared(&mut loaded, kind, &arguments.name)?;
    let wish = Wish::rotation(&address);
    let wait = match what {
        Rotate::Tunnel(tunnel) => Some(tunnel.wait),
        Rotate::ServiceToken(_) | Rotate::ApiToken(_) => None,
    };
    let asked = Asked {
        address: &address,
        auto_approve: arguments.auto_approve,
        wait,
    };
    let runtime = runtime()?;
    let end = runtime.block_on(async {
        let session = Session::open(console, global, &loaded.stacks).await?;
        let stop = Stop::default();
        let work = rotate(console, (&session, &stop), &loaded, &wish, &asked);
        let accounts = loaded.accounts();
        let locked = session
            .locks
            .holding(console, (&session, &stop), &accounts, work);
        let end = signals::heed(console, &stop, Box::pin(locked)).await;
        let closed = session.close().await;
        let end = end?;
        closed.map(|()| end)
    });
    runtime.shutdown_background();
    end
}

/// The address of a declared name; only its stack is left.
fn declared(loaded: &mut Stacks, kind: &str, name: &str) -> Result<Address, Trouble> {
    let stacks = loaded.stacks.iter();
    let all = stacks.flat_map(|it| it.manifest.desired.resources.keys());
    let known: BTreeSet<Address> = all.filter(|it| it.kind == kind).cloned().collect();
    let of_zone = format!("{name}@");
    let fits = |it: &&Address| it.name == name || it.name.starts_with(&of_zone);
    let exact = known.iter().filter(|it| it.name == name).take(1);
    let found: Vec<&Address> = match exact.collect::<Vec<_>>() {
        exact if !exact.is_empty() => exact,
        _ => known.iter().filter(fits).collect(),
    };
    let [address] = found.as_slice() else {
        let names = known.iter().map(|it| it.name.as_str());
        let help = match suggest::nearest(name, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("`rotate` takes the name of a `{kind}` that the manifest declares"),
        };
        let message = match found.len() {
            0 => format!("no `{kind}` of the manifest is called `{name}`"),
            _ => format!("several zones have a `{kind}` called `{name}`"),
        };
        return Err(Problem::new("tunctl::unknown_address", message)
            .help(help)
            .into());
    };
    let address = (*address).clone();
    loaded
        .stacks
        .retain(|stack| stack.manifest.desired.contains(&address));
    Ok(address)
}

async fn rotate(
    console: &Console,
    (session, stop): (&Session, &Stop),
    loaded: &Stacks,
    wish: &Wish,
    asked: &Asked<'_>,
) -> Result<Exit, Trouble> {
    let planned = planning::plan_all(session, loaded, wish).await;
    check(loaded, &planned, asked.address)?;
    // A spinner would draw over the question.
    session.progress.finish();
    let approving = apply::approve(console, stop, (wish, asked.auto_approve), loaded, &planned);
    let approved = match approving.await? {
        Ok(approved) => approved,
        Err(exit) => return Ok(exit),
    };
    session.progress.resume();
    let mut ends = Vec::new();
    for it in &approved {
        ends.push(carry_out(console, (session, stop), it, asked).await?);
    }
    Ok(Exit::worst(ends))
}

/// Refuses what cannot be rotated.
fn check(
    loaded: &Stacks,
    planned: &[Result<Planned, Unplanned>],
    address: &Address,
) -> Result<(), Trouble> {
    for (stack, planned) in loaded.stacks.iter().zip(planned) {
        let declared = stack.manifest.desired.get(address);
        if declared.is_some_and(|it| it.lifecycle.keeping.is_none()) {
            let message = format!("nothing says where the new secret of `{address}` goes");
            return Err(Problem::new("tunctl::no_run_token", message)
                .help("name a sink in its entry: `runToken: SINK`")
                .into());
        }
        let Ok(planned) = planned else {
            continue;
        };
        let mut changes = planned.plan.changes();
        if !changes.any(|it| matches!(it.action, Action::Rotate { .. })) {
            let spared = planned.plan.warnings.iter();
            let mut spared = spared.filter(|it| it.code == "tunctl::own_token");
            if let Some(warning) = spared.next() {
                return Err(warning.clone().into());
            }
            let message =
                format!("`{address}` is not at Cloudflare, so there is nothing to rotate");
            return Err(Problem::new("tunctl::nothing_to_rotate", message)
                .help("`tunctl apply` makes it")
                .into());
        }
    }
    Ok(())
}

async fn carry_out(
    console: &Console,
    (session, stop): (&Session, &Stop),
    approved: &Approved<'_>,
    asked: &Asked<'_>,
) -> Result<Exit, Trouble> {
    let Approved { stack, planned } = approved;
    let object = planned.survey.observed.at(asked.address).first();
    let handover = object.zip(asked.wait).map(|(object, wait)| Handover {
        client: &session.client,
        clock: session.clock.as_ref(),
        account: &stack.manifest.account,
        tunnel: &object.id,
        patience: wait,
    });
    let mut before = BTreeSet::new();
    if let Some(handover) = &handover {
        let connectors = handover.connectors().await.map_err(Trouble::report)?;
        before.extend(connectors.into_iter().map(|it| it.id));
    }
    // A rotation writes no configuration that connectors would load.
    let calm = (Duration::ZERO, stop);
    let outcome = apply::execute(console, session, approved, calm).await;
    let mut end = apply::end(&outcome, &planned.plan);
    if !console.is_for_programs() {
        apply::tell(console, session, &outcome, Policy::KeepAll)?;
    }
    let mut result = render::json::outcome_json(&planned.plan.stack, &outcome);
    if let Some(handover) = handover.filter(|_| end == Exit::Success) {
        session
            .progress
            .note("waiting for connectors to start anew");
        let handed = handover.carry_out(&before).await.map_err(Trouble::report)?;
        let tunnel = (asked.address, handover.tunnel);
        connectors::note_handover(session, stack, tunnel, &handed).await?;
        if let End::Waiting(_) = handed {
            end = Exit::Unsettled;
        }
        if console.is_for_programs() {
            result["handover"] = match &handed {
                End::Done(cut) => json!({"disconnected": render::connectors::json(cut)}),
                End::Waiting(old) => json!({"waiting_for": render::connectors::json(old)}),
            };
        } else {
            let text = words(&handed, &asked.address.name);
            session.progress.suspend(|| console::print(&text))?;
        }
    }
    if console.is_for_programs() {
        console::print_json(&result)?;
    }
    Ok(end)
}

/// How the handover ended, in words.
fn words(end: &End, name: &str) -> String {
    match end {
        End::Done(cut) if cut.is_empty() => "No connector uses the old run token.\n".to_owned(),
        End::Done(cut) => format!(
            "Disconnected, because they still used the old run token; start them with the new one:\n{}",
            render::connectors::lines(cut)
        ),
        End::Waiting(old) => {
            let ids = old.iter().map(|it| format!(" --connector {}", it.id));
            format!(
                "Nothing was disconnected, because no connector has come up with the new run token. \
                 These use the old one:\n{}Start them with the new token; what is left then, \
                 `tunctl connectors cleanup {}{}` disconnects.\n",
                render::connectors::lines(old),
                tunnel::shown(name),
                ids.collect::<String>()
            )
        }
    }
}
