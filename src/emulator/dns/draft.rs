//! From what a client sends to a record as it is stored, or the reason why not.

use jiff::Timestamp;
use serde_json::Map;

use super::{Record, Unnamed, content, refused};
use crate::emulator::body::Body;
use crate::emulator::failure::Failure;
use crate::emulator::zone::Zone;

/// The record types that the API takes (its OpenAPI description).
const TYPES: [&str; 21] = [
    "A",
    "AAAA",
    "CAA",
    "CERT",
    "CNAME",
    "DNSKEY",
    "DS",
    "HTTPS",
    "LOC",
    "MX",
    "NAPTR",
    "NS",
    "OPENPGPKEY",
    "PTR",
    "SMIMEA",
    "SRV",
    "SSHFP",
    "SVCB",
    "TLSA",
    "TXT",
    "URI",
];
/// The largest TTL in seconds.
const MOST_TTL: u64 = 86400;

/// A new record.
pub(super) fn new(
    zone_id: &str,
    zone: &Zone,
    body: &Body<'_>,
    now: Timestamp,
) -> Result<Record, Failure> {
    let mut record = Record {
        created_on: now,
        ..blank(zone_id)
    };
    finish(&mut record, zone, body)?;
    stamp(&mut record, None, now);
    Ok(record)
}

/// A record after a change.
pub(super) fn changed(
    old: &Record,
    zone: &Zone,
    body: &Body<'_>,
    unnamed: Unnamed,
    now: Timestamp,
) -> Result<Record, Failure> {
    let mut record = match unnamed {
        Unnamed::Stay => old.clone(),
        Unnamed::Reset => Record {
            created_on: old.created_on,
            meta: old.meta.clone(),
            ..blank(&old.zone)
        },
    };
    finish(&mut record, zone, body)?;
    stamp(&mut record, Some(old), now);
    Ok(record)
}

fn blank(zone: &str) -> Record {
    Record {
        zone: zone.to_owned(),
        kind: String::new(),
        name: String::new(),
        content: String::new(),
        data: None,
        priority: None,
        ttl: 1,
        proxied: false,
        comment: None,
        tags: Vec::new(),
        settings: Map::new(),
        created_on: Timestamp::UNIX_EPOCH,
        modified_on: Timestamp::UNIX_EPOCH,
        comment_modified_on: None,
        tags_modified_on: None,
        meta: Map::new(),
    }
}

fn finish(record: &mut Record, zone: &Zone, body: &Body<'_>) -> Result<(), Failure> {
    overlay(record, body)?;
    if !TYPES.contains(&record.kind.as_str()) {
        return Err(refused(9020, "DNS type is invalid."));
    }
    record.name = full_name(&record.name, &zone.name)?;
    content::normalise(record)?;
    check_numbers(record, zone)?;
    check_comment(record, zone)?;
    check_tags(record, zone)
}

fn overlay(record: &mut Record, body: &Body<'_>) -> Result<(), Failure> {
    if let Some(kind) = body.text("type")? {
        kind.clone_into(&mut record.kind);
    }
    if let Some(name) = body.text("name")? {
        name.clone_into(&mut record.name);
    }
    if let Some(content) = body.text("content")? {
        content.clone_into(&mut record.content);
    }
    if let Some(data) = body.object("data")? {
        record.data = Some(data.clone());
        if !body.has("content") {
            record.content = content::of_data(data);
        }
    }
    if body.has("priority") {
        record.priority = body.number("priority")?;
    }
    record.ttl = body.number("ttl")?.unwrap_or(record.ttl);
    record.proxied = body.flag("proxied")?.unwrap_or(record.proxied);
    if body.has("comment") {
        let comment = body.text("comment")?.filter(|text| !text.is_empty());
        record.comment = comment.map(str::to_owned);
    }
    if body.has("tags") {
        record.tags = body.texts("tags")?.unwrap_or_default();
    }
    if let Some(settings) = body.object("settings")? {
        record.settings.clone_from(settings);
    }
    Ok(())
}

/// The full name in lower case and Punycode: `@` is the zone, and what does not end in the
/// zone's name is relative to it.
pub(super) fn full_name(name: &str, zone: &str) -> Result<String, Failure> {
    let ascii = content::host(name).ok_or_else(bad_name)?;
    let full = match ascii.as_str() {
        "@" => zone.to_owned(),
        own if own == zone || own.ends_with(&format!(".{zone}")) => ascii,
        own => format!("{own}.{zone}"),
    };
    let labels = full.split('.').enumerate();
    let fits = full.len() <= 253
        && labels.into_iter().all(|(at, label)| {
            let star = label == "*" && at == 0;
            (1..=63).contains(&label.len()) && (star || label.bytes().all(is_name_byte))
        });
    if fits { Ok(full) } else { Err(bad_name()) }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn bad_name() -> Failure {
    refused(9000, "DNS name is invalid.")
}

fn check_numbers(record: &mut Record, zone: &Zone) -> Result<(), Failure> {
    if record.proxied && !record.proxiable() {
        return Err(refused(9004, "This record type cannot be proxied."));
    }
    let least = zone.plan.least_ttl();
    if record.ttl != 1 && !(least..=MOST_TTL).contains(&record.ttl) {
        let message = format!(
            "Invalid TTL. Must be between {least} and {MOST_TTL} seconds, or 1 for Automatic."
        );
        return Err(refused(9021, message));
    }
    if record.proxied {
        record.ttl = 1;
    }
    match record.priority {
        Some(65536..) => Err(refused(9104, "Priority must be between 0 and 65535.")),
        None if record.kind == "MX" => Err(refused(9101, "Priority is required.")),
        Some(_) | None => Ok(()),
    }
}

/// The code is not observed.
fn check_comment(record: &Record, zone: &Zone) -> Result<(), Failure> {
    let Some(comment) = &record.comment else {
        return Ok(());
    };
    let most = zone.plan.comment_length();
    if comment.chars().count() > most {
        let message = format!("DNS record comment exceeds the maximum length of {most}.");
        return Err(Failure::new(400, 9313, message));
    }
    if comment.contains(['\n', '\r']) {
        let message = "DNS record comment must not contain line breaks.";
        return Err(Failure::new(400, 9314, message));
    }
    Ok(())
}

fn check_tags(record: &mut Record, zone: &Zone) -> Result<(), Failure> {
    let (count, quota) = (record.tags.len(), zone.plan.tags());
    if count > quota {
        let message = format!("DNS record has {count} tags, exceeding the quota of {quota}.");
        return Err(Failure::new(400, 9300, message));
    }
    for tag in &mut record.tags {
        let (name, value) = tag.split_once(':').unwrap_or((tag, ""));
        if name.is_empty() || !name.bytes().all(is_name_byte) {
            return Err(Failure::new(
                400,
                9301,
                format!("DNS record tag {tag} is invalid."),
            ));
        }
        *tag = format!("{}:{value}", name.to_ascii_lowercase());
    }
    record.tags.sort();
    record.tags.dedup();
    Ok(())
}

fn stamp(record: &mut Record, old: Option<&Record>, now: Timestamp) {
    record.modified_on = now;
    let same_comment = old.is_some_and(|old| old.comment == record.comment);
    let same_tags = old.is_some_and(|old| old.tags == record.tags);
    let of_comment = if same_comment {
        old.and_then(|old| old.comment_modified_on)
    } else {
        Some(now)
    };
    let of_tags = if same_tags {
        old.and_then(|old| old.tags_modified_on)
    } else {
        Some(now)
    };
    record.comment_modified_on = of_comment.filter(|_| record.comment.is_some());
    record.tags_modified_on = of_tags.filter(|_| !record.tags.is_empty());
}
