//! Configurations as JSON texts, read as strictly as cloudflared reads them: as it is pushed to
//! connectors, or as its `ingress validate --json` takes it.
//!
//! Which texts are accepted is cloudflared's decision, but the reasons for refusing a text that
//! is no configuration are not in its words.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::Rule;
use super::duration::Seconds;
use super::origin_request::OriginRequest;
use super::validate::{Fault, validate};
use super::wire::{Lost, Why, Wire, fold, from_wire, is_same_key};

/// Who reads the text; the two differ in keys and in whether rules are required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A connector, of a configuration that was pushed to it. Without rules it answers 503.
    Connector,
    /// The command line.
    CommandLine,
}

/// A configuration that cloudflared accepts.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The rules, valid.
    pub ingress: Vec<Rule>,
    /// The tunnel's own settings.
    pub origin_request: OriginRequest,
    /// Settings of private network routing.
    pub warp_routing: WarpRouting,
}

/// Settings of private network routing, defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarpRouting {
    /// Wait for a connection. Default 5 s.
    pub connect_timeout: Seconds,
    /// Most flows at a time; 0, the default, is without limit.
    pub max_active_flows: u64,
    /// Between TCP keep-alive packets. Default 30 s.
    pub tcp_keep_alive: Seconds,
}

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentFault {
    /// No JSON.
    #[error("{0}")]
    Syntax(String),
    /// A value of another type than cloudflared wants, by its place.
    #[error("wrong type of value at {0}")]
    Type(String),
    /// Rules that cloudflared refuses.
    #[error(transparent)]
    Rules(#[from] Fault),
}

/// Reads a text.
///
/// # Errors
/// The first thing that cloudflared would not accept.
pub fn read(text: &str, reader: Reader) -> Result<Document, DocumentFault> {
    let value = parse(text).map_err(|fault| DocumentFault::Syntax(fault.to_string()))?;
    let mut wire = from_wire(&value);
    let lost = std::mem::take(&mut wire.lost);
    let wrong = lost.iter().filter(|lost| lost.why == Why::WrongType);
    if let Some(lost) = wrong.into_iter().find(|lost| !wrapped(&mut wire, lost)) {
        return Err(DocumentFault::Type(lost.place.clone()));
    }
    if reader == Reader::CommandLine {
        check_text(&wire.others, "TunnelID")?;
    }
    let warp_routing = read_warp_routing(&wire.others, reader)?;
    if reader == Reader::CommandLine || !wire.ingress.is_empty() {
        validate(&wire.ingress, &wire.origin_request)?;
    }
    Ok(Document {
        ingress: wire.ingress,
        origin_request: wire.origin_request,
        warp_routing,
    })
}

/// The object that a text is, if it is one of JSON.
#[must_use]
pub fn object(text: &str) -> Option<Map<String, Value>> {
    match parse(text) {
        Ok(Value::Object(object)) => Some(object),
        Ok(_) | Err(_) => None,
    }
}

/// Whether an object has a key for rules, whatever is under it.
#[must_use]
pub fn has_rules(object: &Map<String, Value>) -> bool {
    object.keys().any(|key| fold(key) == "ingress")
}

fn parse(text: &str) -> serde_json::Result<Value> {
    let text = replace_lone_surrogates(text);
    serde_json::from_str(&plain_zeros(&text))
}

fn read_warp_routing(
    others: &Map<String, Value>,
    reader: Reader,
) -> Result<WarpRouting, DocumentFault> {
    let name = match reader {
        Reader::Connector => "warp-routing",
        Reader::CommandLine => "WarpRouting",
    };
    let fault = |place: &str| DocumentFault::Type(format!("{name}{place}"));
    let empty = Map::new();
    let fields = match find(others, name) {
        None => &empty,
        Some(value) => value.as_object().ok_or_else(|| fault(""))?,
    };
    let seconds = |key: &str, default: i64| match find(fields, key) {
        None => Ok(Seconds::new(default)),
        Some(value) => value
            .as_i64()
            .map(Seconds::new)
            .ok_or_else(|| fault(&format!(".{key}"))),
    };
    let max_active_flows = match find(fields, "maxActiveFlows") {
        None => 0,
        Some(value) => value.as_u64().ok_or_else(|| fault(".maxActiveFlows"))?,
    };
    Ok(WarpRouting {
        connect_timeout: seconds("connectTimeout", 5)?,
        max_active_flows,
        tcp_keep_alive: seconds("tcpKeepAlive", 30)?,
    })
}

fn check_text(others: &Map<String, Value>, key: &str) -> Result<(), DocumentFault> {
    match find(others, key) {
        Some(value) if !value.is_string() => Err(DocumentFault::Type(key.to_owned())),
        Some(_) | None => Ok(()),
    }
}

/// The last value under a key in any case that is not `null`.
fn find<'m>(map: &'m Map<String, Value>, key: &str) -> Option<&'m Value> {
    let mut entries = map.iter().rev();
    let found = entries.find(|(name, value)| is_same_key(name, key) && !value.is_null());
    found.map(|(_, value)| value)
}

/// Takes in a duration that a manifest cannot hold: Go's wraps around. Whether it was one.
fn wrapped(wire: &mut Wire, lost: &Lost) -> bool {
    let Some(seconds) = lost.value.as_i64().map(Seconds::new) else {
        return false;
    };
    let Some((block, field)) = lost.place.rsplit_once('.') else {
        return false;
    };
    let rule = block.strip_prefix("ingress[");
    let rule = rule.and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
    let settings = match rule {
        None => &mut wire.origin_request,
        Some(rule) => match wire.ingress.get_mut(rule) {
            Some(rule) => rule.origin_request.get_or_insert_default(),
            None => return false,
        },
    };
    let field = match fold(field).as_str() {
        "connecttimeout" => &mut settings.connect_timeout,
        "tlstimeout" => &mut settings.tls_timeout,
        "tcpkeepalive" => &mut settings.tcp_keep_alive,
        "keepalivetimeout" => &mut settings.keep_alive_timeout,
        _ => return false,
    };
    *field = Some(seconds);
    true
}

/// Go takes `-0` for a whole number, where our parser makes a float of it.
fn plain_zeros(text: &str) -> Cow<'_, str> {
    let mut plain = String::new();
    let (mut copied, mut quoted, mut escaped) = (0, false, false);
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'-' if !quoted && bytes.get(at + 1) == Some(&b'0') => {
                let next = bytes.get(at + 2);
                if !next.is_some_and(|it| it.is_ascii_digit() || b".eE".contains(it)) {
                    plain.push_str(&text[copied..at]);
                    copied = at + 1;
                }
            }
            _ => {}
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    plain.push_str(&text[copied..]);
    Cow::Owned(plain)
}

/// Go reads half of a surrogate pair as U+FFFD, where our parser gives up.
fn replace_lone_surrogates(text: &str) -> Cow<'_, str> {
    let escape = |at: usize| -> Option<u32> {
        let digits = text.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        u32::from_str_radix(digits, 16).ok().filter(|_| plain)
    };
    let mut replaced = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(found) = text[at..].find('\\') {
        at += found;
        let pair = (escape(at), escape(at + 6));
        match pair {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => at += 12,
            (Some(0xd800..=0xdfff), _) => {
                replaced.push_str(&text[copied..at]);
                replaced.push_str("\\ufffd");
                at += 6;
                copied = at;
            }
            // Whatever is escaped, a backslash perhaps, begins no escape itself.
            (_, _) => {
                at += 1;
                at += text[at..].chars().next().map_or(0, char::len_utf8);
            }
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    replaced.push_str(&text[copied..]);
    Cow::Owned(replaced)
}
