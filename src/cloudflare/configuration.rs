//! The configuration of a tunnel that loads it from Cloudflare (3.1, 3.2). There is no DELETE.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Operation;
use super::tunnel::below;
use crate::address::RemoteId;
use crate::request::{Method, Request};

/// "Configuration for tunnel not found": it never had one, or the tunnel is deleted (3.1).
pub const NOT_FOUND: u64 = 1055;

/// A configuration as it was last written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// The tunnel.
    pub tunnel_id: Option<RemoteId>,
    /// 0 before the first PUT; each PUT counts it up.
    #[serde(default)]
    pub version: u64,
    /// `{ingress, originRequest?, …}`, as `ingress` reads it; null before the first PUT.
    pub config: Option<Value>,
    /// Where the rules live, in a word of [`super::tunnel::ConfigSrc`].
    pub source: Option<String>,
    /// RFC 3339; when it was last written.
    pub created_at: Option<String>,
}

/// The configuration of a tunnel.
#[must_use]
pub fn get(account: &str, tunnel: &RemoteId) -> Operation<Configuration> {
    Operation::new(Request::get(&path(account, tunnel)))
}

/// Replaces a configuration whole. Not repeatable, because each PUT counts the version up: one
/// that may have arrived is looked up.
#[must_use]
pub fn put(account: &str, tunnel: &RemoteId, config: &Value) -> Operation<Configuration> {
    let request = Request::new(Method::Put, &path(account, tunnel));
    Operation::new(request.body(json!({ "config": config })).once())
}

fn path<'a>(account: &'a str, tunnel: &'a RemoteId) -> [&'a str; 5] {
    below(account, tunnel, "configurations")
}
