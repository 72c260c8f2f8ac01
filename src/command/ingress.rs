//! `tunctl ingress`: cloudflared's own answers about files that cloudflared reads.
//!
//! Invariant: cloudflared's messages are printed as they are, neither wrapped nor coloured nor
//! escaped, so that a script that looks for them finds them.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::console::{self, Console, Trouble};
use crate::cli::{Ingress, IngressDialect, IngressFile, IngressRule};
use crate::cloudflared::effective::effective;
use crate::cloudflared::{self, Answer, Configuration, Dialect};
use crate::exit::Exit;
use crate::files;
use crate::ingress::Target;
use crate::manifest::yaml::Budget;

/// Settings in seconds.
const DURATIONS: [&str; 4] = [
    "connectTimeout",
    "tlsTimeout",
    "tcpKeepAlive",
    "keepAliveTimeout",
];

/// The command `ingress`.
pub(super) fn run(console: &Console, question: &Ingress) -> Result<Exit, Trouble> {
    match question {
        Ingress::Validate(file) => validate(console, file),
        Ingress::Rule(arguments) => rule(console, arguments),
        Ingress::Show(file) => show(console, file),
    }
}

impl From<IngressDialect> for Dialect {
    fn from(dialect: IngressDialect) -> Self {
        match dialect {
            IngressDialect::Yaml => Self::Yaml,
            IngressDialect::JsonCli => Self::JsonCli,
            IngressDialect::JsonRemote => Self::JsonRemote,
        }
    }
}

/// What a file says, or cloudflared's reason to refuse it.
fn open(file: &IngressFile) -> Result<Result<Configuration, String>, Trouble> {
    let bytes = files::input(&file.file, &Budget::default())?;
    let read = cloudflared::open(&bytes, file.dialect.map(Dialect::from));
    Ok(read.map_err(|message| format!("Validation failed: {message}")))
}

/// The verdict is the result: it goes to standard output, whatever it is.
fn validate(console: &Console, file: &IngressFile) -> Result<Exit, Trouble> {
    let read = open(file)?;
    if console.is_for_programs() {
        console::print_json(&match &read {
            Ok(it) => json!({"valid": true, "warnings": it.warnings}),
            Err(error) => json!({"valid": false, "error": error}),
        })?;
    } else {
        console::print(&match &read {
            Ok(_) => "OK\n".to_owned(),
            Err(error) => format!("{error}\n"),
        })?;
    }
    Ok(match read {
        Ok(configuration) => {
            warn(console, &configuration);
            Exit::Success
        }
        Err(_) => Exit::Error,
    })
}

fn rule(console: &Console, arguments: &IngressRule) -> Result<Exit, Trouble> {
    // cloudflared looks at the URL before it looks at the file.
    let target = match target(arguments) {
        Ok(target) => target,
        Err(message) => return refuse(console, &message),
    };
    let configuration = match open(&arguments.rules)? {
        Ok(configuration) => configuration,
        Err(message) => return refuse(console, &message),
    };
    match configuration.answer(&target.host, &target.path) {
        Err(message) => return refuse(console, &message),
        Ok(answer) if console.is_for_programs() => {
            let (rule, service) = (answer.position, answer.service);
            console::print_json(&json!({"rule": rule, "service": service}))?;
        }
        Ok(answer) => console::print(&matched(&arguments.rules.file, &answer))?,
    }
    warn(console, &configuration);
    Ok(Exit::Success)
}

fn target(arguments: &IngressRule) -> Result<Target, String> {
    let bytes = |text: &std::ffi::OsString| text.as_encoded_bytes().to_vec();
    match (&arguments.url, &arguments.host, &arguments.path) {
        (Some(url), _, _) => Target::parse(url),
        (None, host, path) => Ok(Target {
            host: host.as_ref().map(bytes).unwrap_or_default(),
            path: path.as_ref().map(bytes).unwrap_or_default(),
        }),
    }
}

/// The words of `cloudflared tunnel ingress rule`, tabs included.
fn matched(file: &Path, answer: &Answer) -> String {
    let rule = &answer.rule;
    let parts = [
        ("hostname", rule.host()),
        ("path", rule.path_pattern()),
        ("service", &answer.service),
    ];
    let mut text = format!("Using rules from {}\n", files::named(file));
    let _ = writeln!(text, "Matched rule #{}", answer.position);
    for (key, value) in parts.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(text, "\t{key}: {value}");
    }
    text
}

fn show(console: &Console, file: &IngressFile) -> Result<Exit, Trouble> {
    let configuration = match open(file)? {
        Ok(configuration) => configuration,
        Err(message) => return refuse(console, &message),
    };
    let effective = effective(&configuration.document);
    if console.is_for_programs() {
        console::print_json(&effective)?;
    } else {
        console::print(&listing(&effective))?;
    }
    warn(console, &configuration);
    Ok(Exit::Success)
}

/// Each rule with the settings in force for it, but those that say nothing.
fn listing(effective: &Value) -> String {
    let mut text = String::new();
    let rules = effective["ingress"].as_array();
    for (position, rule) in rules.into_iter().flatten().enumerate() {
        let part = |key: &str| rule[key].as_str().filter(|it| !it.is_empty());
        let host = part("hostname").unwrap_or("(any host)");
        let path = part("path").map_or_else(String::new, |path| format!(" {path}"));
        let service = part("service").unwrap_or_default();
        let _ = writeln!(text, "Rule #{position}: {host}{path} -> {service}");
        settings(&mut text, &rule["originRequest"]);
        if rule["handlers"] != json!(0) {
            let _ = writeln!(text, "  Access is verified");
        }
    }
    let _ = writeln!(text, "Private network routing:");
    settings(&mut text, &effective["warp-routing"]);
    text
}

fn settings(text: &mut String, block: &Value) {
    for (key, value) in block.as_object().into_iter().flatten() {
        let silent = match value {
            Value::Null => true,
            Value::String(word) => word.is_empty(),
            Value::Object(access) => access.values().all(|it| it.is_null() || it == ""),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) => false,
        };
        let unit = if DURATIONS.contains(&key.as_str()) {
            "s"
        } else {
            ""
        };
        if !silent {
            let _ = writeln!(text, "  {key}: {value}{unit}");
        }
    }
}

/// There is no result: the reason goes where errors go, and where programs look for it.
fn refuse(console: &Console, message: &str) -> Result<Exit, Trouble> {
    if console.is_for_programs() {
        console::print_json(&json!({"error": message}))?;
    } else {
        console::complain(message);
    }
    Ok(Exit::Error)
}

fn warn(console: &Console, configuration: &Configuration) {
    if let Some(warnings) = &configuration.warnings {
        console.note(warnings);
    }
}
