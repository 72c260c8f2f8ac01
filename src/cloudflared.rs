//! Configurations as cloudflared itself reads them, in the three forms that it knows: what it
//! accepts, what it warns of, and what is in force then.
//!
//! The rules' own faults are in cloudflared's words; what its YAML or JSON decoder would have
//! said is in ours.

pub mod effective;
mod local;
mod scalar;

use crate::ingress::document::{self, Document, DocumentFault, Reader};
use crate::ingress::{Rule, validate};

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

impl Dialect {
    /// The form that a text has: JSON, as the command line takes it, if it is an object of JSON.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text);
        match object {
            Ok(_) => Self::JsonCli,
            Err(_) => Self::Yaml,
        }
    }
}

/// Reads a configuration.
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
}

/// The rules of a file must be valid, and not be joined by a service for all requests.
fn check(document: &Document) -> Result<(), DocumentFault> {
    Ok(validate(&document.ingress, &document.origin_request)?)
}
