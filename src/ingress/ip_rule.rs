//! Entries of `ipRules` as cloudflared resolves them.

use std::net::IpAddr;

use ipnet::IpNet;

use super::origin_request::IpRule;

/// A valid entry: the first one whose network and port match decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The network, host bits cleared.
    pub network: IpNet,
    /// Sorted ports; none means all.
    pub ports: Vec<u16>,
    /// Whether a match is let through.
    pub allow: bool,
}

impl IpRule {
    /// Checks the entry.
    ///
    /// # Errors
    /// cloudflared's reason, without its lead-in. Of several bad ports the smallest is named,
    /// because they are sorted first.
    pub fn resolve(&self) -> Result<Destination, String> {
        let prefix = self.prefix.as_deref().unwrap_or_default();
        if prefix.is_empty() {
            return Err("no prefix provided".to_owned());
        }
        let network =
            parse_cidr(prefix).ok_or_else(|| format!("unable to parse cidr: {prefix}"))?;
        let mut ports = self.ports.clone().unwrap_or_default();
        ports.sort_unstable();
        let ports = ports
            .iter()
            .map(|port| match u16::try_from(*port) {
                Ok(port @ 1..) => Ok(port),
                Ok(0) | Err(_) => Err(format!(
                    "invalid port {port}, needs to be between 1 and 65535"
                )),
            })
            .collect::<Result<_, _>>()?;
        Ok(Destination {
            network,
            ports,
            allow: self.allow.unwrap_or_default(),
        })
    }
}

/// Go's `net.ParseCIDR`: host bits and leading zeros in the length are fine, zones are not.
fn parse_cidr(text: &str) -> Option<IpNet> {
    let (address, length) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let length = match length.trim_start_matches('0') {
        "" => 0,
        digits => digits.parse().ok()?,
    };
    IpNet::new(address, length)
        .ok()
        .map(|network| network.trunc())
}
