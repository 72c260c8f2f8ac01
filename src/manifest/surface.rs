//! The manifest's own keys, beside the sections that the kinds bring.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::limits::Limits;

/// One stack: one Cloudflare account, any number of zones.
#[derive(Deserialize, JsonSchema)]
#[expect(
    dead_code,
    reason = "`version` and `include` are read before the document is complete"
)]
#[serde(rename_all = "camelCase")]
pub(super) struct Surface {
    /// The version of this file format.
    #[schemars(extend("const" = 1))]
    pub(super) version: u32,
    /// The stack's name: the mark on everything it owns.
    #[schemars(extend(
        "pattern" = r"^[a-z0-9][a-z0-9-]{0,31}$",
        "patternErrorMessage" = "expected 1 to 32 of `a-z`, `0-9` and `-`, and no `-` in front"
    ))]
    pub(super) stack: String,
    /// The Cloudflare account's id: 32 hex digits, best as `${CLOUDFLARE_ACCOUNT_ID}`.
    #[schemars(extend(
        "pattern" = r"^[0-9a-f]{32}$",
        "patternErrorMessage" = "expected 32 hex digits: `0-9` and `a-f`"
    ))]
    pub(super) account: String,
    /// Further files that belong to this stack: globs relative to this file, never outside of
    /// its directory.
    #[serde(default)]
    pub(super) include: Vec<String>,
    /// Addresses to delete although no pattern in `owns` covers them.
    #[serde(default)]
    #[schemars(extend("items" = {"type": "string", "format": "address"}))]
    pub(super) removed: Vec<String>,
    /// Addresses that are neither planned nor touched; globs.
    #[serde(default)]
    #[schemars(extend("items" = {"type": "string", "format": "address-glob"}))]
    pub(super) ignore: Vec<String>,
    /// Addresses that no plan may delete or replace; globs.
    #[serde(default)]
    #[schemars(extend("items" = {"type": "string", "format": "address-glob"}))]
    pub(super) protected: Vec<String>,
    /// How much one run may delete or change.
    #[serde(default)]
    pub(super) limits: Limits,
}
