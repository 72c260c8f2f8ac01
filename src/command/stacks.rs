//! Loading the stacks that a command line names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;

use super::base::Compared;
use super::console::{self, Trouble};
use super::environment;
use crate::address::Address;
use crate::claim::Claim;
use crate::cli::{Files, Global};
use crate::files;
use crate::manifest::Manifest;
use crate::manifest::yaml::Budget;
use crate::problem::Problem;
use crate::secret::Delivery;
use crate::source::Sources;

/// One stack of this run.
#[derive(Debug)]
pub(super) struct Stack {
    /// The manifest's path.
    pub(super) file: PathBuf,
    /// What it says.
    pub(super) manifest: Manifest,
    /// The way to its sinks.
    pub(super) delivery: Delivery,
    /// What it is compared with.
    pub(super) base: Compared,
}

/// All stacks of a run with their texts.
#[derive(Debug)]
pub(super) struct Stacks {
    pub(super) stacks: Vec<Stack>,
    pub(super) sources: Sources,
}

impl Stacks {
    /// The accounts that the stacks are in.
    pub(super) fn accounts(&self) -> BTreeSet<String> {
        let stacks = self.stacks.iter();
        stacks.map(|it| it.manifest.account.clone()).collect()
    }
}

/// Loads every stack; the problems of all of them are reported together. Of a shard, too, every
/// file is read: what the others declare is theirs.
///
/// # Errors
/// Everything that is wrong with any of them.
pub(super) fn load(global: &Global, arguments: &Files) -> Result<Stacks, Trouble> {
    let variables = environment::for_manifests(global)?;
    let mut sources = Sources::default();
    let mut stacks = Vec::new();
    let mut problems = Vec::new();
    for argument in &arguments.files {
        for file in files::stacks(argument)? {
            let mut budget = Budget::default();
            match files::load(&file, &variables, &mut sources, &mut budget) {
                Ok(manifest) => {
                    let sinks = manifest.sinks.clone();
                    stacks.push(Stack {
                        delivery: Delivery::new(sinks, &file, global.timeout),
                        file,
                        manifest,
                        base: Compared::Nothing,
                    });
                }
                Err(more) => problems.extend(more),
            }
        }
    }
    if !problems.is_empty() {
        return Err(Trouble::Problems(problems, sources));
    }
    refuse_twins(&stacks)?;
    refuse_overlaps(&stacks)?;
    tell_apart(&mut stacks);
    if let Some(shard) = global.shard {
        stacks.retain(|it| shard.takes(&it.manifest.account, &it.manifest.ownership.stack));
        if stacks.is_empty() && !global.quiet {
            console::complain(&format!("No stack is in shard {shard}."));
        }
    }
    Ok(Stacks { stacks, sources })
}

/// Two stacks of one name in one account would take each other's objects for their own.
fn refuse_twins(stacks: &[Stack]) -> Result<(), Trouble> {
    let key = |stack: &Stack| {
        let manifest = &stack.manifest;
        (manifest.account.clone(), manifest.ownership.stack.clone())
    };
    let mut seen: BTreeMap<(String, String), &Stack> = BTreeMap::new();
    for stack in stacks {
        if let Some(first) = seen.insert(key(stack), stack) {
            let message = format!(
                "`{}` and `{}` are both stack `{}` of one account",
                first.file.display(),
                stack.file.display(),
                stack.manifest.ownership.stack
            );
            return Err(Problem::new("tunctl::duplicate_stack", message)
                .help("give one of them another name; parts of one stack belong in `include`")
                .into());
        }
    }
    Ok(())
}

/// What two stacks of one account own, either could delete.
fn refuse_overlaps(stacks: &[Stack]) -> Result<(), Trouble> {
    let claim = |stack: &Stack| {
        let manifest = &stack.manifest;
        let claim = Claim::of(
            &manifest.desired,
            &manifest.ownership,
            Timestamp::UNIX_EPOCH,
            |_| false,
        );
        (manifest.account.clone(), claim)
    };
    let claims: Vec<(String, Claim)> = stacks.iter().map(claim).collect();
    for (index, (account, claim)) in claims.iter().enumerate() {
        let others = claims[..index].iter().filter(|(other, _)| other == account);
        let mut clashes = others.filter_map(|(_, other)| other.contradiction(claim));
        if let Some(clash) = clashes.next() {
            return Err(clash.into());
        }
    }
    Ok(())
}

/// What one manifest of a run declares is never another one's, whatever its patterns say.
fn tell_apart(stacks: &mut [Stack]) {
    let declared: Vec<(usize, String, Vec<Address>)> = stacks
        .iter()
        .enumerate()
        .map(|(index, stack)| {
            let addresses = stack.manifest.desired.resources.keys().cloned().collect();
            (index, stack.manifest.account.clone(), addresses)
        })
        .collect();
    let names: Vec<String> = stacks
        .iter()
        .map(|stack| stack.manifest.ownership.stack.clone())
        .collect();
    for (index, stack) in stacks.iter_mut().enumerate() {
        let others = declared
            .iter()
            .filter(|(other, account, _)| *other != index && *account == stack.manifest.account);
        let elsewhere: BTreeMap<Address, String> = others
            .flat_map(|(other, _, addresses)| {
                let owner = &names[*other];
                addresses.iter().map(move |it| (it.clone(), owner.clone()))
            })
            .collect();
        stack.manifest.ownership.elsewhere = elsewhere;
    }
}
