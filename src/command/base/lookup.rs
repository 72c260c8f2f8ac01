//! Where the base of a stack is: repository, commit, file. Every way not to find it is a problem
//! that says what to type.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::ROLLBACK;
use crate::command::environment;
use crate::command::stacks::Stack;
use crate::files::{self, Found};
use crate::git::{Commit, GitError, Repository, Snapshot};
use crate::manifest::Manifest;
use crate::manifest::yaml::Node;
use crate::problem::Problem;
use crate::source::{Sources, Span};

/// A stack's repository, and the commit that is asked about.
pub(super) struct Lookup<'a> {
    stack: &'a Stack,
    /// The manifest, from the first directory of the work tree.
    file: PathBuf,
    repository: Repository,
    head: Commit,
    revision: &'a str,
    there: Commit,
}

impl<'a> Lookup<'a> {
    /// # Errors
    /// If there is no repository, or it does not know HEAD or the revision.
    pub(super) fn new(stack: &'a Stack, revision: &'a str) -> Result<Self, Problem> {
        let parent = stack.file.parent().unwrap_or(Path::new("."));
        let repository = Repository::of(parent, environment::git()).map_err(|it| unread(&it))?;
        let head = repository.commit("HEAD").map_err(|it| unread(&it))?;
        let there = repository.commit(revision);
        let there = there.map_err(|error| unknown_revision(&repository, revision, &error))?;
        let name = stack.file.file_name().unwrap_or_default();
        Ok(Self {
            stack,
            file: repository.prefix().join(name),
            repository,
            head,
            revision,
            there,
        })
    }

    /// The commit that the revision means.
    pub(super) fn there(&self) -> &Commit {
        &self.there
    }

    /// A commit, if it is here.
    pub(super) fn known(&self, revision: &str) -> Option<Commit> {
        self.repository.commit(revision).ok()
    }

    /// Whether older history may not be here.
    pub(super) fn is_shallow(&self) -> bool {
        self.repository.is_shallow().unwrap_or(true)
    }

    /// Whether a commit is another one or stands before it, as far as git can say.
    pub(super) fn reaches(&self, older: &Commit, newer: &Commit) -> bool {
        self.repository.is_ancestor(older, newer).unwrap_or(false)
    }

    /// What was applied last, if HEAD stands before it.
    pub(super) fn ahead(&self, recorded: Option<&str>) -> Option<Commit> {
        let last = self.known(recorded?)?;
        (self.head != last && self.reaches(&self.head, &last)).then_some(last)
    }

    /// Why HEAD is not applied.
    pub(super) fn refused(&self, last: &Commit) -> Problem {
        let (head, last) = (self.head.short(), last.short());
        let message = format!("HEAD ({head}) is older than what was applied last ({last})");
        let problem = Problem::new(ROLLBACK, message);
        problem
            .help("bring the work tree up to date, or go back with `--base auto --allow rollback`")
    }

    /// Where the history of HEAD left that of the revision.
    ///
    /// # Errors
    /// If that is not to be seen here.
    pub(super) fn merge_base(&self) -> Result<Commit, Problem> {
        let found = self.repository.merge_base(&self.head, &self.there);
        if let Some(commit) = found.map_err(|it| unread(&it))? {
            return Ok(commit);
        }
        let revision = self.revision;
        let message = format!("HEAD and `{revision}` have no common commit here");
        let problem = Problem::new("tunctl::base_unread", unchanged(&message));
        Err(if self.repository.is_shallow().unwrap_or(false) {
            problem.help(
                "this clone is shallow: run `git fetch --unshallow`, or `git fetch --deepen=1000` \
                 for a part; in GitHub's workflows check out with `fetch-depth: 0`",
            )
        } else {
            problem.help("name a revision that the branch began at")
        })
    }

    /// The stack's manifest as a commit has it. `None`: it has none.
    ///
    /// # Errors
    /// If it cannot be found or read.
    pub(super) fn manifest(
        &self,
        commit: &Commit,
        variables: &BTreeMap<String, String>,
        sources: &mut Sources,
    ) -> Result<Option<Manifest>, Problem> {
        let snapshot = self.repository.snapshot(commit);
        let Some(file) = self.file_in(&snapshot, variables)? else {
            return Ok(None);
        };
        let loaded = files::load_at(&snapshot, &file, variables, sources);
        loaded
            .map(Some)
            .map_err(|problems| unreadable(commit, &problems, sources))
    }

    /// The same path, else where the stack was before it moved.
    fn file_in(
        &self,
        snapshot: &Snapshot<'_>,
        variables: &BTreeMap<String, String>,
    ) -> Result<Option<PathBuf>, Problem> {
        if files::is_in(snapshot, &self.file) {
            return Ok(Some(self.file.clone()));
        }
        let stack = &self.stack.manifest.ownership.stack;
        let found = self.manifests(snapshot, variables)?.into_iter();
        let found = found.filter(|it| it.stack == *stack).map(|it| it.path);
        let mut found: Vec<PathBuf> = found.collect();
        let stays = |file: &PathBuf| self.repository.top().join(file).exists();
        if found.len() > 1 || found.iter().any(stays) {
            let files: Vec<String> = found
                .iter()
                .map(|it| format!("`{}`", it.display()))
                .collect();
            let message = format!("stack `{stack}` is at the base in {}", files.join(", "));
            return Err(Problem::new("tunctl::base_unread", unchanged(&message))
                .help("let one manifest be this stack, and give others another `stack`"));
        }
        Ok(found.pop())
    }
}

impl Lookup<'_> {
    /// The manifests of other stacks of the account that HEAD has, as they are in the work tree.
    ///
    /// # Errors
    /// If HEAD cannot be looked through.
    pub(super) fn neighbours(
        &self,
        variables: &BTreeMap<String, String>,
    ) -> Result<Vec<Found>, Problem> {
        let snapshot = self.repository.snapshot(&self.head);
        let stack = &self.stack.manifest.ownership.stack;
        let found = self.manifests(&snapshot, variables)?.into_iter();
        let others = found.filter(|it| it.stack != *stack).map(|it| Found {
            path: self.repository.top().join(&it.path),
            ..it
        });
        Ok(others.filter(|it| it.path.exists()).collect())
    }

    /// The manifests of a commit that are about this account.
    fn manifests(
        &self,
        snapshot: &Snapshot<'_>,
        variables: &BTreeMap<String, String>,
    ) -> Result<Vec<Found>, Problem> {
        let account = self.stack.manifest.account.to_ascii_lowercase();
        let found = files::manifests(snapshot, variables).map_err(|it| Problem {
            code: "tunctl::base_unread",
            message: unchanged(&it.message),
            ..it
        })?;
        Ok(found
            .into_iter()
            .filter(|it| it.account == account)
            .collect())
    }
}

/// Why a manifest is no later state of the one at the base, if that is so.
pub(super) fn another(then: &Manifest, now: &Manifest) -> Option<Problem> {
    let key = |key: &'static str, before: &str, after: &str| {
        let differs = !before.is_empty() && !before.eq_ignore_ascii_case(after);
        differs.then(|| (key, before.to_owned(), after.to_owned()))
    };
    let changed = key("account", &then.account, &now.account);
    let stacks = (&then.ownership.stack, &now.ownership.stack);
    let (name, before, after) = changed.or_else(|| key("stack", stacks.0, stacks.1))?;
    let message = format!("`{name}` is another one than at the base");
    let problem = Problem::new("tunctl::base_of_another_stack", message);
    let label = format!("`{after}` here and `{before}` at the base");
    Some(
        match place(now.tree.as_ref(), name) {
            Some(at) => problem.at(at, label),
            None => Problem {
                message: format!("{}: {label}", problem.message),
                ..problem
            },
        }
        .help("plan without --base: what the former one has is not deleted from here"),
    )
}

fn place(tree: Option<&Node>, key: &str) -> Option<Span> {
    Some(tree?.get(key)?.span)
}

/// What every fault of a base means.
fn unchanged(fault: &str) -> String {
    format!("{fault}; the plan is about all differences, and nothing is deleted")
}

fn unread(error: &GitError) -> Problem {
    let problem = Problem::new("tunctl::base_unread", unchanged(&error.to_string()));
    match error {
        GitError::Run(_) => problem.help("install git, or plan without --base"),
        GitError::NoRepository(_) => problem.help(
            "run in a clone of the repository; if git does not trust it, do what git says with \
             `git config --global --add safe.directory DIRECTORY`",
        ),
        GitError::UnknownCommit(_) => problem.help("commit something first"),
        GitError::Failed(_) => problem.help("`git fsck` looks for damage"),
    }
}

fn unknown_revision(repository: &Repository, revision: &str, error: &GitError) -> Problem {
    if !matches!(error, GitError::UnknownCommit(_)) {
        return unread(error);
    }
    let problem = Problem::new("tunctl::base_unread", unchanged(&error.to_string()));
    let shallow = repository.is_shallow().unwrap_or(false);
    let fetch = if shallow {
        "git fetch --unshallow"
    } else {
        "git fetch"
    };
    let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '/' | '-' | '_' | '.');
    let branch = revision
        .strip_prefix("origin/")
        .filter(|it| it.chars().all(plain));
    let help = match branch {
        Some(branch) => {
            format!("run `{fetch} origin +refs/heads/{branch}:refs/remotes/origin/{branch}`")
        }
        None if Commit::parse(revision).is_some() => {
            format!("run `{fetch} origin {revision}`")
        }
        None => "name a branch, a tag or a commit that `git rev-parse` knows".to_owned(),
    };
    problem.help(if shallow {
        format!("{help}; in GitHub's workflows check out with `fetch-depth: 0`")
    } else {
        help
    })
}

fn unreadable(commit: &Commit, problems: &[Problem], sources: &Sources) -> Problem {
    let first = problems.first();
    let at = first.and_then(|it| it.labels.first());
    let at = at.and_then(|(span, text)| {
        let source = sources.get(span.source)?;
        let line = sources.line(*span);
        Some(format!(" ({}, line {line}: {text})", source.name))
    });
    let what = first.map_or("it cannot be read", |it| it.message.as_str());
    let commit = commit.short();
    let message = format!(
        "the manifest at the base {commit} is not valid: {what}{}",
        at.unwrap_or_default()
    );
    let problem = Problem::new("tunctl::base_unread", unchanged(&message));
    problem.help("give the variables that it needs, or name a base where it is valid")
}
