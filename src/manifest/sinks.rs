//! The sinks of a manifest, and whether what names one finds it.

use std::collections::BTreeMap;

use serde::Deserialize as _;
use serde_json::Value;

use super::yaml::{Node, Step};
use crate::address::Address;
use crate::desired::Declared;
use crate::kind::{self, Secrecy};
use crate::problem::Problem;
use crate::sink::{Sinks, Surface};
use crate::suggest::nearest;

/// The sinks as they are declared, and what is wrong with them and with what names them. Of
/// sinks that are not in shape the shape's own problems say enough.
pub(super) fn sinks(
    root: &Node,
    value: &Value,
    resources: &BTreeMap<Address, Declared>,
) -> (Sinks, Vec<Problem>) {
    let mut problems = Vec::new();
    let Ok(written) = Option::<BTreeMap<String, Surface>>::deserialize(&value["sinks"]) else {
        return (Sinks::new(), problems);
    };
    let sinks = declared(root, &written.unwrap_or_default(), &mut problems);
    if problems.is_empty() {
        problems.extend(misnamed(resources, &sinks));
    }
    (sinks, problems)
}

fn declared(
    root: &Node,
    written: &BTreeMap<String, Surface>,
    problems: &mut Vec<Problem>,
) -> Sinks {
    let mut sinks = Sinks::new();
    for (name, surface) in written {
        if let Some(sink) = surface.sink() {
            sinks.insert(name.clone(), sink);
            continue;
        }
        let place = root.key_at(&[Step::Key("sinks"), Step::Key(name)]);
        problems.push(
            Problem::new(
                "tunctl::unclear_sink",
                "sink is neither a file nor a program",
            )
            .at(place.unwrap_or(root.span), "where do its secrets go?")
            .help("write either `file`, or `write` with `check` beside it"),
        );
    }
    sinks
}

/// What is wrong with the sinks that resources name.
fn misnamed(resources: &BTreeMap<Address, Declared>, sinks: &Sinks) -> Vec<Problem> {
    let keeping = resources.iter().filter_map(|(address, declared)| {
        let keeping = declared.lifecycle.keeping.as_ref()?;
        let Some(sink) = sinks.get(&keeping.sink) else {
            return Some(unknown(keeping.at, &keeping.sink, sinks));
        };
        let secrecy = kind::find(&address.kind)?.secrecy()?;
        (secrecy == Secrecy::ShownOnce && !sink.can_check()).then(|| {
            Problem::new(
                "tunctl::sink_without_check",
                "sink cannot tell what is in it",
            )
            .at(keeping.at, "a lost secret would go unnoticed")
            .help(format!("give sink `{}` a `check` program", keeping.sink))
        })
    });
    keeping.collect()
}

fn unknown(at: crate::source::Span, name: &str, sinks: &Sinks) -> Problem {
    let help = match nearest(name, sinks.keys().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            format!("declare it: `sinks: {{{name}: {{file: \"secrets/{{kind}}-{{name}}.json\"}}}}`")
        }
    };
    Problem::new("tunctl::unknown_sink", "no sink has this name")
        .at(at, format!("`{name}` is not among `sinks`"))
        .help(help)
}
