//! Where secrets go that nobody should have to copy by hand: a file, or a program that puts them
//! away. Data only; `secret` carries it out.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::address::Address;

/// What may stand in a path's component as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'@');

/// All sinks of a manifest, by name.
pub type Sinks = BTreeMap<String, Sink>;

/// A place for secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sink {
    /// A file with mode 0600.
    File(Template),
    /// Programs, each with its arguments; they run in the manifest's directory.
    Program {
        /// Takes the secret as JSON on standard input.
        write: Vec<Template>,
        /// Exits with 0 if the secret is there, with 1 if not.
        check: Option<Vec<Template>>,
    },
}

/// A text in which `{kind}` and `{name}` stand for an address.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Template(String);

/// A place for secrets: `file`, or `write` with or without `check`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Surface {
    /// A file for each secret, relative to the manifest, such as `secrets/{kind}-{name}.json`.
    /// It gets mode 0600, and must not be in git.
    pub file: Option<String>,
    /// A program with its arguments that puts a secret away. It gets the secret as JSON on
    /// standard input; `{kind}` and `{name}` stand for what the secret is of.
    pub write: Option<Vec<String>>,
    /// A program with its arguments that looks whether a secret is there: exit code 0 if it is, 1 if
    /// it is not. Required where the secrets of service tokens and API tokens go.
    pub check: Option<Vec<String>>,
}

impl Surface {
    /// The sink. `None` if it is neither a file nor a program, or both.
    #[must_use]
    pub fn sink(&self) -> Option<Sink> {
        let templates = |words: &Vec<String>| words.iter().cloned().map(Template).collect();
        match (&self.file, &self.write, &self.check) {
            (Some(file), None, None) => Some(Sink::File(Template(file.clone()))),
            (None, Some(write), check) if !write.is_empty() => Some(Sink::Program {
                write: templates(write),
                check: check.as_ref().filter(|it| !it.is_empty()).map(templates),
            }),
            (_, _, _) => None,
        }
    }
}

impl Template {
    /// The text for an address. Its parts are escaped so that each is one component of a path
    /// and cannot be taken for an option.
    #[must_use]
    pub fn of(&self, address: &Address) -> String {
        let Address { kind, name } = address;
        let parts = self.0.split_inclusive('}');
        parts.fold(String::new(), |text, part| {
            let value = |mark: &str, value: &str| {
                let before = part.strip_suffix(mark)?;
                Some(format!("{text}{before}{}", component(value)))
            };
            let filled = value("{kind}", kind).or_else(|| value("{name}", name));
            filled.unwrap_or_else(|| format!("{text}{part}"))
        })
    }
}

/// A text as one component of a path: percent-encoded where it has to be, never hidden, never
/// `..`, never an option.
fn component(text: &str) -> String {
    let encoded = utf8_percent_encode(text, COMPONENT).to_string();
    match encoded.strip_prefix(['.', '-']) {
        Some(rest) if encoded.starts_with('.') => format!("%2E{rest}"),
        Some(rest) => format!("%2D{rest}"),
        None => encoded,
    }
}

impl Sink {
    /// Whether it can tell that a secret is there.
    #[must_use]
    pub fn can_check(&self) -> bool {
        match self {
            Self::File(_) => true,
            Self::Program { check, .. } => check.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_an_address_is_one_component() {
        let of = |name: &str| {
            let address = Address::new("service_token", name);
            Template("secrets/{kind}-{name}.json".to_owned()).of(&address)
        };
        assert_eq!(of("edge-ci"), "secrets/service_token-edge-ci.json");
        assert_eq!(of("../../x"), "secrets/service_token-%2E.%2F..%2Fx.json");
        assert_eq!(of("{kind}"), "secrets/service_token-%7Bkind%7D.json");
        let alone = |name: &str| Template("{name}".to_owned()).of(&Address::new("tunnel", name));
        assert_eq!(alone(".."), "%2E.");
        assert_eq!(alone("-rf"), "%2Drf");
        assert_eq!(alone("a b\n"), "a%20b%0A");
        assert_eq!(
            Template("{x}{name".to_owned()).of(&Address::new("a", "b")),
            "{x}{name"
        );
    }

    #[test]
    fn a_sink_is_a_file_or_a_program() {
        let file = Some("f".to_owned());
        let words = Some(vec!["p".to_owned()]);
        let sink = |file: &Option<String>, write: &Option<Vec<String>>| {
            Surface {
                file: file.clone(),
                write: write.clone(),
                check: None,
            }
            .sink()
        };
        assert!(sink(&file, &None).is_some_and(|it| it.can_check()));
        assert!(sink(&None, &words).is_some_and(|it| !it.can_check()));
        assert_eq!(sink(&file, &words), None);
        assert_eq!(sink(&None, &None), None);
        assert_eq!(sink(&None, &Some(Vec::new())), None);
    }
}
