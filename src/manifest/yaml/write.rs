//! Values to YAML, for people to read and for diffs.

use serde_json::Value;

/// A value as a YAML document in block style, keys in their order. Texts that a reader of YAML
/// 1.1 or 1.2 would take for something else are quoted.
#[must_use]
pub fn to_yaml(value: &Value) -> String {
    let options = serde_saphyr::ser_options! {
        // A text stays on its line, so that a diff shows it as one.
        prefer_block_scalars: false,
    };
    // JSON is YAML too, should the writer ever refuse a value.
    serde_saphyr::to_string_with_options(value, options).unwrap_or_else(|_| value.to_string())
}
