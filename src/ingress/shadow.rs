//! Rules whose requests earlier rules take: all of them, or some.
//!
//! Invariant: what is said here is proved for every host and every path, a path being any bytes
//! whatever. What costs too much to prove is not said.

mod takers;

use std::cell::OnceCell;

use super::Rule;
use super::host::{HostPattern, Hosts};
use super::path::{Pattern, witness};
use super::re2::Witness;
use takers::Index;

/// How many earlier rules of one host are looked at together. More of them, all with paths and
/// none with the same one, hardly ever leave nothing over.
const TOGETHER: usize = 32;

/// What the question about one rule may cost, in steps of a machine: some milliseconds.
const EFFORT: u64 = 200_000;

/// What earlier rules leave of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shadow {
    /// Nothing: these take all of its requests. Their positions, in order; never empty.
    Whole(Vec<usize>),
    /// Not all: this one, which serves a wildcard, takes requests for a host that the rule
    /// names.
    Wildcard(usize),
    /// As much as it may look, or finding out costs too much.
    None,
}

/// A rule as it is compared with others.
struct Candidate<'a> {
    rule: &'a Rule,
    host: HostPattern,
    pattern: OnceCell<Option<Pattern>>,
}

/// What earlier rules leave of each rule. `effort` is what all of it may cost, in steps, and is
/// used up.
#[must_use]
pub fn shadows(rules: &[Rule], effort: &mut u64) -> Vec<Shadow> {
    let candidates: Vec<Candidate<'_>> = rules.iter().map(Candidate::new).collect();
    let mut index = Index::default();
    let mut shadows = Vec::with_capacity(rules.len());
    for (position, candidate) in candidates.iter().enumerate() {
        let mut question = Question {
            candidates: &candidates,
            index: &index,
            own: candidate,
            effort: EFFORT.min(*effort),
        };
        let given = question.effort;
        shadows.push(question.shadow());
        *effort -= given - question.effort;
        for hosts in candidate.host.hosts() {
            index.add(hosts, candidate.rule.path_pattern(), position);
        }
    }
    shadows
}

impl<'a> Candidate<'a> {
    fn new(rule: &'a Rule) -> Self {
        Self {
            rule,
            host: HostPattern::new(rule.host()),
            pattern: OnceCell::new(),
        }
    }

    /// The compiled path; `None` if there is none or it cannot be searched for.
    fn pattern(&self) -> Option<&Pattern> {
        let text = self.rule.path_pattern();
        let compile = || Pattern::compile(text).ok().filter(|_| !text.is_empty());
        self.pattern.get_or_init(compile).as_ref()
    }

    /// The compiled path as a list, empty if there is none. `None` if it cannot be searched for.
    fn patterns(&self) -> Option<Vec<&Pattern>> {
        if self.rule.path_pattern().is_empty() {
            return Some(Vec::new());
        }
        self.pattern().map(|pattern| vec![pattern])
    }

    /// With what all paths of the rule begin, if that is all that counts.
    fn prefix(&self) -> Option<&'a str> {
        let text = self.rule.path_pattern();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-');
        match text.strip_prefix('^') {
            Some(prefix) => Some(prefix).filter(|it| it.bytes().all(plain)),
            None => Some("").filter(|_| text.is_empty()),
        }
    }
}

/// The question about one rule.
struct Question<'q, 'a> {
    candidates: &'q [Candidate<'a>],
    index: &'q Index<'q>,
    own: &'q Candidate<'a>,
    effort: u64,
}

impl Question<'_, '_> {
    fn shadow(&mut self) -> Shadow {
        let own = self.own;
        let mut all = Vec::new();
        for hosts in own.host.hosts() {
            match self.takers_of_all(hosts) {
                Some(takers) => all.extend(takers),
                None => return self.wildcard().map_or(Shadow::None, Shadow::Wildcard),
            }
        }
        all.sort_unstable();
        all.dedup();
        Shadow::Whole(all)
    }

    /// The earlier rules that take every request for some hosts that the rule would take; one
    /// rule if one is enough.
    fn takers_of_all(&mut self, hosts: Hosts<'_>) -> Option<Vec<usize>> {
        let path = self.own.rule.path_pattern();
        let lists = self.index.lists(hosts);
        let alone = lists.iter().filter_map(|list| list.of_path(path)).min();
        if let Some(alone) = alone {
            return Some(vec![alone]);
        }
        let mut few: Vec<usize> = lists.iter().flat_map(|list| list.first()).collect();
        few.sort_unstable();
        few.dedup();
        few.truncate(TOGETHER);
        if few.is_empty() || !self.take_all_paths(&few) {
            return None;
        }
        let alone = few.iter().find(|it| self.take_all_paths(&[**it]));
        Some(alone.map_or(few.clone(), |it| vec![*it]))
    }

    /// Whether rules take all paths of this one.
    fn take_all_paths(&mut self, takers: &[usize]) -> bool {
        let takers = takers.iter().map(|it| &self.candidates[*it]);
        let takers: Vec<&Candidate<'_>> = takers.collect();
        let prefixes: Option<Vec<&str>> = takers.iter().map(|it| it.prefix()).collect();
        if let (Some(own), Some(prefixes)) = (self.own.prefix(), prefixes) {
            return prefixes.iter().any(|prefix| own.starts_with(prefix));
        }
        let Some(patterns) = takers
            .iter()
            .map(|it| it.pattern())
            .collect::<Option<Vec<_>>>()
        else {
            return false;
        };
        let own = self.own;
        let Some(own) = own.patterns() else {
            return false;
        };
        witness(&own, &patterns, &mut self.effort) == Witness::Absent
    }

    /// The first wildcard that takes a request for a host that the rule names.
    fn wildcard(&mut self) -> Option<usize> {
        let own = self.own;
        let named = own.host.hosts().filter(|it| matches!(it, Hosts::One(_)));
        let lists = named.flat_map(|hosts| self.index.wildcards(hosts));
        let mut wildcards: Vec<usize> = lists.flat_map(takers::Takers::first).collect();
        wildcards.sort_unstable();
        wildcards.dedup();
        wildcards.truncate(TOGETHER);
        wildcards.into_iter().find(|it| self.meets(*it))
    }

    /// Whether some path is both a rule's and this one's.
    fn meets(&mut self, other: usize) -> bool {
        let (own, other) = (self.own, &self.candidates[other]);
        if let (Some(one), Some(two)) = (own.prefix(), other.prefix()) {
            return one.starts_with(two) || two.starts_with(one);
        }
        let (Some(mut patterns), Some(pattern)) = (own.patterns(), other.pattern()) else {
            return false;
        };
        patterns.push(pattern);
        matches!(witness(&patterns, &[], &mut self.effort), Witness::Found(_))
    }
}
