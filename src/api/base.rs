//! Where the API is. Plain HTTP never leaves the machine, because credentials travel in it.

use std::fmt;

use miette::Diagnostic;
use thiserror::Error;
use url::{Host, Url};

/// Every path of the API lies below it.
const ROOT: &str = "/client/v4";

/// The address of an API: `https`, or `http` on this machine, ending in `/client/v4`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    text: String,
    loopback: bool,
}

/// Why an address is not one of an API.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum BaseError {
    /// No URL, or one of another scheme.
    #[error("the API URL is not an http or https URL")]
    #[diagnostic(code(tunctl::bad_api_url), help("write it as https://HOST/client/v4"))]
    NotAUrl,
    /// Plain HTTP to another machine.
    #[error("plain http to `{host}` would send the credentials unencrypted")]
    #[diagnostic(
        code(tunctl::bad_api_url),
        help("use https; http is for loopback addresses and `localhost` only")
    )]
    Unencrypted {
        /// Where it would have gone.
        host: String,
    },
    /// Another path than the API's.
    #[error("the path `{path}` does not end in `{ROOT}`")]
    #[diagnostic(
        code(tunctl::bad_api_url),
        help("append `{ROOT}`, or leave the path out")
    )]
    Path {
        /// As it was given.
        path: String,
    },
    /// User, password, query or fragment.
    #[error("an API URL has no {part}")]
    #[diagnostic(
        code(tunctl::bad_api_url),
        help("give scheme, host, port and path only; credentials come from the environment")
    )]
    Extra {
        /// Which part is too much.
        part: &'static str,
    },
}

impl Default for Base {
    fn default() -> Self {
        Self {
            text: format!("https://api.cloudflare.com{ROOT}"),
            loopback: false,
        }
    }
}

impl Base {
    /// Reads an address; without a path it gets the API's.
    ///
    /// # Errors
    /// When it is no URL, has other parts than an address, or would send credentials in the
    /// clear.
    pub fn parse(given: &str) -> Result<Self, BaseError> {
        let mut url = Url::parse(given)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or(BaseError::NotAUrl)?;
        if let Some(part) = extra(&url) {
            return Err(BaseError::Extra { part });
        }
        let loopback = is_loopback(&url);
        if url.scheme() == "http" && !loopback {
            return Err(BaseError::Unencrypted {
                host: url.host_str().unwrap_or_default().to_owned(),
            });
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(if path.is_empty() { ROOT } else { &path });
        if !url.path().ends_with(ROOT) {
            return Err(BaseError::Path { path });
        }
        Ok(Self {
            text: url.into(),
            loopback,
        })
    }

    /// Whether the API is on this machine; such an API is never asked through a proxy.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// The full address of a target, if the target is plain: one with `..` in it would reach
    /// another endpoint than the one it names.
    pub(crate) fn join(&self, target: &str) -> Option<Url> {
        let text = format!("{}{target}", self.text);
        Url::parse(&text).ok().filter(|url| url.as_str() == text)
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn extra(url: &Url) -> Option<&'static str> {
    if !url.username().is_empty() || url.password().is_some() {
        return Some("user or password");
    }
    if url.query().is_some() {
        return Some("query");
    }
    url.fragment().map(|_| "fragment")
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
