//! What a stack could own: patterns that cover what is declared and nothing else that was read.
//! Only ever a proposal, because what they cover later is deleted when it is not declared.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::kind::{Export, KINDS};
use crate::observed::Observed;

/// The fewest literal characters of a pattern (design, section 1).
const LITERAL: usize = 3;

/// Patterns by section; sections without any are not there.
pub(super) fn proposal(observed: &Observed, export: &Export) -> Vec<(&'static str, Vec<String>)> {
    let kinds = KINDS.iter().filter(|kind| kind.owned_by_name());
    let sections = kinds.filter_map(|kind| {
        let section = *kind.sections().first()?;
        let names = observed.objects.keys().filter(|it| it.kind == kind.name());
        let patterns = patterns(names, export);
        (!patterns.is_empty()).then_some((section, patterns))
    });
    sections.collect()
}

fn patterns<'a>(names: impl Iterator<Item = &'a Address>, export: &Export) -> Vec<String> {
    let names: BTreeSet<&Address> = names.collect();
    let mut covered: BTreeMap<&str, usize> = BTreeMap::new();
    for address in &names {
        if let Some(prefix) = prefix(&address.name) {
            *covered.entry(prefix).or_default() += 1;
        }
    }
    let clean = |prefix: &str| {
        let mut names = names.iter().filter(|it| it.name.starts_with(prefix));
        names.all(|it| export.places.contains_key(*it))
    };
    let several = covered.into_iter().filter(|(_, count)| *count > 1);
    let prefixes = several.filter(|(prefix, _)| clean(prefix));
    prefixes.map(|(prefix, _)| format!("{prefix}*")).collect()
}

/// The first word of a name with what ends it, if that is enough for a pattern.
fn prefix(name: &str) -> Option<&str> {
    let end = name.find(['-', '_', '.', ' '])?;
    let prefix = &name[..=end];
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    (end >= LITERAL && prefix[..end].bytes().all(plain) && !prefix.ends_with(' ')).then_some(prefix)
}
