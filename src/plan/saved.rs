//! Plan files: plans as JSON, to be read and carried out later. What a file says is only ever
//! shown and compared; what is done is planned again from the manifest.

use serde::{Deserialize, Serialize};

use super::forecast::{Forecast, Quota};
use super::{Change, Finding, Plan, fingerprint};
use crate::kind;
use crate::problem::Problem;
use crate::source::Span;

/// The version of the format. Another major number is another format.
pub const FORMAT_VERSION: &str = "1.0";

/// The key by which a plan file is told from a manifest, which has no such key.
pub const TOLD_BY: &str = "format_version";

/// Plans of one run, and which part of the stacks they are about.
#[derive(Debug)]
pub struct Saved {
    /// Whether deletions were left out.
    pub no_delete: bool,
    /// The commit that the manifests were compared with.
    pub base: Option<String>,
    /// The patterns of `--target`.
    pub target: Vec<String>,
    /// The patterns of `--exclude`.
    pub exclude: Vec<String>,
    /// A plan for each stack.
    pub stacks: Vec<SavedStack>,
}

/// The plan of one stack.
#[derive(Debug)]
pub struct SavedStack {
    /// The manifest's path, relative to the working directory of the run.
    pub manifest: String,
    /// The plan. Its changes have no places in the manifest.
    pub plan: Plan,
    /// What it would have cost.
    pub forecast: Forecast,
}

/// Why a text is no plan file.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It has another form.
    #[error("{0}")]
    Form(#[from] serde_json::Error),
    /// It comes from another version of tunctl.
    #[error("its format is {0}, and this version of tunctl reads {FORMAT_VERSION}")]
    Version(String),
    /// Its changes are not those of its fingerprint.
    #[error("the changes of stack `{0}` are not those that its fingerprint stands for")]
    Altered(String),
    /// It holds no plan at all.
    #[error("it holds no plan")]
    Empty,
    /// It names a kind that does not exist.
    #[error("it names the kind `{0}`, which does not exist")]
    Kind(String),
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format_version: String,
    no_delete: bool,
    base: Option<String>,
    target: Vec<String>,
    exclude: Vec<String>,
    stacks: Vec<Entry>,
}

/// One stack in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    manifest: String,
    stack: String,
    fingerprint: String,
    stages: Vec<Vec<Change>>,
    findings: Vec<Finding>,
    warnings: Vec<Warning>,
    base: Option<String>,
    drift: Vec<Change>,
    forecast: Cost,
}

/// A warning, whose places were in texts that the file does not hold.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Warning {
    code: String,
    message: String,
    details: Vec<String>,
    help: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cost {
    /// Absent in older files.
    #[serde(default)]
    spent: u64,
    writes: u64,
    reads: u64,
    seconds: f64,
    quotas: Vec<Use>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Use {
    kind: String,
    after: u64,
    limit: u64,
}

impl Saved {
    /// The file's text.
    ///
    /// # Errors
    /// If a value has no form in JSON.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        let file = File {
            format_version: FORMAT_VERSION.to_owned(),
            no_delete: self.no_delete,
            base: self.base.clone(),
            target: self.target.clone(),
            exclude: self.exclude.clone(),
            stacks: self.stacks.iter().map(SavedStack::entry).collect(),
        };
        let mut text = serde_json::to_string_pretty(&file)?;
        text.push('\n');
        Ok(text)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// If it is none of this version, or does not agree with itself.
    pub fn from_text(text: &str) -> Result<Self, Fault> {
        /// What every version has.
        #[derive(Deserialize)]
        struct Version {
            format_version: String,
        }
        let Version { format_version } = serde_json::from_str(text)?;
        if format_version != FORMAT_VERSION {
            return Err(Fault::Version(format_version));
        }
        let file: File = serde_json::from_str(text)?;
        if file.stacks.is_empty() {
            return Err(Fault::Empty);
        }
        let stacks = file.stacks.into_iter().map(SavedStack::read);
        Ok(Self {
            no_delete: file.no_delete,
            base: file.base,
            target: file.target,
            exclude: file.exclude,
            stacks: stacks.collect::<Result<_, _>>()?,
        })
    }
}

impl SavedStack {
    fn entry(&self) -> Entry {
        let plan = &self.plan;
        let Forecast {
            spent,
            writes,
            reads,
            seconds,
            quotas,
        } = &self.forecast;
        let quotas = quotas.iter().map(|quota| Use {
            kind: quota.kind.to_owned(),
            after: quota.after,
            limit: quota.limit,
        });
        let warnings = plan.warnings.iter().map(|it| Warning {
            code: it.code.to_owned(),
            message: it.message.clone(),
            details: it.labels.iter().map(|(_, text)| text.clone()).collect(),
            help: it.help.clone(),
        });
        Entry {
            manifest: self.manifest.clone(),
            stack: plan.stack.clone(),
            fingerprint: fingerprint::of_plan(plan),
            stages: plan.stages.clone(),
            findings: plan.findings.clone(),
            warnings: warnings.collect(),
            base: plan.base.clone(),
            drift: plan.drift.clone(),
            forecast: Cost {
                spent: *spent,
                writes: *writes,
                reads: *reads,
                seconds: *seconds,
                quotas: quotas.collect(),
            },
        }
    }

    fn read(entry: Entry) -> Result<Self, Fault> {
        let quotas = entry.forecast.quotas.into_iter().map(|quota| {
            let known = kind::find(&quota.kind).map(kind::AnyKind::name);
            Ok(Quota {
                kind: known.ok_or(Fault::Kind(quota.kind))?,
                after: quota.after,
                limit: quota.limit,
            })
        });
        let plan = Plan {
            stack: entry.stack,
            stages: entry.stages,
            findings: entry.findings,
            warnings: entry.warnings.into_iter().map(Warning::problem).collect(),
            base: entry.base,
            drift: entry.drift,
        };
        if fingerprint::of_plan(&plan) != entry.fingerprint {
            return Err(Fault::Altered(plan.stack));
        }
        Ok(Self {
            manifest: entry.manifest,
            plan,
            forecast: Forecast {
                spent: entry.forecast.spent,
                writes: entry.forecast.writes,
                reads: entry.forecast.reads,
                seconds: entry.forecast.seconds,
                quotas: quotas.collect::<Result<_, Fault>>()?,
            },
        })
    }
}

impl Warning {
    fn problem(self) -> Problem {
        // Codes are static everywhere else; a file is read once in a process, and has few.
        let problem = Problem::new(self.code.leak(), self.message).warning();
        // The texts of the manifest are not in the file: places stand for nothing.
        let nowhere = Span {
            source: usize::MAX,
            start: 0,
            end: 0,
        };
        let details = self.details.into_iter();
        let problem = details.fold(problem, |problem, text| problem.at(nowhere, text));
        match self.help {
            Some(help) => problem.help(help),
            None => problem,
        }
    }
}
