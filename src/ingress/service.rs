//! What a rule's `service` stands for, as cloudflared decides it (`ingress/ingress.go`,
//! `ingress/origin_service.go`).
//!
//! Every scheme is a service: what is not HTTP is carried as raw TCP.

use std::fmt;

use super::Rule;
use super::go::text::{lossy, parse_integer, quote};
use super::go::url::Url;
use super::origin_request::OriginRequest;

/// The service that takes its destination from each request, in which bastion mode also ends.
pub const BASTION: &str = "bastion";

/// The service that is a SOCKS proxy, the only one whose `ipRules` are validated.
pub const SOCKS_PROXY: &str = "socks-proxy";

/// A rule's service. Prints as cloudflared prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Service {
    /// HTTP over a Unix socket.
    Unix {
        /// Path of the socket, which nobody checks and may be empty.
        path: String,
        /// HTTPS instead.
        tls: bool,
    },
    /// A fixed answer without a body, 100 to 999.
    HttpStatus(u16),
    /// cloudflared's own test page.
    HelloWorld,
    /// A SOCKS5 proxy.
    SocksProxy,
    /// A jump host.
    Bastion,
    /// An HTTP or WebSocket origin: `http`, `https`, `ws`, `wss`.
    Http(Url),
    /// Any other scheme: raw TCP over WebSocket.
    Tcp {
        /// Lower case.
        scheme: String,
        /// Host and port, the scheme's default port added where there is one.
        destination: String,
    },
}

/// The service of a rule under the tunnel's own `originRequest`, which may set bastion mode.
///
/// # Errors
/// cloudflared's message.
pub fn service(rule: &Rule, tunnel: &OriginRequest) -> Result<Service, String> {
    let own = rule.origin_request.as_ref();
    let bastion_mode = own.and_then(|own| own.bastion_mode).or(tunnel.bastion_mode);
    Service::parse(&rule.service, bastion_mode.unwrap_or_default())
}

impl Service {
    /// Reads a service. With `bastion_mode`, the merged setting, a URL is not looked at.
    ///
    /// # Errors
    /// cloudflared's message.
    pub fn parse(text: &str, bastion_mode: bool) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            return Ok(Self::unix(path, false));
        }
        if let Some(path) = text.strip_prefix("unix+tls:") {
            return Ok(Self::unix(path, true));
        }
        if let Some(status) = text.strip_prefix("http_status:") {
            return parse_status(status).map(Self::HttpStatus);
        }
        match text {
            "hello_world" | "hello-world" => Ok(Self::HelloWorld),
            SOCKS_PROXY => Ok(Self::SocksProxy),
            BASTION => Ok(Self::Bastion),
            _ if bastion_mode => Ok(Self::Bastion),
            _ => parse_url(text),
        }
    }

    fn unix(path: &str, tls: bool) -> Self {
        Self::Unix {
            path: path.to_owned(),
            tls,
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix { path, tls: false } => write!(f, "unix:{path}"),
            Self::Unix { path, tls: true } => write!(f, "unix+tls:{path}"),
            Self::HttpStatus(status) => write!(f, "http_status:{status}"),
            Self::HelloWorld => f.write_str("hello_world"),
            Self::SocksProxy => f.write_str(SOCKS_PROXY),
            Self::Bastion => f.write_str(BASTION),
            Self::Http(url) => url.fmt(f),
            Self::Tcp {
                scheme,
                destination,
            } => write!(f, "{scheme}://{destination}"),
        }
    }
}

fn parse_status(text: &str) -> Result<u16, String> {
    let status = parse_integer(text).map_err(|fault| {
        let parsed = quote(text);
        format!("invalid HTTP status code: strconv.Atoi: parsing {parsed}: {fault}")
    })?;
    match u16::try_from(status) {
        Ok(status @ 100..=999) => Ok(status),
        Ok(_) | Err(_) => Err(format!("invalid HTTP status code: {status}")),
    }
}

fn parse_url(text: &str) -> Result<Service, String> {
    let url = Url::parse(text)?;
    if url.scheme.is_empty() || url.hostname().is_empty() {
        return Err(format!(
            "{text} is an invalid address, please make sure it has a scheme and a hostname"
        ));
    }
    if !url.path.is_empty() {
        return Err(format!(
            "{text} is an invalid address, ingress rules don't support proxying to a different \
             path on the origin service. The path will be the same as the eyeball request's path"
        ));
    }
    Ok(match url.scheme.as_str() {
        "http" | "https" | "ws" | "wss" => Service::Http(url),
        _ => Service::Tcp {
            destination: destination(&url),
            scheme: url.scheme,
        },
    })
}

fn destination(url: &Url) -> String {
    let port = match url.scheme.as_str() {
        "ssh" => 22,
        "rdp" => 3389,
        "smb" => 445,
        // cloudflared calls it "just a random port".
        "tcp" => 7864,
        _ => return lossy(&url.host),
    };
    if !url.port().is_empty() {
        return lossy(&url.host);
    }
    let host = lossy(url.hostname());
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}
