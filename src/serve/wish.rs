//! What should be for one tunnel of the service: a manifest of its own, lowered like any other, so
//! that there is one way from words to resources.

use std::collections::BTreeMap;

use super::record::Record;
use crate::desired::{Desired, Drain};
use crate::manifest::{self, yaml::Budget};
use crate::problem::Problem;
use crate::source::Sources;

/// The resources of a tunnel: itself, its configuration, its record.
///
/// # Errors
/// If its parts make no manifest; the service has checked them before.
pub fn of(record: &Record, account: &str, stack: &str) -> Result<Desired, Vec<Problem>> {
    let Record { hostname, port, .. } = record;
    let name = record.name(stack);
    let text = format!(
        "version: 1\nstack: {stack}\naccount: '{account}'\ntunnels:\n  '{name}':\n    \
         ingress: [{{hostname: '{hostname}', service: 'http://localhost:{port}'}}]\n"
    );
    let (mut sources, mut budget) = (Sources::default(), Budget::default());
    let variables = BTreeMap::new();
    let document = manifest::open(
        &mut sources,
        "serve",
        text.as_bytes(),
        &variables,
        &mut budget,
    );
    Ok(manifest::load(vec![document])?.desired)
}

/// Nothing: what a tunnel should be that ends.
#[must_use]
pub fn nothing(drain: Drain) -> Desired {
    Desired {
        resources: BTreeMap::new(),
        drain,
    }
}
