//! Ingress rules with cloudflared's semantics: what it accepts, which rule serves a request,
//! and with which settings.
//!
//! cloudflared 2026.8 is the judge: where its answer surprises, it is reproduced, not mended.
//! Everything here is pure; no input makes it panic, loop or overflow the stack.

pub mod canonical;
pub mod document;
pub mod duration;
pub mod go;
pub mod host;
pub mod ip_rule;
pub mod origin_request;
pub mod path;
pub mod re2;
pub mod route;
pub mod service;
pub mod settings;
pub mod shadow;
pub mod twin;
pub mod validate;
pub mod wire;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use canonical::canonical;
pub use duration::{DurationFault, Seconds};
pub use origin_request::{Access, IpRule, OriginRequest};
pub use route::{Matcher, Target};
pub use settings::Settings;
pub use validate::{Fault, Field, validate, validate_all};
pub use wire::{Lost, Why, Wire, from_wire, to_wire};

/// One ingress rule: which requests it takes, and the service that answers them. Rules are
/// tried from first to last and the first match wins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// The host that the rule serves: a full name, or `*.` and a name for everything below it.
    /// Compared letter for letter, without a port. Left out, the rule serves every host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// A regular expression in RE2's dialect, searched anywhere in the decoded path of the
    /// request: begin it with `^` to anchor it. Left out, the rule serves every path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What answers: `http://host:port`, `https://…`, `tcp://…`, `ssh://…`, `rdp://…`,
    /// `smb://…`, `unix:/path`, `unix+tls:/path`, `http_status:404`, `hello_world`,
    /// `socks-proxy` or `bastion`. A URL must not have a path.
    pub service: String,
    /// How connectors talk to this service; what is left out comes from the tunnel's own
    /// `originRequest`, then from cloudflared's defaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin_request: Option<OriginRequest>,
}

impl Rule {
    /// The hostname; empty where it is absent, which means the same.
    #[must_use]
    pub fn host(&self) -> &str {
        self.hostname.as_deref().unwrap_or_default()
    }

    /// The path pattern; empty where it is absent, which means the same.
    #[must_use]
    pub fn path_pattern(&self) -> &str {
        self.path.as_deref().unwrap_or_default()
    }

    /// Whether cloudflared takes this for the rule that serves everything. A pattern that
    /// happens to match every path (`.*`) does not count.
    #[must_use]
    pub fn is_catch_all(&self) -> bool {
        matches!(self.host(), "" | "*") && self.path_pattern().is_empty()
    }
}
