//! `config.yml` as a manifest that says the same.
//!
//! Invariant: the manifest is valid, and the settings in force for its rules are those of the
//! file. What cannot be said in it is a problem; what does not belong into it is a warning.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Configuration, open};
use crate::ingress::document;
use crate::ingress::{OriginRequest, Rule, Seconds};
use crate::kind::dns_record::surface::has_dns_name;
use crate::manifest;
use crate::manifest::interpolate::literal;
use crate::manifest::yaml::{self, Budget, Node, to_yaml};
use crate::problem::Problem;
use crate::source::Sources;

/// The settings of `originRequest` that are durations.
const TIMEOUTS: [&str; 4] = [
    "connectTimeout",
    "tlsTimeout",
    "tcpKeepAlive",
    "keepAliveTimeout",
];

/// What the file itself may leave open.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// The stack's name; made from the tunnel's unless given.
    pub stack: Option<String>,
    /// The tunnel's name; the file's own unless given.
    pub tunnel: Option<String>,
}

/// A manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// What it says.
    pub manifest: Value,
    /// The same as YAML, laid out as `tunctl fmt` does it.
    pub text: String,
    /// What the file says and the manifest does not.
    pub warnings: Vec<Problem>,
    /// Keys that cloudflared itself does not use, in its words.
    pub unused: Option<String>,
}

/// Makes a manifest of a file. Its comments do not carry over.
///
/// # Errors
/// If cloudflared would refuse the file, or the manifest cannot say what it says.
pub fn import(
    sources: &mut Sources,
    name: &str,
    text: &[u8],
    names: &Names,
) -> Result<Imported, Vec<Problem>> {
    let configuration = open(text, None).map_err(|message| {
        let message = format!("cloudflared would refuse the file: {message}");
        let help = "`tunctl ingress validate` says the same; mend the file first";
        vec![Problem::new("tunctl::import_refused", message).help(help)]
    })?;
    let composed = yaml::read(sources, name, text, &mut Budget::default());
    let root = composed.root.ok_or(composed.problems)?;
    let mut problems = fractions(&root);
    let tunnel = match (&names.tunnel, own_name(&root)) {
        (Some(name), _) => name.clone(),
        (None, Some(name)) => name.to_owned(),
        (None, None) => {
            problems.push(nameless(&root));
            String::new()
        }
    };
    if !problems.is_empty() {
        problems.sort_by_key(|it| it.labels.first().map(|(span, _)| *span));
        return Err(problems);
    }
    let stack = names.stack.clone().unwrap_or_else(|| stack_name(&tunnel));
    let manifest = json!({
        "version": 1,
        "stack": stack,
        "account": "${CLOUDFLARE_ACCOUNT_ID}",
        "tunnels": { (tunnel): entry(&configuration) },
    });
    let warnings = if is_json(text) {
        Vec::new()
    } else {
        left_behind(&root)
    };
    let text = yaml::format(0, &to_yaml(&manifest))?;
    check(sources, &text)?;
    Ok(Imported {
        manifest,
        text,
        warnings,
        unused: configuration.warnings,
    })
}

/// Whether it is one of the two forms of JSON, which have nothing beside rules and settings.
fn is_json(text: &[u8]) -> bool {
    document::object(&String::from_utf8_lossy(text)).is_some()
}

/// Timeouts that Cloudflare cannot hold, where connectors with a file of their own can.
fn fractions(root: &Node) -> Vec<Problem> {
    let rules = root.get("ingress").map(Node::items).unwrap_or_default();
    let blocks = rules.iter().chain([root]);
    let blocks = blocks.filter_map(|it| it.get("originRequest"));
    let timeouts = blocks.flat_map(|it| TIMEOUTS.iter().filter_map(|key| it.get(key)));
    timeouts.filter_map(fraction).collect()
}

fn fraction(node: &Node) -> Option<Problem> {
    let seconds = Seconds::parse_go(node.text()).ok()?;
    let down = seconds.nanoseconds().div_euclid(1_000_000_000);
    let problem = |label: &str| {
        Problem::new(
            "tunctl::timeout_not_importable",
            "Cloudflare cannot hold this timeout",
        )
        .at(node.span, label)
    };
    if seconds.nanoseconds() < 0 {
        let help = "write `0s` or more here, and import again";
        return Some(problem("this is less than nothing").help(help));
    }
    if seconds.whole().is_some() {
        return None;
    }
    // A timeout of nothing is none at all.
    let choices = [down, down + 1].map(|it| format!("`{}`", Seconds::new(it)));
    let choices = if down == 0 {
        choices[1].clone()
    } else {
        choices.join(" or ")
    };
    let help = format!("write {choices} here, and import again");
    Some(problem("this is not a whole number of seconds").help(help))
}

/// The tunnel's name, if the file says it: an id is none.
fn own_name(root: &Node) -> Option<&str> {
    let name = root.get("tunnel").map(Node::text).unwrap_or_default();
    (!name.is_empty() && Uuid::parse_str(name).is_err()).then_some(name)
}

fn nameless(root: &Node) -> Problem {
    let problem = Problem::new(
        "tunctl::no_tunnel_name",
        "the file does not say the tunnel's name",
    );
    let problem = match root.get("tunnel").filter(|it| !it.text().is_empty()) {
        Some(id) => problem.at(id.span, "this is its id"),
        None => problem,
    };
    problem.help("add `--name NAME`; `cloudflared tunnel list` shows the names")
}

/// A stack's name that is like a tunnel's.
fn stack_name(tunnel: &str) -> String {
    let plain = |letter: char| match letter.to_ascii_lowercase() {
        letter if letter.is_ascii_lowercase() || letter.is_ascii_digit() => letter,
        _ => '-',
    };
    let name: String = tunnel.chars().map(plain).take(32).collect();
    match name.trim_matches('-') {
        "" => "edge".to_owned(),
        name => name.to_owned(),
    }
}

fn entry(configuration: &Configuration) -> Value {
    let document = &configuration.document;
    let rules: Vec<Rule> = document.ingress.iter().map(short).collect();
    let tunnel = OriginRequest {
        access: None,
        ..document.origin_request.clone()
    };
    let mut entry = Map::new();
    entry.insert("ingress".to_owned(), literal(json!(rules)));
    if tunnel != OriginRequest::default() {
        entry.insert("originRequest".to_owned(), literal(json!(tunnel)));
    }
    let nameless = rules.iter().filter_map(|rule| rule.hostname.as_deref());
    let mut nameless: Vec<&str> = nameless
        .filter(|host| *host != "*" && !has_dns_name(host))
        .collect();
    nameless.sort_unstable();
    nameless.dedup();
    if !nameless.is_empty() {
        let dns = literal(json!({ "exclude": nameless }));
        entry.insert("dns".to_owned(), dns);
    }
    Value::Object(entry)
}

/// A rule without what is empty, which means the same as absent.
fn short(rule: &Rule) -> Rule {
    Rule {
        hostname: rule.hostname.clone().filter(|it| !it.is_empty()),
        path: rule.path.clone().filter(|it| !it.is_empty()),
        ..rule.clone()
    }
}

/// Reads the manifest as `tunctl validate` will.
fn check(sources: &mut Sources, text: &str) -> Result<(), Vec<Problem>> {
    let account = ("CLOUDFLARE_ACCOUNT_ID".to_owned(), "0".repeat(32));
    let document = manifest::open(
        sources,
        "the manifest of this import",
        text.as_bytes(),
        &BTreeMap::from([account]),
        &mut Budget::default(),
    );
    manifest::load(vec![document]).map(|_| ())
}

/// What the file says and a manifest does not.
fn left_behind(root: &Node) -> Vec<Problem> {
    let keys = root.mapping().into_iter().flatten();
    let top = keys.filter_map(|(key, _)| {
        let help = match key.text() {
            "ingress" | "originRequest" => return None,
            "tunnel" if own_name(root).is_some() => return None,
            "tunnel" => "a manifest knows the tunnel by its name",
            "credentials-file" | "credentials-contents" => {
                "a connector that takes its rules from Cloudflare starts with a token: \
                 `cloudflared tunnel run --token`"
            }
            "warp-routing" => "what Cloudflare has for private networks stays as it is there",
            _ => "connectors take it on their own command line",
        };
        Some(lost(key).help(help))
    });
    let access = root.get("originRequest").and_then(Node::mapping);
    let access = access.and_then(|block| block.entry("access"));
    let access = access.map(|(key, _)| {
        lost(key).help(
            "here it enforces nothing, in cloudflared neither; put it under the rules that it \
             should guard",
        )
    });
    let mut all: Vec<Problem> = top.chain(access).collect();
    all.sort_by_key(|it| it.labels.first().map(|(span, _)| *span));
    all
}

fn lost(key: &Node) -> Problem {
    let message = format!("`{}` does not carry over", key.text());
    Problem::new("tunctl::not_imported", message)
        .at(key.span, "nothing in the manifest comes from here")
        .warning()
}
