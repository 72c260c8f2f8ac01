//! What is to be planned: which part, what is allowed, and how far it may be looked.

use std::collections::BTreeSet;

use super::console::Trouble;
use super::gc;
use super::keeping::Looks;
use super::planning::{Planned, Unplanned};
use super::session::Session;
use super::stacks::{Stack, Stacks};
use crate::address::Address;
use crate::cli::{Choice, Denied};
use crate::lint;
use crate::manifest;
use crate::ownership::{Ending, Patterns};
use crate::plan::Policy;
use crate::plan::guard::Allowance;
use crate::plan::select::Selection;
use crate::problem::Problem;
use crate::routing::test::Trial;
use crate::scope::Zone;
use crate::source::Sources;
use crate::suggest;

/// What is to end in a run, besides teardowns that have begun.
#[derive(Debug, Clone)]
pub(super) enum Ends {
    /// Nothing.
    Nothing,
    /// What is due.
    Expired,
    /// The tunnel that somebody names, once it is found.
    Named(String),
    /// One object.
    One(Address, Ending),
}

/// What is to be planned, for every stack alike.
#[derive(Clone)]
pub(super) struct Wish {
    pub(super) policy: Policy,
    pub(super) selection: Selection,
    /// Those of `--target` and `--exclude`.
    patterns: Vec<String>,
    pub(super) allowed: Vec<Allowance>,
    /// How far it may be looked for secrets.
    pub(super) looks: Looks,
    /// Whose secret is to be made anew.
    pub(super) rotate: Option<Address>,
    /// What is to end besides what has begun to.
    pub(super) ends: Ends,
    /// What is made again although it has ended, by name.
    pub(super) renew: BTreeSet<String>,
    deny: Option<Denied>,
}

impl Wish {
    /// # Errors
    /// If a pattern is not a glob.
    pub(super) fn new(
        choice: &Choice,
        allowed: &[Allowance],
        policy: Policy,
    ) -> Result<Self, Trouble> {
        for pattern in choice.target.iter().chain(&choice.exclude) {
            manifest::check_address_pattern(pattern).map_err(|fault| {
                let problem = Problem::new("tunctl::invalid_address", fault.message);
                fault.help.into_iter().fold(problem, Problem::help)
            })?;
        }
        let selection = Selection::new(&choice.target, &choice.exclude);
        let selection =
            selection.map_err(|error| Problem::new("tunctl::invalid_glob", error.to_string()))?;
        let patterns = choice.target.iter().chain(&choice.exclude);
        Ok(Self {
            policy,
            selection,
            patterns: patterns.cloned().collect(),
            allowed: allowed.to_vec(),
            looks: Looks::Files,
            rotate: None,
            ends: Ends::Nothing,
            renew: BTreeSet::new(),
            deny: None,
        })
    }

    /// The rotation of one secret, and nothing else.
    pub(super) fn rotation(address: &Address) -> Self {
        Self {
            policy: Policy::KeepAll,
            selection: Selection::only(address.clone()),
            patterns: Vec::new(),
            allowed: Vec::new(),
            looks: Looks::Programs,
            rotate: Some(address.clone()),
            ends: Ends::Nothing,
            renew: BTreeSet::new(),
            deny: None,
        }
    }

    /// The end of something, and nothing else.
    pub(super) fn ending(ends: Ends, allowed: &[Allowance]) -> Self {
        Self {
            policy: Policy::End,
            selection: Selection::default(),
            patterns: Vec::new(),
            allowed: allowed.to_vec(),
            looks: Looks::Files,
            rotate: None,
            ends,
            renew: BTreeSet::new(),
            deny: None,
        }
    }

    /// The same, with the tunnel found that somebody named.
    ///
    /// # Errors
    /// If there is none that may end.
    pub(super) async fn found(self, session: &Session, loaded: &Stacks) -> Result<Self, Trouble> {
        let ends = match &self.ends {
            Ends::Named(reference) => gc::named(session, loaded, reference).await?,
            Ends::Nothing | Ends::Expired | Ends::One(..) => return Ok(self),
        };
        Ok(Self { ends, ..self })
    }

    /// The same, with what is made again although it has ended.
    pub(super) fn renew(self, names: &[String]) -> Self {
        Self {
            renew: names.iter().cloned().collect(),
            ..self
        }
    }

    /// The same, with warnings of lints as errors if they are denied.
    pub(super) fn deny(self, deny: Option<Denied>) -> Self {
        Self { deny, ..self }
    }

    /// Refuses a pattern that names nothing in any of the stacks: whoever mistypes what is to be
    /// left out would otherwise apply it.
    ///
    /// # Errors
    /// The first such pattern.
    pub(super) fn check(
        &self,
        loaded: &Stacks,
        planned: &[Result<Planned, Unplanned>],
    ) -> Result<(), Trouble> {
        if self.patterns.is_empty() || planned.iter().any(Result::is_err) {
            return Ok(());
        }
        let declared = loaded.stacks.iter();
        let declared = declared.flat_map(|stack| stack.manifest.desired.resources.keys());
        let found = planned.iter().flatten();
        let found = found.flat_map(|it| it.survey.observed.objects.keys());
        let known: BTreeSet<String> = declared.chain(found).map(ToString::to_string).collect();
        for pattern in &self.patterns {
            let glob = Patterns::new([pattern.as_str()]);
            if glob.is_ok_and(|glob| known.iter().any(|address| glob.matches(address))) {
                continue;
            }
            let message = format!("nothing has the address `{pattern}`");
            let help = match suggest::nearest(pattern, known.iter().map(String::as_str)) {
                Some(address) => format!("did you mean `{address}`?"),
                None => "`tunctl plan` shows the addresses that change".to_owned(),
            };
            let problem = Problem::new("tunctl::unknown_address", message).help(help);
            return Err(problem.into());
        }
        Ok(())
    }

    /// What the lints say about a stack, whose zones are known. What is to be destroyed is not
    /// judged.
    ///
    /// # Errors
    /// The warnings as errors, if they are denied.
    pub(super) fn lint(
        &self,
        stack: &Stack,
        sources: &Sources,
        zones: &[Zone],
    ) -> Result<Vec<Problem>, Vec<Problem>> {
        let lints = match self.policy {
            Policy::Sync | Policy::KeepAll => lint::lint(&stack.manifest, sources, Some(zones)),
            Policy::Destroy | Policy::End => Vec::new(),
        };
        lint::judge(lints, self.deny.is_some())
    }

    /// How the tests of a stack end. What is to be destroyed need not pass any.
    pub(super) fn trials<'a>(&self, stack: &'a Stack) -> Vec<Trial<'a>> {
        match self.policy {
            Policy::Sync | Policy::KeepAll => stack.manifest.trials(),
            Policy::Destroy | Policy::End => Vec::new(),
        }
    }
}
