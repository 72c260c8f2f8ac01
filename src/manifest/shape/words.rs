//! What was expected and what was found, in words.

use serde_json::Value;

use super::rule::Kind;
use crate::manifest::yaml::core::{Core, resolve};
use crate::manifest::yaml::{Node, NodeValue, Scalar, Style};

/// How many characters of a text are repeated in a message, and how many choices.
const LONGEST: usize = 40;
const MOST_CHOICES: usize = 8;

/// A text of the user's between backquotes: shortened, and safe to print.
pub(in crate::manifest) fn quoted(text: &str) -> String {
    let printable = |letter: char| {
        if letter.is_control() {
            letter.escape_default().to_string()
        } else {
            letter.to_string()
        }
    };
    let mut shown: String = text.chars().take(LONGEST).map(printable).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// What a node is.
pub(super) fn found(node: &Node) -> String {
    match &node.value {
        NodeValue::Sequence(_) => "a list".to_owned(),
        NodeValue::Mapping(_) => "a mapping".to_owned(),
        NodeValue::Unknown => "something that is wrong".to_owned(),
        NodeValue::Scalar(scalar) => found_scalar(scalar),
    }
}

fn found_scalar(scalar: &Scalar) -> String {
    let text = quoted(&scalar.text);
    let meaning = match scalar.style {
        Style::Plain => resolve(&scalar.text),
        Style::Quoted | Style::Interpolated => Core::Text,
    };
    match meaning {
        Core::Null => "nothing".to_owned(),
        Core::Bool(_) => text,
        Core::Int(_) | Core::Float(_) => format!("the number {text}"),
        Core::Text if scalar.text.is_empty() => "an empty text".to_owned(),
        Core::Text => format!("the text {text}"),
    }
}

/// What a rule wants.
pub(super) fn expected(kind: &Kind) -> String {
    expected_one_of(&[kind])
}

/// What one of several rules wants, in one list.
pub(super) fn expected_one_of(kinds: &[&Kind]) -> String {
    let mut all: Vec<String> = Vec::new();
    for words in kinds.iter().flat_map(|kind| wishes(kind)) {
        if !all.contains(&words) {
            all.push(words);
        }
    }
    either(&all)
}

/// The values of a choice.
pub(super) fn choices(values: &[Value]) -> String {
    either(&values.iter().map(choice).collect::<Vec<_>>())
}

/// The next keystroke where one structure stands for another.
pub(super) fn restructure(expected: &str, node: &Node) -> Option<String> {
    match (expected, &node.value) {
        ("a list", NodeValue::Scalar(scalar)) => {
            let plain = |letter: char| letter.is_alphanumeric() || "-_./".contains(letter);
            let short = !scalar.text.is_empty() && scalar.text.chars().count() <= LONGEST;
            Some(if short && scalar.text.chars().all(plain) {
                format!("write `[{}]`", scalar.text)
            } else {
                "put it in brackets: `[…]`".to_owned()
            })
        }
        ("a list", NodeValue::Mapping(_)) => Some("begin each item with `- `".to_owned()),
        ("a mapping", NodeValue::Sequence(_)) => {
            Some("write `NAME: …`, without `- ` or brackets".to_owned())
        }
        _ => None,
    }
}

fn wishes(kind: &Kind) -> Vec<String> {
    let words = match kind {
        Kind::Any | Kind::Reference(_) => "a value",
        Kind::Nothing => "nothing",
        Kind::Object(_) => "a mapping",
        Kind::List(_) => "a list",
        Kind::Text(_) => "a text",
        Kind::Integer(_) => "a whole number",
        Kind::Decimal(_) => "a number",
        Kind::Boolean => return vec!["`true`".to_owned(), "`false`".to_owned()],
        Kind::Choice(values) => return values.iter().map(choice).collect(),
        Kind::Variants(rules) => {
            return rules.iter().flat_map(|rule| wishes(&rule.kind)).collect();
        }
    };
    vec![words.to_owned()]
}

fn choice(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| quoted(&value.to_string()), quoted)
}

fn either(all: &[String]) -> String {
    if all.len() > MOST_CHOICES {
        return format!("{}, …", all[..MOST_CHOICES].join(", "));
    }
    match all.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}
