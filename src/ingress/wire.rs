//! The JSON that Cloudflare stores and connectors load: integer seconds, the rest as in a
//! manifest.
//!
//! Reading never fails and never forgets: what has no place in a manifest is handed back, with
//! the place where it stood, so that nobody overwrites it unseen.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Rule;
use super::duration::Seconds;
use super::origin_request::OriginRequest;

/// A tunnel's configuration as read from Cloudflare.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wire {
    /// The rules.
    pub ingress: Vec<Rule>,
    /// The tunnel's own settings.
    pub origin_request: OriginRequest,
    /// Everything else at the top, such as `warp-routing`, untouched: send it back as it is.
    pub others: Map<String, Value>,
    /// What a write of the fields above would lose.
    pub lost: Vec<Lost>,
}

/// A value that a manifest cannot hold: under an unknown key, or of a wrong type.
#[derive(Debug, Clone, PartialEq)]
pub struct Lost {
    /// Where it stood, such as `ingress[2].originRequest.connectTimeout`.
    pub place: String,
    /// The value.
    pub value: Value,
    /// What is the matter with it.
    pub why: Why,
}

/// Why a manifest cannot hold a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Nothing is known under its key. Connectors ignore it.
    UnknownKey,
    /// cloudflared wants another type there, and refuses the whole configuration.
    WrongType,
}

/// Writes a configuration. What is absent stays absent; so does an empty tunnel-wide
/// `originRequest`. A fraction of a second is written as one, and refused by Cloudflare.
#[must_use]
pub fn to_wire(rules: &[Rule], tunnel: &OriginRequest) -> Value {
    let rules: Vec<Value> = rules.iter().map(rule_to_wire).collect();
    let mut config = json!({"ingress": rules});
    if *tunnel != OriginRequest::default() {
        config["originRequest"] = origin_request_to_wire(tunnel);
    }
    config
}

/// Reads a configuration. Keys are matched without regard to case and `null` means absent, as
/// in cloudflared.
#[must_use]
pub fn from_wire(config: &Value) -> Wire {
    let mut lost = Vec::new();
    let mut wire = Wire::default();
    let empty = Map::new();
    let top = match config {
        Value::Object(top) => top,
        Value::Null => &empty,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            lost.push(Lost::wrong_type("config", config));
            &empty
        }
    };
    for (key, value) in top {
        let (shape, place) = if is_same_key(key, "ingress") {
            (&Shape::List(&RULE), "ingress")
        } else if is_same_key(key, "originRequest") {
            (&ORIGIN_REQUEST, "originRequest")
        } else {
            wire.others.insert(key.clone(), value.clone());
            continue;
        };
        match (shape.clean(place, value, &mut lost), place) {
            (Some(mut clean), "ingress") => {
                for rule in clean.as_array_mut().into_iter().flatten() {
                    if rule.get("service").is_none() {
                        rule["service"] = json!("");
                    }
                }
                wire.ingress = decode(clean);
            }
            (Some(clean), _) => wire.origin_request = decode(clean),
            (None, _) => {}
        }
    }
    wire.lost = lost;
    wire
}

impl Lost {
    fn wrong_type(place: &str, value: &Value) -> Self {
        Self {
            place: place.to_owned(),
            value: value.clone(),
            why: Why::WrongType,
        }
    }
}

/// What cloudflared decodes a value into.
pub(crate) enum Shape {
    Text,
    Flag,
    Integer,
    Natural,
    Seconds,
    List(&'static Shape),
    /// Go's name of the type, and its fields.
    Record(&'static str, &'static [(&'static str, Shape)]),
}

pub(crate) const RULE: Shape = Shape::Record(
    "config.UnvalidatedIngressRule",
    &[
        ("hostname", Shape::Text),
        ("path", Shape::Text),
        ("service", Shape::Text),
        ("originRequest", ORIGIN_REQUEST),
    ],
);

pub(crate) const ORIGIN_REQUEST: Shape = Shape::Record(
    "config.OriginRequestConfig",
    &[
        ("connectTimeout", Shape::Seconds),
        ("tlsTimeout", Shape::Seconds),
        ("tcpKeepAlive", Shape::Seconds),
        ("noHappyEyeballs", Shape::Flag),
        ("keepAliveConnections", Shape::Integer),
        ("keepAliveTimeout", Shape::Seconds),
        ("httpHostHeader", Shape::Text),
        ("originServerName", Shape::Text),
        ("matchSNItoHost", Shape::Flag),
        ("caPool", Shape::Text),
        ("noTLSVerify", Shape::Flag),
        ("disableChunkedEncoding", Shape::Flag),
        ("bastionMode", Shape::Flag),
        ("proxyAddress", Shape::Text),
        ("proxyPort", Shape::Natural),
        ("proxyType", Shape::Text),
        ("ipRules", Shape::List(&IP_RULE)),
        ("http2Origin", Shape::Flag),
        ("access", ACCESS),
    ],
);

pub(crate) const IP_RULE: Shape = Shape::Record(
    "config.IngressIPRule",
    &[
        ("prefix", Shape::Text),
        ("ports", Shape::List(&Shape::Integer)),
        ("allow", Shape::Flag),
    ],
);

pub(crate) const ACCESS: Shape = Shape::Record(
    "config.AccessConfig",
    &[
        ("required", Shape::Flag),
        ("teamName", Shape::Text),
        ("audTag", Shape::List(&Shape::Text)),
        ("environment", Shape::Text),
    ],
);

impl Shape {
    /// The part of a value that fits, in a manifest's form; the rest goes to `lost`.
    fn clean(&self, place: &str, value: &Value, lost: &mut Vec<Lost>) -> Option<Value> {
        let clean = match (self, value) {
            (Self::Record(_, fields), Value::Object(map)) => {
                Some(clean_record(fields, place, map, lost))
            }
            (Self::List(item), Value::Array(items)) => {
                let clean = |(index, value): (usize, &Value)| {
                    if value.is_null() {
                        return Some(item.zero());
                    }
                    item.clean(&format!("{place}[{index}]"), value, lost)
                };
                Some(items.iter().enumerate().filter_map(clean).collect())
            }
            // Null is absent.
            (_, Value::Null) => return None,
            (Self::Text, Value::String(_)) | (Self::Flag, Value::Bool(_)) => Some(value.clone()),
            (Self::Integer, value) => value.as_i64().map(Value::from),
            (Self::Natural, value) => value.as_u64().map(Value::from),
            (Self::Seconds, value) => value
                .as_i64()
                .filter(|seconds| Seconds::new(*seconds).whole() == Some(*seconds))
                .map(|seconds| Value::from(Seconds::new(seconds).to_string())),
            (Self::Text | Self::Flag | Self::List(_) | Self::Record(..), _) => None,
        };
        if clean.is_none() {
            lost.push(Lost::wrong_type(place, value));
        }
        clean
    }

    /// What `null` means in a list.
    fn zero(&self) -> Value {
        match self {
            Self::Text => json!(""),
            Self::Flag => json!(false),
            Self::Integer | Self::Natural => json!(0),
            Self::Seconds => json!("0s"),
            Self::List(_) => json!([]),
            Self::Record(..) => json!({}),
        }
    }
}

fn clean_record(
    fields: &[(&str, Shape)],
    place: &str,
    map: &Map<String, Value>,
    lost: &mut Vec<Lost>,
) -> Value {
    let mut clean = Map::new();
    for (key, value) in map {
        let place = format!("{place}.{key}");
        match fields.iter().find(|(name, _)| is_same_key(name, key)) {
            None => lost.push(Lost {
                place,
                value: value.clone(),
                why: Why::UnknownKey,
            }),
            Some((name, shape)) => {
                if let Some(value) = shape.clean(&place, value, lost) {
                    clean.insert((*name).to_owned(), value);
                }
            }
        }
    }
    Value::Object(clean)
}

/// Go's comparison of JSON keys: by letters, and two more that Unicode folds to ASCII.
pub(super) fn is_same_key(one: &str, other: &str) -> bool {
    one.chars().map(folded).eq(other.chars().map(folded))
}

/// What keys that are the same have in common.
pub(super) fn fold(key: &str) -> String {
    key.chars().map(folded).collect()
}

fn folded(letter: char) -> char {
    match letter {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        letter => letter.to_ascii_lowercase(),
    }
}

pub(crate) fn decode<T: serde::de::DeserializeOwned>(clean: Value) -> T {
    serde_json::from_value(clean).expect("a cleaned value has the type's shape")
}

fn rule_to_wire(rule: &Rule) -> Value {
    let mut wire = plain(rule);
    if let Some(own) = &rule.origin_request {
        wire["originRequest"] = origin_request_to_wire(own);
    }
    wire
}

fn origin_request_to_wire(request: &OriginRequest) -> Value {
    let mut wire = plain(request);
    for (name, seconds) in [
        ("connectTimeout", request.connect_timeout),
        ("tlsTimeout", request.tls_timeout),
        ("tcpKeepAlive", request.tcp_keep_alive),
        ("keepAliveTimeout", request.keep_alive_timeout),
    ] {
        if let Some(seconds) = seconds {
            wire[name] = seconds_to_wire(seconds);
        }
    }
    wire
}

#[expect(clippy::cast_precision_loss, reason = "as Go's Duration.Seconds")]
fn seconds_to_wire(seconds: Seconds) -> Value {
    match seconds.whole() {
        Some(whole) => whole.into(),
        None => (seconds.nanoseconds() as f64 / 1e9).into(),
    }
}

fn plain(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("text, numbers and lists always serialise")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(shape: &Shape) -> Vec<&str> {
        match shape {
            Shape::Record(_, fields) => fields.iter().map(|(name, _)| *name).collect(),
            Shape::Text
            | Shape::Flag
            | Shape::Integer
            | Shape::Natural
            | Shape::Seconds
            | Shape::List(_) => Vec::new(),
        }
    }

    #[test]
    fn the_shapes_name_every_field_of_the_types() {
        let schema = schemars::schema_for!(Rule).to_value();
        let fields = |pointer: &str| -> Vec<&str> {
            let properties = schema.pointer(pointer).and_then(Value::as_object);
            properties
                .into_iter()
                .flatten()
                .map(|(name, _)| name.as_str())
                .collect()
        };
        assert_eq!(names(&RULE), fields("/properties"));
        assert_eq!(
            names(&ORIGIN_REQUEST),
            fields("/$defs/OriginRequest/properties")
        );
        assert_eq!(names(&IP_RULE), fields("/$defs/IpRule/properties"));
        assert_eq!(names(&ACCESS), fields("/$defs/Access/properties"));
    }
}
