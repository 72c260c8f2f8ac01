//! What a compiled schema says about one place.

use std::sync::OnceLock;

use regex_automata::meta::{Builder, Config, Regex};
use serde_json::Value;

/// What may stand at a place.
#[derive(Debug)]
pub(super) struct Rule {
    /// Whether it may be null.
    pub(super) nullable: bool,
    /// What it is otherwise.
    pub(super) kind: Kind,
}

/// The kinds of values.
#[derive(Debug)]
pub(super) enum Kind {
    /// Anything at all.
    Any,
    /// Nothing but null.
    Nothing,
    /// What the definition of that name says.
    Reference(String),
    /// A mapping.
    Object(Box<Object>),
    /// A list.
    List(Box<List>),
    /// A text.
    Text(Text),
    /// A whole number.
    Integer(Range<i128>),
    /// A number.
    Decimal(Range<f64>),
    /// `true` or `false`.
    Boolean,
    /// One of these scalars.
    Choice(Vec<Value>),
    /// One of these, told apart by what stands there.
    Variants(Vec<Rule>),
}

impl Kind {
    /// The mapping that is wanted.
    pub(super) fn object(&self) -> Option<&Object> {
        if let Self::Object(object) = self {
            return Some(object);
        }
        None
    }
}

/// A mapping.
#[derive(Debug)]
pub(super) struct Object {
    /// The known keys, in the order of the schema.
    pub(super) properties: Vec<(String, Rule)>,
    /// Those of them that must be there.
    pub(super) required: Vec<String>,
    /// Keys that are known by a pattern.
    pub(super) patterns: Vec<(Pattern, Rule)>,
    /// All other keys. `None`: there may be none.
    pub(super) rest: Option<Rule>,
    /// What every key must be.
    pub(super) names: Option<Rule>,
    /// How many keys there may be.
    pub(super) count: Range<usize>,
}

/// A list.
#[derive(Debug)]
pub(super) struct List {
    /// Every item.
    pub(super) items: Rule,
    /// How many items there may be.
    pub(super) count: Range<usize>,
    /// Whether no two items may be equal.
    pub(super) unique: bool,
}

/// A text.
#[derive(Debug, Default)]
pub(super) struct Text {
    /// How many characters there may be.
    pub(super) length: Range<usize>,
    /// What it must match, somewhere.
    pub(super) pattern: Option<Pattern>,
    /// What it must be besides.
    pub(super) format: Option<String>,
}

/// A regular expression. It is built when it is first needed: a small manifest meets few of a
/// schema's patterns, and some take a millisecond.
#[derive(Debug)]
pub(super) struct Pattern {
    text: String,
    built: OnceLock<Option<Regex>>,
    /// What to tell people instead of the expression (`patternErrorMessage`, which editors
    /// show too).
    help: Option<String>,
}

/// Bounds, both included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range<T> {
    /// The smallest value.
    pub(super) least: Option<T>,
    /// The largest value.
    pub(super) most: Option<T>,
}

impl<T> Default for Range<T> {
    fn default() -> Self {
        Self {
            least: None,
            most: None,
        }
    }
}

impl<T: PartialOrd + Copy + std::fmt::Display> Range<T> {
    /// Whether a value is within the bounds.
    pub(super) fn holds(&self, value: T) -> bool {
        self.least.is_none_or(|least| least <= value) && self.most.is_none_or(|most| value <= most)
    }

    /// The bounds in words: "between 1 and 65535".
    pub(super) fn words(&self) -> String {
        match (self.least, self.most) {
            (Some(least), Some(most)) => format!("between {least} and {most}"),
            (Some(least), None) => format!("at least {least}"),
            (None, Some(most)) => format!("at most {most}"),
            (None, None) => "anything".to_owned(),
        }
    }

    /// The values that both ranges hold.
    pub(super) fn within(self, other: Self) -> Self {
        Self {
            least: tighter(self.least, other.least, |a, b| a > b),
            most: tighter(self.most, other.most, |a, b| a < b),
        }
    }
}

fn tighter<T: Copy>(one: Option<T>, other: Option<T>, is: fn(T, T) -> bool) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if is(one, other) { one } else { other }),
        (one, other) => one.or(other),
    }
}

impl Pattern {
    /// What is expected, for people.
    pub(super) fn words(&self) -> String {
        let expression = || format!("expected a text that matches `{}`", self.text);
        self.help.clone().unwrap_or_else(expression)
    }

    /// A pattern, if it is one.
    pub(super) fn new(text: &str, help: Option<&str>) -> Option<Self> {
        regex_syntax::parse(text).ok()?;
        Some(Self {
            text: text.to_owned(),
            built: OnceLock::new(),
            help: help.map(str::to_owned),
        })
    }

    /// Whether a text matches. Nothing matches a pattern that is too large to be built.
    pub(super) fn matches(&self, text: &str) -> bool {
        let built = self.built.get_or_init(|| build(&self.text));
        built.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

/// Built for few and short texts: without what only pays on long ones.
fn build(text: &str) -> Option<Regex> {
    let config = Config::new()
        .auto_prefilter(false)
        .hybrid(false)
        .dfa(false)
        .onepass(false)
        .backtrack(false);
    Builder::new().configure(config).build(text).ok()
}
