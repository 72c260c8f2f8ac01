//! `# tunctl: allow(code) reason`: comments that silence a lint at one place.
//!
//! On a rule, that is on any of its lines or right above it, one is about the rule; elsewhere
//! about its own line, or, if it stands alone, about the next one.

use std::collections::BTreeMap;

use super::comments::{Comment, Line};
use super::context::Context;
use super::{Found, LINTS};
use crate::kind::tunnel_config::ACCESS_ENFORCES_NOTHING;
use crate::problem::Problem;
use crate::source::Span;
use crate::suggest::nearest;

/// What a comment for tunctl begins with.
const MARK: &str = "tunctl:";

/// How many such comments count, and for how many rules on one line: far more than anybody
/// writes, so that their product stays small.
const COMMENTS: usize = 10_000;
const RULES: usize = 100;

/// All such comments.
#[derive(Default)]
pub(super) struct Allows {
    /// What is allowed where, as positions in `codes`.
    by_subject: BTreeMap<(&'static str, Subject), Vec<usize>>,
    codes: Vec<Allowed>,
    invalid: Vec<Problem>,
}

/// One code of a comment.
struct Allowed {
    code: &'static str,
    at: Span,
    used: bool,
}

/// What a comment is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Rule(Span),
    Line(Line),
}

/// The lines of a rule.
struct Lines {
    first: Line,
    last: Line,
    rule: Span,
}

/// What stands behind [`MARK`]; `None` if it is no comment for tunctl.
pub(super) fn directive(comment: &str) -> Option<&str> {
    comment
        .trim_start_matches('#')
        .trim_start()
        .strip_prefix(MARK)
}

impl Allows {
    /// Reads all comments of the manifest.
    pub(super) fn read(context: &Context<'_>) -> Self {
        let mut allows = Self::default();
        let ours = |comment: &Comment| directive(context.sources.text(comment.span)).is_some();
        let comments = context.comments.iter().filter(|(_, it)| ours(it));
        let comments: Vec<_> = comments.take(COMMENTS).collect();
        if comments.is_empty() {
            return allows;
        }
        let rules = lines(context);
        for (line, comment) in comments {
            let subjects = subjects(&rules, line, comment.subject);
            match Parsed::new(context.sources.text(comment.span), comment.span) {
                Ok(parsed) => allows.add(parsed, &subjects),
                Err(problem) => allows.invalid.push(problem),
            }
        }
        allows
    }

    fn add(&mut self, parsed: Parsed<'_>, subjects: &[Subject]) {
        for (word, at) in parsed.codes {
            match known(word, at) {
                Ok(code) => {
                    for subject in subjects {
                        let allowed = self.by_subject.entry((code, *subject)).or_default();
                        allowed.push(self.codes.len());
                    }
                    let used = false;
                    self.codes.push(Allowed { code, at, used });
                }
                Err(problem) => self.invalid.push(problem),
            }
        }
    }

    /// Whether a comment silences what was found; then it is used.
    pub(super) fn silence(&mut self, found: &Found, context: &Context<'_>) -> bool {
        if self.codes.is_empty() {
            return false;
        }
        let lines = found.lines.iter();
        let lines = lines.filter_map(|at| context.comments.line_of(*at).map(Subject::Line));
        let subjects = found.rule.map(Subject::Rule).into_iter().chain(lines);
        let mut silenced = false;
        for subject in subjects {
            let allowed = self.by_subject.get(&(found.problem.code, subject));
            for position in allowed.into_iter().flatten() {
                self.codes[*position].used = true;
                silenced = true;
            }
        }
        silenced
    }

    /// What is wrong with the comments themselves.
    pub(super) fn problems(self, context: &Context<'_>) -> Vec<Problem> {
        let undecided = |code: &str| {
            let lint = LINTS.iter().find(|lint| lint.code == code);
            context.zones.is_none() && lint.is_some_and(|lint| lint.needs_zones)
        };
        let unused = self
            .codes
            .iter()
            .filter(|it| !it.used && !undecided(it.code));
        let unused = unused.map(|it| {
            Problem::new("tunctl::unused_allow", "nothing to allow")
                .at(it.at, "this lint finds nothing here")
                .help("remove the code, and the comment if it was the only one")
        });
        self.invalid.into_iter().chain(unused).collect()
    }
}

/// A comment's codes, each with its place.
struct Parsed<'a> {
    codes: Vec<(&'a str, Span)>,
}

impl<'a> Parsed<'a> {
    /// Reads `# tunctl: allow(code, code) reason`.
    fn new(text: &'a str, span: Span) -> Result<Self, Problem> {
        let part = |part: &str| {
            let start = span.start + (part.as_ptr() as usize - text.as_ptr() as usize);
            Span {
                start,
                end: start + part.len(),
                ..span
            }
        };
        let rest = directive(text).unwrap_or_default().trim();
        let list = rest.strip_prefix("allow").map(str::trim_start);
        let list = list.and_then(|list| list.strip_prefix('(')?.split_once(')'));
        let Some((list, reason)) = list else {
            return Err(invalid(part(rest), "this is not understood"));
        };
        if !reason.contains(|c: char| c.is_alphanumeric()) {
            return Err(invalid(
                part(rest),
                "no reason is given, so nothing is allowed",
            ));
        }
        let codes = list.split(',').map(str::trim);
        let codes = codes.map(|code| (code, part(code))).collect();
        Ok(Self { codes })
    }
}

fn invalid(at: Span, label: impl Into<String>) -> Problem {
    Problem::new("tunctl::invalid_allow", "comment allows nothing")
        .at(at, label)
        .help("write `# tunctl: allow(CODE) why`, several codes with commas")
}

/// The lint that is meant, by its code or by the code's last word.
fn known(word: &str, at: Span) -> Result<&'static str, Problem> {
    let names = || LINTS.iter().map(|lint| name(lint.code));
    if let Some(lint) = LINTS.iter().find(|it| is_meant(it.code, word)) {
        return Ok(lint.code);
    }
    if is_meant(ACCESS_ENFORCES_NOTHING, word) {
        return Err(invalid(at, "this is an error, and errors are not silenced")
            .help("correct what it underlines"));
    }
    let problem = invalid(at, "no lint has this code");
    let near = nearest(name(word), names()).map(|near| format!("did you mean `{near}`?"));
    let all = || format!("the codes are {}", names().collect::<Vec<_>>().join(", "));
    Err(problem.help(near.unwrap_or_else(all)))
}

fn is_meant(code: &str, word: &str) -> bool {
    word == code || word == name(code)
}

/// A code without `tunctl::`.
fn name(code: &str) -> &str {
    code.rsplit("::").next().unwrap_or(code)
}

/// The lines of all rules in files with comments, by their beginning.
fn lines(context: &Context<'_>) -> Vec<Lines> {
    let comments = &context.comments;
    let lines = context.rules().filter_map(|rule| {
        let place = rule.place;
        let last = place.end.max(place.start + 1) - 1;
        Some(Lines {
            first: comments.line_of(place)?,
            last: comments.line(place.source, last)?,
            rule: place,
        })
    });
    let mut lines: Vec<Lines> = lines.collect();
    lines.sort_by_key(|it| (it.first, it.last));
    lines
}

/// What the comment on a line is about, given the line that it is about outside of rules.
fn subjects(rules: &[Lines], line: Line, subject: Line) -> Vec<Subject> {
    let begun = rules.partition_point(|it| it.first <= line);
    let inside = rules[..begun].iter().rev();
    let inside = inside.take_while(|it| it.last >= line).take(RULES);
    let inside: Vec<Subject> = inside.map(|it| Subject::Rule(it.rule)).collect();
    if !inside.is_empty() {
        return inside;
    }
    let begun = rules.partition_point(|it| it.first < subject);
    let below = rules[begun..].iter();
    let below = below.take_while(|it| it.first == subject).take(RULES);
    let below: Vec<Subject> = below.map(|it| Subject::Rule(it.rule)).collect();
    if below.is_empty() {
        vec![Subject::Line(subject)]
    } else {
        below
    }
}
