//! What the parser refuses, in words that say what to type instead.

use granit_parser::{ErrorKind, ScanError};

use super::budget::Budget;
use crate::problem::Problem;
use crate::source::Span;

const CLOSE: &str = "separate with `,`, and close what was opened";

/// What an error is judged by.
pub(super) struct Context<'a> {
    /// The file.
    pub(super) source: usize,
    /// Its text.
    pub(super) text: &'a str,
    /// The innermost bracket that has not been closed.
    pub(super) bracket: Option<Span>,
    /// The limit of nesting.
    pub(super) depth: usize,
}

/// An error of the parser.
pub(super) fn problem(error: &ScanError, context: &Context) -> Problem {
    let kind = error.kind();
    let mark = error.marker().byte_offset().unwrap_or(context.text.len());
    if is_tab(kind) {
        return tab(context.source, tab_near(context.text, mark));
    }
    let at = letter(context, mark);
    if matches!(kind, ErrorKind::RecursionLimitExceeded) {
        return too_deep(at, context.depth);
    }
    let (label, help) = wording(kind);
    let mut found = Problem::new("tunctl::yaml_syntax", "invalid YAML").at(at, label);
    found.help = help.map(str::to_owned);
    if let Some(open) = context.bracket.filter(|open| open.start != at.start) {
        let bracket = Span {
            end: open.start + 1,
            ..open
        };
        let variable = line_before(context.text, at.end).contains("${");
        found = found.at(bracket, "this bracket is not closed");
        found = found.help(if variable {
            "between brackets, quote a text with a variable: \"${NAME}\""
        } else {
            CLOSE
        });
    }
    found
}

/// A tab where YAML wants spaces.
pub(super) fn tab(source: usize, start: usize) -> Problem {
    let at = Span {
        source,
        start,
        end: start + 1,
    };
    Problem::new("tunctl::tab_indentation", "tab used for indentation")
        .at(at, "this is a tab")
        .help("indent with spaces")
}

/// The first tab of the whitespace that `start` is indented with.
pub(super) fn tab_before(text: &str, start: usize) -> Option<usize> {
    let before = text.get(..start)?;
    let indent = before.trim_end_matches([' ', '\t']);
    let line_starts_here = indent.is_empty() || indent.ends_with(['\n', '\r']);
    let tab = before.get(indent.len()..)?.find('\t')?;
    line_starts_here.then_some(indent.len() + tab)
}

/// Collections inside each other beyond the limit.
pub(super) fn too_deep(span: Span, limit: usize) -> Problem {
    Problem::new("tunctl::depth_limit", "nested too deeply")
        .at(span, format!("more than {limit} levels"))
        .help("a manifest needs fewer than ten levels; is a bracket or an anchor repeated by mistake?")
}

/// Aliases that stand for more than the budget allows.
pub(super) fn alias_budget(span: Span, budget: &Budget) -> Problem {
    let label = format!(
        "written out, this is more than {} aliases or {} bytes",
        budget.alias_expansions, budget.bytes
    );
    Problem::new("tunctl::alias_budget", "the aliases stand for too much")
        .at(span, label)
        .help("do not repeat parts that themselves repeat parts")
}

/// More parts than the budget allows.
pub(super) fn node_budget(span: Span, budget: &Budget) -> Problem {
    let label = format!("this is more than {} keys and values", budget.nodes);
    Problem::new("tunctl::node_budget", "too many parts")
        .at(span, label)
        .help("make several stacks of it")
}

fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
            | ErrorKind::TabAtBlockScalarStart
    )
}

/// The parser marks the token that the tab broke, which starts before or behind the tab.
fn tab_near(text: &str, mark: usize) -> usize {
    let line = text[..mark].rfind('\n').map_or(0, |end| end + 1);
    let before = text[line..mark].find('\t').map(|tab| line + tab);
    let behind = || text[mark..].find('\t').map(|tab| mark + tab);
    before.or_else(behind).unwrap_or(mark)
}

/// The line of a position, up to it.
fn line_before(text: &str, position: usize) -> &str {
    let before = text.get(..position).unwrap_or_default();
    before.rsplit('\n').next().unwrap_or_default()
}

/// The letter at a position; nothing at the end of a line or of the file.
fn letter(context: &Context, start: usize) -> Span {
    let rest = context.text.get(start..).unwrap_or_default();
    let width = rest
        .chars()
        .next()
        .filter(|letter| !matches!(letter, '\n' | '\r'))
        .map_or(0, char::len_utf8);
    Span {
        source: context.source,
        start,
        end: start + width,
    }
}

/// What the mistakes that people make look like here, and the next keystroke. The parser speaks
/// of productions of the grammar.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the parser's own words do for the rare ones, and for those it will add"
)]
fn wording(kind: &ErrorKind) -> (String, Option<&'static str>) {
    use ErrorKind as Kind;
    const ALIGN: &str = "indent this line like its neighbours; put a space behind `:` and `-`";
    const COLON: &str = "check the indentation of this line; quote a text that contains `: `";
    const QUOTE: &str = "quote a text that starts with a special character";
    let (label, help) = match kind {
        Kind::MappingValueNotAllowed | Kind::InvalidColonPlacement => ("no `:` can be here", COLON),
        Kind::UnclosedFlowCollection { .. } => ("this bracket is not closed", CLOSE),
        Kind::ExpectedFlowMappingSeparator => ("expected `,` or `}` before this", CLOSE),
        Kind::ExpectedFlowSequenceSeparator => ("expected `,` or `]` before this", CLOSE),
        Kind::MismatchedFlowCollectionEnd { open: '[', .. } => {
            ("this bracket is closed by `}`", "close `[` with `]`")
        }
        Kind::MismatchedFlowCollectionEnd { .. } => {
            ("this bracket is closed by `]`", "close `{` with `}`")
        }
        Kind::ExpectedBlockMappingKey => ("expected a key of the mapping above", ALIGN),
        Kind::ExpectedBlockSequenceEntry => ("expected an item of the list above", ALIGN),
        Kind::SimpleKeyExpected => ("expected `key: value` or `- item`", ALIGN),
        Kind::UnexpectedCharacter { .. } => ("no text can start with this", QUOTE),
        Kind::MisplacedFlowCollectionEnd => ("no bracket is open that this could close", QUOTE),
        Kind::MissingAnchorOrAliasName => ("an anchor or alias needs a name", QUOTE),
        Kind::UnclosedQuotedScalar => ("this quote is not closed", "close the quote"),
        Kind::UnknownQuotedScalarEscape => (
            "this text has a backslash before a letter that cannot be escaped",
            "double the backslash, or use single quotes",
        ),
        other => return (other.to_string(), None),
    };
    (label.to_owned(), Some(help))
}
