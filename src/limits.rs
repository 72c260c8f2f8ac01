//! How much one run may delete or change before a human has to say so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much one run may delete or change before somebody has to allow it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    /// The most objects that one run may delete. Default `10`.
    pub deletes: u64,
    /// The largest share of the stack's objects of a kind that one run may delete, in percent.
    /// Holds for kinds with 10 objects or more. Default `30`.
    #[schemars(range(max = 100))]
    pub delete_percent: u64,
    /// The largest share of the stack's objects of a kind that one run may change, in percent.
    /// Holds for kinds with 10 objects or more. Default `30`.
    #[schemars(range(max = 100))]
    pub update_percent: u64,
}

impl Default for Limits {
    /// The design's defaults; the percentages are octoDNS's.
    fn default() -> Self {
        Self {
            deletes: 10,
            delete_percent: 30,
            update_percent: 30,
        }
    }
}
