//! What a record may say, by its type.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value};

use super::{Record, refused};
use crate::emulator::failure::Failure;

/// Types whose content may come as `data`.
const WITH_DATA: [&str; 13] = [
    "CAA", "CERT", "DNSKEY", "DS", "HTTPS", "LOC", "NAPTR", "SMIMEA", "SRV", "SSHFP", "SVCB",
    "TLSA", "URI",
];
/// A record's size on the wire in bytes (Cloudflare's "DNS record types").
const MOST_BYTES: usize = 4096;

/// Brings the content into the one form in which it is stored, or refuses it.
pub(super) fn normalise(record: &mut Record) -> Result<(), Failure> {
    if !WITH_DATA.contains(&record.kind.as_str()) {
        record.data = None;
    }
    let given = record.content.trim();
    if given.is_empty() || given.len() > MOST_BYTES {
        return Err(refused(
            9009,
            format!("Content for {} record is invalid.", record.kind),
        ));
    }
    record.content = match record.kind.as_str() {
        "A" => address::<Ipv4Addr>(given, 9005, "A", "IPv4")?,
        "AAAA" => address::<Ipv6Addr>(given, 9006, "AAAA", "IPv6")?,
        "CNAME" => target(given, 9007, "CNAME")?,
        "MX" => target(given, 9009, "MX")?,
        "NS" => target(given, 9009, "NS")?,
        "PTR" => target(given, 9009, "PTR")?,
        _ => given.to_owned(),
    };
    if record.kind == "CNAME" && record.content == record.name {
        return Err(refused(9039, "A CNAME record cannot reference itself."));
    }
    Ok(())
}

/// The content of a record that came as `data`: its values in order.
pub(super) fn of_data(data: &Map<String, Value>) -> String {
    let words: Vec<String> = data.values().map(word).collect();
    words.join(" ")
}

/// A host name in lower case and Punycode, without the dot at its end.
pub(super) fn host(name: &str) -> Option<String> {
    let name = name.trim();
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.is_empty() {
        return None;
    }
    if name.is_ascii() {
        return Some(name.to_ascii_lowercase());
    }
    let ascii = idna::domain_to_ascii(name).ok()?;
    (!ascii.is_empty()).then_some(ascii)
}

fn target(given: &str, code: u32, kind: &str) -> Result<String, Failure> {
    let host = host(given).filter(|host| is_host(host));
    host.ok_or_else(|| refused(code, format!("Content for {kind} record is invalid.")))
}

fn is_host(host: &str) -> bool {
    host.len() <= 253
        && host.parse::<Ipv4Addr>().is_err()
        && host.split('.').all(|label| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            (1..=63).contains(&label.len()) && label.bytes().all(plain)
        })
}

fn address<T: std::str::FromStr + ToString>(
    given: &str,
    code: u32,
    kind: &str,
    family: &str,
) -> Result<String, Failure> {
    let parsed = given.parse::<T>().ok();
    let message = || format!("Content for {kind} record must be a valid {family} address.");
    let parsed = parsed.ok_or_else(|| refused(code, message()))?;
    Ok(parsed.to_string())
}

/// A value of `data` in the text form of a zone file.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}
