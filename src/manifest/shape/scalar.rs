//! Scalars: a plain `8080` is a number where a number is wanted, and a text where a text is.

use serde_json::{Number, Value};

use super::FormatFault;
use super::check::Checker;
use super::rule::{Kind, Range, Text};
use super::words::{choices, expected, found, quoted};
use crate::manifest::yaml::core::{Core, integer, resolve};
use crate::manifest::yaml::{Node, Scalar, Style};
use crate::problem::Problem;
use crate::suggest::nearest;

const WRONG_FORM: &str = "text in the wrong form";

impl<'a> Checker<'a> {
    /// Checks a scalar against a rule, and types it.
    pub(super) fn scalar(&mut self, kind: &'a Kind, scalar: &Scalar, node: &Node) -> Value {
        match kind {
            Kind::Text(text) => self.text(text, scalar, node),
            Kind::Integer(range) => self.integer(*range, scalar, node),
            Kind::Decimal(range) => self.decimal(*range, scalar, node),
            Kind::Boolean => match meaning(scalar) {
                Core::Bool(value) => Value::Bool(value),
                Core::Null | Core::Int(_) | Core::Float(_) | Core::Text => {
                    self.not_a(kind, scalar, node)
                }
            },
            Kind::Choice(values) => self.choice(values, scalar, node),
            Kind::Any
            | Kind::Nothing
            | Kind::Reference(_)
            | Kind::Object(_)
            | Kind::List(_)
            | Kind::Variants(_) => self.wrong_type(&expected(kind), node),
        }
    }

    /// A text field takes what was written, as it was written: `1.10`, `007`, `yes`.
    fn text(&mut self, rule: &Text, scalar: &Scalar, node: &Node) -> Value {
        let text = &scalar.text;
        let count = text.chars().count();
        if !rule.length.holds(count) {
            let message = format!("its length is {count}, expected {}", rule.length.words());
            let fault = FormatFault {
                message,
                help: None,
            };
            self.report("tunctl::length", "wrong length", node, fault);
        } else if let Some(pattern) = rule.pattern.as_ref().filter(|rule| !rule.matches(text)) {
            let message = format!("{} is not allowed here", quoted(text));
            let help = Some(pattern.words());
            let fault = FormatFault { message, help };
            self.report("tunctl::pattern", WRONG_FORM, node, fault);
        } else if let Some(format) = rule
            .format
            .as_deref()
            .and_then(|name| self.formats.get(name))
            && let Err(fault) = (format.check)(text)
        {
            self.report(format.code, format.message, node, fault);
        }
        Value::String(text.to_string())
    }

    fn integer(&mut self, range: Range<i128>, scalar: &Scalar, node: &Node) -> Value {
        let Core::Int(value) = meaning(scalar) else {
            return self.not_a(&Kind::Integer(range), scalar, node);
        };
        if !range.holds(value) {
            // The bound of the type says nothing to people, unless it is the one in question.
            let wanted = match (range.least, range.most) {
                (Some(least), Some(most)) if value < least && most == i128::from(u64::MAX) => {
                    format!("expected a whole number of at least {least}")
                }
                _ => format!("expected a whole number {}", range.words()),
            };
            return self.out_of_range(&wanted, scalar, node);
        }
        integer(value).map_or(Value::Null, Value::Number)
    }

    fn decimal(&mut self, range: Range<f64>, scalar: &Scalar, node: &Node) -> Value {
        let number = match meaning(scalar) {
            Core::Int(value) => integer(value),
            Core::Float(value) => Number::from_f64(value),
            Core::Null | Core::Bool(_) | Core::Text => None,
        };
        let Some(number) = number else {
            return self.not_a(&Kind::Decimal(range), scalar, node);
        };
        if number.as_f64().is_some_and(|value| !range.holds(value)) {
            return self.out_of_range(
                &format!("expected a number {}", range.words()),
                scalar,
                node,
            );
        }
        Value::Number(number)
    }

    fn choice(&mut self, values: &[Value], scalar: &Scalar, node: &Node) -> Value {
        if let Some(value) = values.iter().find(|value| is(value, scalar)) {
            return value.clone();
        }
        let words = values.iter().filter_map(Value::as_str);
        let only = || match values {
            [only] => Some(format!("write `{only}`")),
            _ => None,
        };
        let help = match nearest(&scalar.text, words) {
            Some(near) => Some(format!("did you mean `{near}`?")),
            None => unquote(values.iter().any(|value| is(value, &unquoted(scalar)))).or_else(only),
        };
        let wanted = choices(values);
        let found = if values.iter().all(Value::is_string) {
            quoted(&scalar.text)
        } else {
            found(node)
        };
        let message = format!("expected {wanted}, found {found}{}", self.item());
        let fault = FormatFault { message, help };
        self.report("tunctl::unknown_value", "unknown value", node, fault);
        Value::Null
    }

    /// Reports a scalar of another type, with the cure if there is an obvious one.
    fn not_a(&mut self, kind: &Kind, scalar: &Scalar, node: &Node) -> Value {
        let (expected, found) = (expected(kind), found(node));
        let message = format!("expected {expected}, found {found}{}", self.item());
        let help = cure(kind, scalar);
        let fault = FormatFault { message, help };
        self.report("tunctl::wrong_type", "wrong type", node, fault);
        Value::Null
    }

    fn out_of_range(&mut self, wanted: &str, scalar: &Scalar, node: &Node) -> Value {
        let found = quoted(&scalar.text);
        let message = format!("{wanted}, found {found}{}", self.item());
        let fault = FormatFault {
            message,
            help: None,
        };
        self.report("tunctl::out_of_range", "number out of range", node, fault);
        Value::Null
    }

    fn report(&mut self, code: &'static str, message: &str, node: &Node, fault: FormatFault) {
        let mut problem = Problem::new(code, message).at(node.span, fault.message);
        problem.help = fault.help;
        self.findings.push(problem);
    }
}

/// What a scalar means where something other than a text is wanted: quotes make a text, and a
/// variable takes the type of its field.
fn meaning(scalar: &Scalar) -> Core {
    match scalar.style {
        Style::Plain | Style::Interpolated => resolve(&scalar.text),
        Style::Quoted => Core::Text,
    }
}

/// Whether a scalar is a value of a choice.
pub(super) fn is(value: &Value, scalar: &Scalar) -> bool {
    match value {
        Value::String(text) => **text == *scalar.text,
        Value::Bool(wanted) => meaning(scalar) == Core::Bool(*wanted),
        Value::Number(wanted) => match meaning(scalar) {
            Core::Int(found) => integer(found).as_ref() == Some(wanted),
            Core::Float(found) => wanted.as_f64() == Some(found),
            Core::Null | Core::Bool(_) | Core::Text => false,
        },
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

fn unquoted(scalar: &Scalar) -> Scalar {
    Scalar {
        text: scalar.text.clone(),
        style: Style::Plain,
    }
}

fn unquote(cures: bool) -> Option<String> {
    cures.then(|| "remove the quotes".to_owned())
}

/// The next keystroke where the intention is plain.
fn cure(kind: &Kind, scalar: &Scalar) -> Option<String> {
    let plain = resolve(&scalar.text);
    if matches!(kind, Kind::Boolean) {
        return match scalar.text.to_lowercase().as_str() {
            "yes" | "on" | "y" | "1" => Some("write `true`".to_owned()),
            "no" | "off" | "n" | "0" => Some("write `false`".to_owned()),
            _ => unquote(matches!(plain, Core::Bool(_))),
        };
    }
    let whole = matches!(plain, Core::Int(_));
    let number = whole || matches!((kind, plain), (Kind::Decimal(_), Core::Float(_)));
    if number {
        return unquote(true);
    }
    let digits: String = scalar
        .text
        .chars()
        .filter(|letter| !matches!(letter, '_' | ',' | '\''))
        .collect();
    let trimmed = digits.trim_start_matches('0');
    let unsigned = !trimmed.is_empty() && trimmed.bytes().all(|byte| byte.is_ascii_digit());
    unsigned.then(|| format!("write `{trimmed}`"))
}
