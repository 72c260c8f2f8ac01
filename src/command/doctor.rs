//! `tunctl doctor`: asks, judges, says it at a glance, and mends what is beyond doubt.

mod fix;
mod store;

use futures::future::join_all;
use jiff::Timestamp;

use super::console::{self, Console, Trouble};
use super::planning::{self, Planned, Unplanned, one, title};
use super::runtime;
use super::session::Session;
use super::stacks::{self, Stack, Stacks};
use super::wish::Wish;
use crate::cli::{Choice, DoctorArgs, Global, Purpose};
use crate::doctor::facts::{self, Account, StoreFacts};
use crate::doctor::least::{self, Least};
use crate::doctor::permission::Access;
use crate::doctor::{self, Examined, Facts};
use crate::examine::{Examination, Trial};
use crate::exit::Exit;
use crate::render::doctor::{Diagnosis, human, json, least as show_least};

/// What is known of one stack.
struct Patient<'a> {
    stack: &'a Stack,
    account: Account,
    examined: Vec<Examined>,
    least: Least,
}

/// The command `doctor`.
pub(super) fn run(
    console: &Console,
    global: &Global,
    arguments: &DoctorArgs,
) -> Result<Exit, Trouble> {
    let loaded = stacks::load(global, &arguments.files)?;
    let wish = Wish::drift(&Choice::default())?;
    runtime()?.block_on(async {
        let session = Session::open(console, global, &loaded.stacks).await?;
        let end = examine(console, &session, &loaded, (&wish, arguments)).await;
        let closed = session.close().await;
        let end = end?;
        closed.map(|()| end)
    })
}

async fn examine(
    console: &Console,
    session: &Session,
    loaded: &Stacks,
    (wish, arguments): (&Wish, &DoctorArgs),
) -> Result<Exit, Trouble> {
    let planned = planning::plan_all(session, loaded, wish).await;
    let stacks = loaded.stacks.iter();
    let asked = stacks.map(|stack| look(session, stack, arguments));
    let asked = join_all(asked).await;
    let stacks = loaded.stacks.iter().zip(asked).zip(&planned);
    let patients: Vec<Patient<'_>> = stacks
        .map(|((stack, asked), planned)| judge(stack, asked, planned, reach(arguments)))
        .collect();
    let mut ends: Vec<Exit> = patients.iter().map(end).collect();
    session.progress.suspend(|| report(console, &patients))?;
    let mut outcomes = Vec::new();
    if arguments.fix {
        let sick = patients.iter().map(|it| doctor::mendable(&it.account));
        let sick: Vec<_> = sick.collect();
        let mend = (planned.as_slice(), sick.as_slice(), arguments.auto_approve);
        let (end, done) = fix::run(console, session, loaded, mend).await?;
        ends.push(end);
        outcomes = done;
    }
    if console.is_for_programs() {
        let mut told: Vec<_> = patients.iter().map(|it| json(&it.diagnosis())).collect();
        for (told, outcome) in told.iter_mut().zip(outcomes) {
            told["fixed"] = outcome;
        }
        console::print_json(&one(told))?;
    }
    Ok(Exit::worst(ends))
}

fn reach(arguments: &DoctorArgs) -> Access {
    match arguments.purpose {
        Purpose::Plan => Access::Read,
        Purpose::Apply => Access::Edit,
    }
}

async fn look(session: &Session, stack: &Stack, arguments: &DoctorArgs) -> (Account, StoreFacts) {
    let examination = Examination {
        client: &session.client,
        manifest: &stack.manifest,
        reach: reach(arguments),
        trial: if arguments.no_probe {
            Trial::Refrain
        } else {
            Trial::Probe
        },
        now: &Timestamp::now,
    };
    let account = examination.examine().await;
    let writes = reach(arguments) == Access::Edit && !arguments.no_probe;
    (account, store::look(session, stack, writes).await)
}

fn judge<'a>(
    stack: &'a Stack,
    (account, store): (Account, StoreFacts),
    planned: &Result<Planned, Unplanned>,
    reach: Access,
) -> Patient<'a> {
    let manifest = &stack.manifest;
    let facts = Facts {
        manifest,
        account: &account,
        store: &store,
        planned: match planned {
            Ok(planned) => Ok(facts::Planned {
                plan: &planned.plan,
                forecast: &planned.forecast,
            }),
            Err(unplanned) => Err(reasons(unplanned)),
        },
    };
    let examined = doctor::examine(&facts);
    let name = &manifest.ownership.stack;
    let least = least::token(name, &manifest.account, &account, reach);
    Patient {
        stack,
        account,
        examined,
        least,
    }
}

/// Why there is no plan: a code and a sentence each.
fn reasons(unplanned: &Unplanned) -> Vec<(String, String)> {
    use miette::Diagnostic as _;
    match unplanned {
        Unplanned::Unread(error) => {
            let code = error.code().map(|it| it.to_string());
            vec![(code.unwrap_or_default(), error.to_string())]
        }
        Unplanned::Refused(problems) => {
            let reasons = problems.iter().map(|problem| {
                let place = problem.labels.first();
                let place = place.map_or(String::new(), |(_, text)| format!(": {text}"));
                (
                    problem.code.to_owned(),
                    format!("{}{place}", problem.message),
                )
            });
            reasons.collect()
        }
    }
}

fn end(patient: &Patient<'_>) -> Exit {
    if doctor::is_broken(&patient.examined) {
        Exit::Error
    } else {
        Exit::Success
    }
}

/// Says it to people.
fn report(console: &Console, patients: &[Patient<'_>]) -> Result<(), Trouble> {
    if console.is_for_programs() {
        return Ok(());
    }
    let mut text = Vec::new();
    for patient in patients {
        if patients.len() > 1 {
            title(&mut text, patient.stack)?;
        }
        human(&mut text, &patient.diagnosis(), console.style)?;
        if !console.quiet {
            show_least(&mut text, &patient.diagnosis(), console.style)?;
        }
    }
    console::print(&String::from_utf8_lossy(&text))
}

impl Patient<'_> {
    fn diagnosis(&self) -> Diagnosis<'_> {
        Diagnosis {
            stack: &self.stack.manifest.ownership.stack,
            examined: &self.examined,
            rights: &self.account.rights,
            least: &self.least,
        }
    }
}
