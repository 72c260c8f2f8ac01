use serde::Serialize;
use serde_json::Value;

use super::Type;
use crate::cloudflare::{Direction, Match};

/// Which records a list has (5.3). Texts are compared without regard to case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// How the filters act together. Default all.
    #[serde(rename = "match")]
    pub matching: Option<Match>,
    /// By name.
    pub name: Text,
    /// By comment.
    pub comment: Comments,
    /// By content.
    pub content: Text,
    /// By tags.
    pub tag: Tags,
    /// How the filters by tag act together. Default all.
    pub tag_match: Option<Match>,
    /// By type.
    #[serde(rename = "type")]
    pub record_type: Option<Type>,
    /// By who answers.
    pub proxied: Option<bool>,
    /// As in the dashboard; what it finds is not specified.
    pub search: Option<String>,
    /// What they are sorted by. Default the type.
    pub order: Option<Order>,
    /// Which way they are sorted. Default ascending.
    pub direction: Option<Direction>,
    /// Whether to say what shadows what.
    pub include_shadow_metadata: Option<bool>,
    /// Shadowed by this name.
    pub shadowed_by_name: Option<String>,
    /// Shadowing this name.
    pub shadowing_name: Option<String>,
}

/// A filter by a text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "Cloudflare's own words")]
pub struct Text {
    pub exact: Option<String>,
    pub contains: Option<String>,
    pub startswith: Option<String>,
    pub endswith: Option<String>,
}

/// A filter by comment. `present` and `absent` are asked by being there; their value is `true`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "Cloudflare's own words")]
pub struct Comments {
    pub exact: Option<String>,
    pub contains: Option<String>,
    pub startswith: Option<String>,
    pub endswith: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub present: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub absent: bool,
}

/// A filter by tags: `present` and `absent` take a tag's name, the others `name:value`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "Cloudflare's own words")]
pub struct Tags {
    pub present: Option<String>,
    pub absent: Option<String>,
    pub exact: Option<String>,
    pub contains: Option<String>,
    pub startswith: Option<String>,
    pub endswith: Option<String>,
}

/// What records are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "fields of a record")]
pub enum Order {
    Type,
    Name,
    Content,
    Ttl,
    Proxied,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_false(value: &bool) -> bool {
    !value
}

/// Whether a list with these parameters has a record, for whoever holds all records of a zone.
/// `None`: a parameter is none of those that plans use.
#[must_use]
pub fn has(query: &[(String, String)], record: &Value) -> Option<bool> {
    let text = |field: &str| record[field].as_str().unwrap_or_default().to_lowercase();
    let mut any = false;
    let mut fits = Vec::new();
    for (name, value) in query {
        let value = value.to_lowercase();
        match name.as_str() {
            "match" => any = value == "any",
            "comment.startswith" => fits.push(text("comment").starts_with(&value)),
            "content.endswith" => fits.push(text("content").ends_with(&value)),
            _ => return None,
        }
    }
    Some(if any && !fits.is_empty() {
        fits.contains(&true)
    } else {
        !fits.contains(&false)
    })
}
