//! Which rule answers, from first principles.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use tunctl::ingress::path::Pattern;
use tunctl::ingress::{Matcher, Rule};

const HOSTS: &[&str] = &[
    "",
    "*",
    "a.example.com",
    "*.example.com",
    "b.example.com",
    "*.com",
    "é.com",
];
const PATHS: &[&str] = &["", "/", "^/a", "[ab]$", "^/$", "b|c"];

fn rule() -> impl Strategy<Value = Rule> {
    (of(select(HOSTS)), of(select(PATHS))).prop_map(|(hostname, path)| Rule {
        hostname: hostname.map(str::to_owned),
        path: path.map(str::to_owned),
        service: "http://a".to_owned(),
        origin_request: None,
    })
}

/// What a rule means, said again without the matcher.
fn serves(rule: &Rule, host: &str, path: &str) -> bool {
    let by_host = match rule.host() {
        "" | "*" => true,
        "é.com" => ["é.com", "xn--9ca.com"].contains(&host),
        pattern => match pattern.strip_prefix('*') {
            Some(end) => host.ends_with(end),
            None => host == pattern,
        },
    };
    let pattern = rule.path_pattern();
    by_host && (pattern.is_empty() || Pattern::compile(pattern).unwrap().is_match(path.as_bytes()))
}

fn route(rules: &[Rule], host: &str, path: &str) -> Option<usize> {
    Matcher::new(rules)
        .unwrap()
        .route(host.as_bytes(), path.as_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_first_rule_that_serves_a_request_answers_and_else_the_last_one(
        rules in vec(rule(), 1..7),
        host in "(a|b|c)\\.example\\.com|é\\.com|xn--9ca\\.com|com", path in "(/[abc]{0,2})?",
    ) {
        let first = rules.iter().position(|rule| serves(rule, &host, &path));
        let answers = first.unwrap_or(rules.len() - 1);
        prop_assert_eq!(route(&rules, &host, &path), Some(answers));
        let with_port = format!("{host}:443");
        prop_assert_eq!(route(&rules, &with_port, &path), Some(answers));
    }

    #[test]
    fn rules_behind_the_one_that_answers_change_nothing(
        rules in vec(rule(), 1..6), more in vec(rule(), 0..4),
        host in "(a|b|c)\\.example\\.com", path in "/[abc]{0,2}",
    ) {
        let Some(first) = rules.iter().position(|rule| serves(rule, &host, &path)) else {
            return Ok(());
        };
        let mut other = rules[..=first].to_vec();
        prop_assert_eq!(route(&other, &host, &path), Some(first));
        other.extend(more);
        prop_assert_eq!(route(&other, &host, &path), Some(first));
    }

    #[test]
    fn rules_before_it_that_do_not_serve_the_request_only_shift_it(
        rules in vec(rule(), 1..6), before in vec(rule(), 0..4),
        host in "(a|b|c)\\.example\\.com", path in "/[abc]{0,2}",
    ) {
        let mut other: Vec<Rule> =
            before.into_iter().filter(|rule| !serves(rule, &host, &path)).collect();
        let shift = other.len();
        let found = route(&rules, &host, &path);
        other.extend(rules);
        prop_assert_eq!(route(&other, &host, &path), found.map(|it| it + shift));
    }
}
