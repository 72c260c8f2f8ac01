//! The manifest's own keys, beside the sections that the kinds bring.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::limits::Limits;
use crate::sink;

/// One stack: one Cloudflare account, any number of zones.
#[derive(Deserialize, JsonSchema)]
#[expect(
    dead_code,
    reason = "`version`, `include` and `sinks` are read from the document itself"
)]
#[serde(rename_all = "camelCase")]
pub(super) struct Surface {
    /// The version of this file format: 1.
    #[schemars(extend("const" = 1))]
    pub(super) version: u32,
    /// The stack's name, which marks what it owns. Up to 32 of `a-z`, `0-9` and `-`.
    #[schemars(extend(
        "format" = "stack-name",
        "pattern" = r"^([a-z0-9][a-z0-9-]{0,31}|.*\$\{.*)$",
        "patternErrorMessage" = "expected 1 to 32 of `a-z`, `0-9` and `-`, and no `-` in front"
    ))]
    pub(super) stack: String,
    /// The Cloudflare account's id: 32 hex digits, best as `${CLOUDFLARE_ACCOUNT_ID}`.
    #[schemars(extend(
        "format" = "account-id",
        "pattern" = r"^([0-9a-f]{32}|.*\$\{.*)$",
        "patternErrorMessage" = "expected 32 hex digits: `0-9` and `a-f`"
    ))]
    pub(super) account: String,
    /// Further files that belong to this stack, as patterns such as `tunnels/*.yaml`. They are
    /// relative to this file and never lead out of its directory.
    #[serde(default)]
    pub(super) include: Vec<String>,
    /// Addresses to delete although no pattern in `owns` covers them, such as
    /// `tunnel.legacy-web`.
    #[serde(default)]
    #[schemars(extend("items" = {"type": "string", "format": "address"}))]
    pub(super) removed: Vec<String>,
    /// Addresses that are neither planned nor touched, as patterns such as
    /// `dns_record.*.example.com`.
    #[serde(default)]
    #[schemars(extend("items" = {"type": "string", "format": "address-glob"}))]
    pub(super) ignore: Vec<String>,
    /// Addresses that no plan may delete or replace, as patterns such as
    /// `dns_record.*.example.com`. They hold also when the entry itself goes.
    #[serde(default)]
    #[schemars(extend("items" = {"type": "string", "format": "address-glob"}))]
    pub(super) protected: Vec<String>,
    /// How much one run may delete or change.
    #[serde(default)]
    pub(super) limits: Limits,
    /// Where secrets go, by name: a file, or a program that puts them away.
    #[serde(default)]
    pub(super) sinks: BTreeMap<String, sink::Surface>,
}
