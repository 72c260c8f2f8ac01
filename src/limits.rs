//! How much one run may delete or change before a human has to say so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Limits of a plan, judged when it is finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    /// The most things that one run may delete.
    pub deletes: u64,
    /// The largest share of our objects of a kind that one run may delete, in percent; counts
    /// from 10 objects on.
    #[schemars(range(max = 100))]
    pub delete_percent: u64,
    /// The largest share of our objects of a kind that one run may change, in percent; counts
    /// from 10 objects on.
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
