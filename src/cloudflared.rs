//! Configurations as cloudflared itself reads them, in the three forms that it knows: what it
//! accepts, what it warns of, and what is in force then.
//!
//! The rules' own faults are in cloudflared's words; what its YAML or JSON decoder would have
//! said is in ours.

pub mod effective;
pub mod import;
mod local;
mod scalar;

use serde_json::{Map, Value};

use crate::ingress::document::{self, Document, DocumentFault, Reader};
use crate::ingress::service::service;
use crate::ingress::{Matcher, Rule, validate};

/// A form of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `config.yml`.
    Yaml,
    /// What `cloudflared tunnel ingress validate --json` takes.
    JsonCli,
    /// The bare `{ingress, originRequest, warp-routing}` of the API and the edge.
    JsonRemote,
}

/// A configuration that cloudflared accepts.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    /// What it says.
    pub document: Document,
    /// Keys that are not used, in cloudflared's words, one a line behind a title.
    pub warnings: Option<String>,
}

/// The rule that answers a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its position, from 0.
    pub position: usize,
    /// The rule.
    pub rule: Rule,
    /// Its service, as cloudflared prints it.
    pub service: String,
}

/// Reads a configuration. Its form is told by its content unless it is given: a JSON object is
/// one of cloudflared's command line, or of the API and the edge where the configuration lies in
/// their envelope, and everything else is YAML.
///
/// # Errors
/// The text behind `Validation failed: `.
pub fn open(text: &[u8], dialect: Option<Dialect>) -> Result<Configuration, String> {
    if let Some(dialect) = dialect {
        return read(text, dialect);
    }
    match document::object(&String::from_utf8_lossy(text)) {
        None => read(text, Dialect::Yaml),
        Some(object) => match enveloped(&object) {
            None => read(text, Dialect::JsonCli),
            Some(config) => read(config.to_string().as_bytes(), Dialect::JsonRemote),
        },
    }
}

/// The configuration in the edge's `{version, config}`, in the body of a write to the API, or in
/// the API's answer, which puts it into a `result`. Nothing that the command line of cloudflared
/// takes has rules there.
fn enveloped(object: &Map<String, Value>) -> Option<&Value> {
    if document::has_rules(object) {
        return None;
    }
    let result = object.get("result").and_then(Value::as_object);
    let config = result.unwrap_or(object).get("config");
    config.filter(|config| config.is_object())
}

/// Reads a configuration of a known form.
///
/// # Errors
/// The text behind `Validation failed: `.
pub fn read(text: &[u8], dialect: Dialect) -> Result<Configuration, String> {
    let reader = match dialect {
        Dialect::Yaml => return local::read(text),
        Dialect::JsonCli => Reader::CommandLine,
        Dialect::JsonRemote => Reader::Connector,
    };
    // Go reads what is no UTF-8 as U+FFFD.
    let text = String::from_utf8_lossy(text);
    let document = document::read(&text, reader).map_err(|fault| fault.to_string())?;
    Ok(Configuration {
        document,
        warnings: None,
    })
}

impl Configuration {
    /// The rules that answer. A connector without any answers everything itself.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        if self.document.ingress.is_empty() {
            return vec![Rule {
                service: "http_status:503".to_owned(),
                ..Rule::default()
            }];
        }
        self.document.ingress.clone()
    }

    /// The rule that answers a request. The host may carry a port, the path is decoded.
    ///
    /// # Errors
    /// A path of a rule that cannot be searched for.
    pub fn answer(&self, host: &[u8], path: &[u8]) -> Result<Answer, String> {
        let rules = self.rules();
        let matcher = Matcher::new(&rules).map_err(|fault| fault.to_string())?;
        let position = matcher.route(host, path).unwrap_or_default();
        let rule = rules[position].clone();
        let service = service(&rule, &self.document.origin_request)?.to_string();
        Ok(Answer {
            position,
            rule,
            service,
        })
    }
}

/// The rules of a file must be valid, and not be joined by a service for all requests.
fn check(document: &Document) -> Result<(), DocumentFault> {
    Ok(validate(&document.ingress, &document.origin_request)?)
}
