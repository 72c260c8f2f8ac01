//! What a stack dropped and another one has taken over. A job that plans one stack alone would
//! otherwise delete what a change moves to another.

use std::collections::BTreeMap;
use std::path::Path;

use super::lookup::Lookup;
use crate::address::Address;
use crate::files::{self, Found};
use crate::manifest::yaml::Budget;
use crate::plan::Base;
use crate::problem::Problem;
use crate::source::Sources;

/// Of what a stack dropped all that other manifests of its repository declare, with their stack.
///
/// # Errors
/// If the repository cannot be looked through.
pub(super) fn taken_over(
    lookup: &Lookup<'_>,
    base: &Base,
    variables: &BTreeMap<String, String>,
) -> Result<BTreeMap<Address, String>, Problem> {
    let going = &base.dropped().going;
    let mut taken = BTreeMap::new();
    if going.is_empty() {
        return Ok(taken);
    }
    for Found { path, stack, .. } in lookup.neighbours(variables)? {
        let declares = declares(&path, variables);
        let theirs = going.iter().filter(|it| declares(it));
        taken.extend(theirs.map(|it| (it.clone(), stack.clone())));
    }
    Ok(taken)
}

/// Whether a manifest declares an address. One that cannot be understood, perhaps because it needs
/// variables that only its own jobs have, declares every name in it.
fn declares(path: &Path, variables: &BTreeMap<String, String>) -> Box<dyn Fn(&Address) -> bool> {
    let (mut sources, mut budget) = (Sources::default(), Budget::default());
    if let Ok(manifest) = files::load(path, variables, &mut sources, &mut budget) {
        return Box::new(move |address| manifest.desired.contains(address));
    }
    let text = text(path, variables);
    Box::new(move |address| {
        let name = address.name.split('@').next();
        text.contains(name.unwrap_or_default())
    })
}

/// Everything that a manifest and its includes say, as far as it can be read.
fn text(path: &Path, variables: &BTreeMap<String, String>) -> String {
    let parts = files::parts(path, variables, &mut Sources::default());
    let parts = parts.unwrap_or_else(|_| vec![path.to_owned()]);
    let read = parts
        .iter()
        .filter_map(|part| files::input(part, &Budget::default()).ok());
    read.map(|bytes| String::from_utf8_lossy(&bytes).into_owned() + "\n")
        .collect()
}
