//! Go's `url.Parse` and the printed form of its result.

use super::address::{Family, parse as parse_address};
use super::escape::{Place, escape, is_encoded, unescape};
use super::text::quote;

/// A URL as Go splits it. Host, user, path and fragment are decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Url {
    /// Lower case; may be empty.
    pub scheme: String,
    /// What follows the scheme's colon when that is no slash; else empty.
    pub opaque: String,
    /// Host and port, with an address's brackets.
    pub host: Vec<u8>,
    /// The path.
    pub path: Vec<u8>,
    user: Option<User>,
    /// The path as it was written, where [`escape`] would write it otherwise.
    raw_path: String,
    query: Option<String>,
    fragment: Vec<u8>,
    raw_fragment: String,
    /// A scheme, then a path without an authority.
    omit_host: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

impl Url {
    /// Reads a URL or a reference; almost everything is one.
    ///
    /// # Errors
    /// Go's message, `parse "…": …`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (main, fragment) = text.split_once('#').unwrap_or((text, ""));
        let fault = |shown: &str, reason: String| format!("parse {}: {reason}", quote(shown));
        let mut url = parse_main(main).map_err(|reason| fault(main, reason))?;
        url.set_fragment(fragment)
            .map_err(|reason| fault(text, reason))?;
        Ok(url)
    }

    /// The host without port and brackets.
    #[must_use]
    pub fn hostname(&self) -> &[u8] {
        let (host, _) = self.split_port();
        host.strip_prefix(b"[")
            .and_then(|host| host.strip_suffix(b"]"))
            .unwrap_or(host)
    }

    /// The port's digits; empty if there is none.
    #[must_use]
    pub fn port(&self) -> &[u8] {
        self.split_port().1
    }

    fn split_port(&self) -> (&[u8], &[u8]) {
        match self.host.iter().rposition(|byte| *byte == b':') {
            Some(colon) if is_optional_port(&self.host[colon..]) => {
                (&self.host[..colon], &self.host[colon + 1..])
            }
            Some(_) | None => (&self.host, &[]),
        }
    }

    fn set_path(&mut self, path: &str) -> Result<(), String> {
        self.path = unescape(path.as_bytes(), Place::Path)?;
        if escape(&self.path, Place::Path) != path {
            path.clone_into(&mut self.raw_path);
        }
        Ok(())
    }

    fn set_fragment(&mut self, fragment: &str) -> Result<(), String> {
        self.fragment = unescape(fragment.as_bytes(), Place::Fragment)?;
        if escape(&self.fragment, Place::Fragment) != fragment {
            fragment.clone_into(&mut self.raw_fragment);
        }
        Ok(())
    }
}

/// Go's `URL.String`.
impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        if !self.scheme.is_empty() {
            text.push_str(&self.scheme);
            text.push(':');
        }
        if self.opaque.is_empty() {
            self.push_authority(&mut text);
            let path = encoded(&self.path, &self.raw_path, Place::Path);
            if !self.host.is_empty() && !path.is_empty() && !path.starts_with('/') {
                text.push('/');
            }
            let segment = path.split('/').next().unwrap_or_default();
            if text.is_empty() && segment.contains(':') {
                text.push_str("./");
            }
            text.push_str(&path);
        } else {
            text.push_str(&self.opaque);
        }
        if let Some(query) = &self.query {
            text.push('?');
            text.push_str(query);
        }
        if !self.fragment.is_empty() {
            text.push('#');
            text.push_str(&encoded(
                &self.fragment,
                &self.raw_fragment,
                Place::Fragment,
            ));
        }
        f.write_str(&text)
    }
}

impl Url {
    fn push_authority(&self, text: &mut String) {
        let empty = self.host.is_empty() && self.user.is_none();
        if empty && (self.scheme.is_empty() || self.omit_host || self.path.is_empty()) {
            return;
        }
        text.push_str("//");
        if let Some(user) = &self.user {
            text.push_str(&escape(&user.name, Place::User));
            if let Some(password) = &user.password {
                text.push(':');
                text.push_str(&escape(password, Place::User));
            }
            text.push('@');
        }
        text.push_str(&escape(&self.host, Place::Host));
    }
}

/// The text as it was written if that is a sound encoding, else Go's own.
fn encoded(decoded: &[u8], raw: &str, place: Place) -> String {
    if !raw.is_empty() && is_encoded(raw.as_bytes(), place) {
        return raw.to_owned();
    }
    if place == Place::Path && decoded == b"*" {
        return "*".to_owned();
    }
    escape(decoded, place)
}

fn parse_main(text: &str) -> Result<Url, String> {
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let mut url = Url::default();
    if text == "*" {
        url.path = b"*".to_vec();
        return Ok(url);
    }
    let (scheme, rest) = split_scheme(text)?;
    url.scheme = scheme.to_ascii_lowercase();
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query.to_owned())),
        None => (rest, None),
    };
    url.query = query;
    if !rest.starts_with('/') {
        if !url.scheme.is_empty() {
            rest.clone_into(&mut url.opaque);
            return Ok(url);
        }
        // It could be taken for a scheme.
        if rest
            .split('/')
            .next()
            .is_some_and(|segment| segment.contains(':'))
        {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let bare_slashes = url.scheme.is_empty() && rest.starts_with("///");
    match rest.strip_prefix("//") {
        Some(after) if !bare_slashes => {
            let slash = after.find('/').unwrap_or(after.len());
            let (authority, path) = after.split_at(slash);
            url.set_authority(authority)?;
            url.set_path(path)?;
        }
        Some(_) | None => {
            url.omit_host = !url.scheme.is_empty() && rest.starts_with('/');
            url.set_path(rest)?;
        }
    }
    Ok(url)
}

/// The scheme, if any, and what follows its colon.
fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)));
    match end.map(|end| text.split_at(end)) {
        Some(("", rest)) if rest.starts_with(':') => Err("missing protocol scheme".to_owned()),
        Some((scheme, rest)) if scheme.starts_with(|c: char| c.is_ascii_alphabetic()) => Ok(rest
            .strip_prefix(':')
            .map_or(("", text), |rest| (scheme, rest))),
        Some(_) | None => Ok(("", text)),
    }
}

impl Url {
    fn set_authority(&mut self, authority: &str) -> Result<(), String> {
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        self.host = parse_host(&self.scheme, host)?;
        self.user = user.map(parse_user).transpose()?;
        Ok(())
    }
}

fn parse_user(text: &str) -> Result<User, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
    if !text.bytes().all(allowed) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    let (name, password) = match text.split_once(':') {
        Some((name, password)) => (name, Some(password)),
        None => (text, None),
    };
    let name = unescape(name.as_bytes(), Place::User)?;
    let password = password.map(|password| unescape(password.as_bytes(), Place::User));
    Ok(User {
        name,
        password: password.transpose()?,
    })
}

fn parse_host(scheme: &str, host: &str) -> Result<Vec<u8>, String> {
    match host.rfind('[') {
        Some(0) => return parse_literal(host),
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    // Only http and https forbid colons within the host (go.dev/issue/75223).
    let colon = match scheme {
        "http" | "https" => host.find(':'),
        _ => host.rfind(':'),
    };
    if let Some(colon) = colon {
        check_port(&host[colon..])?;
    }
    unescape(host.as_bytes(), Place::Host)
}

/// An IPv6 address in brackets, with an optional port.
fn parse_literal(host: &str) -> Result<Vec<u8>, String> {
    let (address, port) = host
        .strip_prefix('[')
        .and_then(|host| host.rsplit_once(']'))
        .ok_or("missing ']' in host")?;
    check_port(port)?;
    let (address, zone) = address.split_at(address.find("%25").unwrap_or(address.len()));
    let mut decoded = unescape(address.as_bytes(), Place::Host)?;
    decoded.extend(unescape(zone.as_bytes(), Place::Zone)?);
    match parse_address(&decoded) {
        Ok(Family::V6) => Ok([b"[", &decoded[..], b"]", port.as_bytes()].concat()),
        Ok(Family::V4) => Err("invalid IP-literal".to_owned()),
        Err(fault) => Err(format!("invalid host: {fault}")),
    }
}

fn check_port(port: &str) -> Result<(), String> {
    if is_optional_port(port.as_bytes()) {
        Ok(())
    } else {
        Err(format!("invalid port {} after host", quote(port)))
    }
}

fn is_optional_port(port: &[u8]) -> bool {
    match port.split_first() {
        None => true,
        Some((colon, digits)) => *colon == b':' && digits.iter().all(u8::is_ascii_digit),
    }
}
