//! A network in the form that is stored: an address without host bits, and a length.

use std::fmt;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// A network prefix of either family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(in crate::emulator) struct Prefix(pub(super) IpNet);

impl TryFrom<String> for Prefix {
    type Error = String;

    /// Reads CIDR notation. Host bits that are set are refused, which is not observed:
    /// cloudflared clears them before it sends.
    fn try_from(text: String) -> Result<Self, String> {
        let net: IpNet = text
            .parse()
            .map_err(|_| format!("{text} is not a network in CIDR notation"))?;
        if net == net.trunc() {
            Ok(Self(net))
        } else {
            Err(format!("{text} has host bits set"))
        }
    }
}

impl From<Prefix> for String {
    fn from(prefix: Prefix) -> Self {
        prefix.to_string()
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
