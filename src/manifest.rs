//! From YAML texts to the desired state, with the place of every part kept.
//!
//! Invariant: nothing here stops at the first mistake. Each stage returns what it could
//! understand together with everything that was wrong with it.

pub mod findings;
mod formats;
pub mod interpolate;
pub mod merge;
mod resolve;
pub mod schema;
pub mod shape;
mod sinks;
mod surface;
mod written;
pub mod yaml;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::desired::Desired;
use crate::kind::dns_record;
use crate::kind::entry::Key;
use crate::limits::Limits;
use crate::ownership::Ownership;
use crate::problem::Problem;
use crate::routing::test::{self, Test, Trial};
use crate::routing::{Routes, Routing};
use crate::sink::Sinks;
use crate::source::{Sources, Span};
use findings::Findings;
use shape::Shape;
use written::Written;
use yaml::{Budget, Node};

pub use formats::address_glob as check_address_pattern;
pub use schema::schema;

/// Everything that a stack's files say.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    /// The Cloudflare account's id.
    pub account: String,
    /// What should be.
    pub desired: Desired,
    /// What is ours.
    pub ownership: Ownership,
    /// How much one run may delete or change.
    pub limits: Limits,
    /// Where secrets go.
    pub sinks: Sinks,
    /// The rules of each tunnel, by its name.
    pub routes: BTreeMap<String, Routes>,
    /// What should answer which URL.
    pub tests: Vec<Test>,
    /// All files as one tree, in which the places of everything can be looked up.
    pub tree: Option<Node>,
    /// The comments of all files, from `#` to the end of the line.
    pub comments: Vec<Span>,
}

impl Manifest {
    /// Runs the manifest's tests.
    #[must_use]
    pub fn trials(&self) -> Vec<Trial<'_>> {
        test::run(&self.tests, &self.routing())
    }

    /// Where every URL leads, as far as this manifest says.
    #[must_use]
    pub fn routing(&self) -> Routing<'_> {
        let tunnels = self.routes.iter();
        Routing {
            tunnels: tunnels
                .map(|(name, routes)| (name.as_str(), routes))
                .collect(),
            records: dns_record::declared(&self.desired).collect(),
        }
    }
}

/// One file, read but not yet understood.
#[derive(Debug)]
pub struct Document {
    root: Option<Node>,
    comments: Vec<Span>,
    problems: Vec<Problem>,
}

/// Takes in one file: composes it and fills in variables.
#[must_use]
pub fn open(
    sources: &mut Sources,
    name: &str,
    bytes: &[u8],
    variables: &BTreeMap<String, String>,
    budget: &mut Budget,
) -> Document {
    let broken = |problem| Document {
        root: None,
        comments: Vec::new(),
        problems: vec![problem],
    };
    if let Err(problem) = budget.take_text(name, bytes) {
        return broken(problem);
    }
    let shown = yaml::decode::shown(String::from_utf8_lossy(bytes));
    let source = sources.add(name, shown);
    let text = match yaml::decode(source, bytes) {
        Ok(text) => text,
        Err(problem) => return broken(problem),
    };
    let composed = yaml::compose(source, text, budget);
    let mut problems = composed.problems;
    let root = composed.root.map(|root| {
        let (root, more) = interpolate::interpolate(&root, variables, sources);
        problems.extend(more);
        root
    });
    Document {
        root,
        comments: composed.comments,
        problems,
    }
}

impl Document {
    /// Whether the file has a key at its top.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.root
            .as_ref()
            .is_some_and(|root| root.get(key).is_some())
    }

    /// The scalar under a key at its top.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        let value = self.root.as_ref()?.get(key)?;
        value.scalar().map(|scalar| scalar.text.as_ref())
    }

    /// The patterns of further files that it names, with their places.
    #[must_use]
    pub fn includes(&self) -> Vec<(String, Span)> {
        let list = self.root.as_ref().and_then(|root| root.get("include"));
        let items = list.map(Node::items).unwrap_or_default();
        items
            .iter()
            .filter_map(|item| Some((item.scalar()?.text.to_string(), item.span)))
            .collect()
    }
}

/// Understands a manifest and the files that it includes: merges them, checks their shape
/// against the schema, and lowers them to resources.
///
/// # Errors
/// Everything that is wrong, by place; each place is blamed once. If the manifest itself cannot
/// be read as YAML, nothing more is said about the files that it includes.
pub fn load(documents: Vec<Document>) -> Result<Manifest, Vec<Problem>> {
    let mut findings = Findings::default();
    let complete = documents.iter().all(|document| document.root.is_some());
    let readable = documents.first().is_some_and(|main| main.root.is_some());
    let (mut roots, mut comments) = (Vec::new(), Vec::new());
    for document in documents {
        findings.extend(document.problems);
        comments.extend(document.comments);
        roots.extend(document.root);
    }
    let mut manifest = None;
    if let Some((main, included)) = roots.split_first().filter(|_| readable) {
        let (root, problems) = merge::merge(main, included);
        findings.extend(problems);
        let (value, mut misshapen) = shape().check(&root, &formats::formats());
        misshapen.retain(|problem| complete || !is_missing_at_top(problem, &root));
        let sound = findings.is_empty() && misshapen.is_empty();
        let document = resolve::Document::new(&root, &value, &misshapen);
        let (resolved, problems) = document.resolve(sound);
        manifest = resolved.map(|manifest| Manifest {
            tree: Some(root.clone()),
            comments,
            ..manifest
        });
        findings.extend(misshapen);
        findings.extend(problems);
    }
    let problems = findings.into_problems();
    match manifest {
        Some(manifest) if problems.is_empty() => Ok(manifest),
        Some(_) | None => Err(problems),
    }
}

/// The place of a field of an entry of a section: where it is written, in the entry or in the
/// defaults, else the nearest part of the entry that is written.
#[must_use]
pub fn place(tree: &Node, section: &str, name: &str, path: &[Key<'_>]) -> Span {
    Written::new(tree, section, name).place(path)
}

/// Whether it is about a key of the whole manifest, which a file that cannot be read may have.
fn is_missing_at_top(problem: &Problem, root: &Node) -> bool {
    let top = root.mapping().and_then(|keys| keys.iter().next());
    let place = problem.labels.first().map(|(span, _)| *span);
    problem.code == "tunctl::missing_key" && place == top.map(|(key, _)| key.span)
}

/// Compiled once: a run with many stacks, or a long one, loads many manifests.
fn shape() -> &'static Shape {
    static SHAPE: LazyLock<Shape> = LazyLock::new(|| {
        Shape::from_schema(&schema::filled()).expect("a test compiles the schema of every build")
    });
    &SHAPE
}
