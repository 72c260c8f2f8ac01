//! Rules that earlier ones take everything from: found where texts or languages show it, and
//! never said of a rule that some request reaches.

use proptest::collection::vec;
use proptest::prelude::*;
use tunctl::ingress::path::{Pattern, witness};
use tunctl::ingress::re2::Witness;
use tunctl::ingress::shadow::{Shadow, shadows};
use tunctl::ingress::{Matcher, Rule};

const CASES: u32 = 300;

/// Enough for every pattern here.
const EFFORT: u64 = 50_000_000;

/// Hostnames and paths.
type Rules<'a> = &'a [(&'a str, &'a str)];

fn rule(host: &str, path: &str) -> Rule {
    Rule {
        hostname: Some(host.to_owned()).filter(|it| !it.is_empty()),
        path: Some(path.to_owned()).filter(|it| !it.is_empty()),
        service: "http://a".to_owned(),
        origin_request: None,
    }
}

/// What is left of the last of some rules, given as hostname and path.
fn last(rules: &[(&str, &str)]) -> Shadow {
    let rules: Vec<Rule> = rules.iter().map(|(host, path)| rule(host, path)).collect();
    let mut effort = EFFORT;
    shadows(&rules, &mut effort).pop().unwrap()
}

#[test]
fn a_rule_below_one_that_takes_all_of_its_requests_is_found() {
    let whole: [(Rules<'_>, &[usize]); 20] = [
        (&[("a.com", ""), ("a.com", "")], &[0]),
        (&[("a.com", ""), ("a.com", "^/x")], &[0]),
        (&[("a.com", "/x"), ("b.com", ""), ("a.com", "/x")], &[0]),
        // By prefix.
        (&[("a.com", "^/api"), ("a.com", "^/api/v1")], &[0]),
        (&[("a.com", "^"), ("a.com", "")], &[0]),
        // By wildcard.
        (&[("*.a.com", ""), ("b.a.com", "^/x")], &[0]),
        (&[("*.a.com", ""), ("*.b.a.com", "")], &[0]),
        (&[("*.a.com", "^/x"), ("*.b.a.com", "^/x/y")], &[0]),
        (&[("*", "^/x"), ("a.com", "^/x")], &[0]),
        (&[("", ".*"), ("", "")], &[0]),
        // By the second name of a host.
        (&[("A.com", ""), ("a.com", "")], &[0]),
        (&[("caf\u{e9}.com", ""), ("xn--caf-dma.com", "")], &[0]),
        (&[("A.com", ""), ("a.com", ""), ("A.com", "")], &[0]),
        // By language.
        (&[("a.com", "/x"), ("a.com", "^/x/y$")], &[0]),
        (&[("a.com", "^/[a-z]+"), ("a.com", "^/(foo|bar)/")], &[0]),
        (&[("a.com", "(?i)^/API"), ("a.com", "^/api/v[0-9]+$")], &[0]),
        (
            &[("a.com", r"\.(png|jpg)$"), ("a.com", r"^/img/.*\.png$")],
            &[0],
        ),
        (&[("a.com", r"\b"), ("a.com", r"\w")], &[0]),
        // By several together.
        (
            &[
                ("a.com", "^/[a-m]"),
                ("a.com", "^/[n-z]"),
                ("a.com", "^/[a-z]{2}"),
            ],
            &[0, 1],
        ),
        (
            &[("*.com", "^/a"), ("a.com", "^/b"), ("a.com", "^/(a|b)c")],
            &[0, 1],
        ),
    ];
    for (rules, takers) in whole {
        assert_eq!(last(rules), Shadow::Whole(takers.to_vec()), "{rules:?}");
    }
}

#[test]
fn a_rule_that_some_request_reaches_is_not() {
    let reached: [&[(&str, &str)]; 16] = [
        &[("a.com", "^/api"), ("a.com", "/api")],
        &[("a.com", "^/api/"), ("a.com", "^/api")],
        // `a.com` itself.
        &[("*.a.com", ""), ("a.com", "")],
        &[("*.b.a.com", ""), ("*.a.com", "")],
        &[("*a.com", ""), ("b.a.com", "")],
        // Not below a dot.
        &[("*.a.com", ""), ("ba.com", "")],
        // The lower-case name only goes one way.
        &[("a.com", ""), ("A.com", "")],
        &[("*.A.com", ""), ("b.a.com", "")],
        // No second name.
        &[("A_b.com", ""), ("a_b.com", "")],
        &[("xn--caf-dma.com", ""), ("caf\u{e9}.com", "")],
        // The empty path, a newline, a bad byte.
        &[("a.com", "^/"), ("a.com", "")],
        &[("a.com", "."), ("a.com", "")],
        &[("a.com", "^/."), ("a.com", r"^/(?s:.)")],
        &[("a.com", r"^/[^\x{fffd}]"), ("a.com", "^/.")],
        &[("a.com", r"^/\pL"), ("a.com", r"^/\w")],
        &[
            ("a.com", "^/[a-m]"),
            ("a.com", "^/[o-z]"),
            ("a.com", "^/[a-z]{2}"),
        ],
    ];
    for rules in reached {
        assert_eq!(last(rules), Shadow::None, "{rules:?}");
    }
}

#[test]
fn a_wildcard_above_an_exact_host_is_found_where_their_paths_meet() {
    assert_eq!(
        last(&[("*.a.com", "^/x"), ("b.a.com", "")]),
        Shadow::Wildcard(0)
    );
    assert_eq!(
        last(&[("*.a.com", "[0-9]$"), ("b.a.com", "^/x")]),
        Shadow::Wildcard(0)
    );
    for apart in [
        [("*.a.com", "^/x"), ("b.a.com", "^/y")],
        [("*.a.com", "^/[0-9]+$"), ("b.a.com", "^/x")],
        [("*.a.com", "^/x"), ("*.b.a.com", "")],
        [("", "^/x"), ("b.a.com", "")],
    ] {
        assert_eq!(last(&apart), Shadow::None, "{apart:?}");
    }
}

#[test]
fn patterns_too_large_to_compare_end_the_question_and_not_the_budget() {
    let huge = r"^/[\pL\pN]{900}x";
    let rules = [rule("a.com", huge), rule("a.com", "^/(a|b)")];
    let mut effort = EFFORT;
    assert_eq!(shadows(&rules, &mut effort)[1], Shadow::None);
    // No question may cost more than its share.
    assert!(EFFORT - effort <= 1_000_000, "{}", EFFORT - effort);
    let mut nothing = 0;
    let rules = [rule("a.com", "/x"), rule("a.com", "^/x/y$")];
    assert_eq!(shadows(&rules, &mut nothing)[1], Shadow::None);
}

/// A pattern, and a path in which it occurs.
type Sample = (String, Vec<u8>);

fn part() -> impl Strategy<Value = Sample> {
    let leaves: Vec<(&str, &[u8])> = vec![
        ("/", b"/"),
        ("a", b"a"),
        ("b", b"b"),
        ("ab", b"ab"),
        ("[ab]", b"b"),
        ("[^a]", b"\n"),
        (".", b"\xff"),
        (".", b"b"),
        (r"\w", b"a"),
        (r"\W", "\u{e9}".as_bytes()),
        (r"\b", b""),
        ("(?i:k)", "\u{212a}".as_bytes()),
        (r"\pL", "\u{e9}".as_bytes()),
        (r"\x{fffd}", "\u{fffd}".as_bytes()),
    ];
    let leaf = prop::sample::select(leaves);
    let leaf = leaf.prop_map(|(pattern, text)| (pattern.to_owned(), text.to_vec()));
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| (format!("{}{}", a.0, b.0), [a.1, b.1].concat())),
            (inner.clone(), inner.clone(), any::<bool>()).prop_map(|(a, b, first)| {
                let text = if first { a.1 } else { b.1 };
                (format!("(?:{}|{})", a.0, b.0), text)
            }),
            (inner.clone(), 0_usize..3).prop_map(|(a, n)| (format!("(?:{})*", a.0), a.1.repeat(n))),
            inner.prop_map(|a| (format!("(?:{})?", a.0), a.1)),
        ]
    })
}

fn sample() -> impl Strategy<Value = Sample> {
    let ends = (any::<bool>(), any::<bool>());
    (part(), ends, noise(), noise()).prop_map(|((pattern, text), (from, to), before, behind)| {
        let start = if from { "^" } else { "" };
        let end = if to { "$" } else { "" };
        let before = if from { Vec::new() } else { before };
        let behind = if to { Vec::new() } else { behind };
        (
            format!("{start}{pattern}{end}"),
            [before, text, behind].concat(),
        )
    })
}

/// Any bytes, mostly those that patterns here can tell apart.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop_oneof![
        4 => prop::sample::select(b"/ab\n\xff.-".to_vec()),
        1 => any::<u8>(),
    ];
    vec(bytes, 0..4)
}

fn host() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "*",
        "a.com",
        "A.com",
        "b.a.com",
        "*.a.com",
        "*.b.a.com",
        "*.com",
        "*.A.com",
        "*a.com",
        "caf\u{e9}.com",
        "xn--caf-dma.com",
        "a_b.com",
        "A_b.com",
        "a.com.",
    ])
}

/// Hosts that rules here can tell apart.
const HOSTS: [&str; 16] = [
    "",
    "a.com",
    "A.com",
    "b.a.com",
    "B.a.com",
    "c.b.a.com",
    ".a.com",
    "x.A.com",
    "x.com",
    "*a.com",
    "caf\u{e9}.com",
    "xn--caf-dma.com",
    "a_b.com",
    "A_b.com",
    "a.com.",
    "xa.com",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn no_request_reaches_a_rule_that_is_said_to_be_shadowed(
        drawn in vec((host(), proptest::option::of(sample())), 2..6),
        paths in vec(noise(), 8),
    ) {
        let path = |drawn: &Option<Sample>| drawn.as_ref().map_or(String::new(), |it| it.0.clone());
        let rules: Vec<Rule> = drawn.iter().map(|(host, it)| rule(host, &path(it))).collect();
        let mut effort = EFFORT;
        let shadows = shadows(&rules, &mut effort);
        // The rule behind all of them answers what none takes.
        let matcher = Matcher::new(&[&rules[..], &[rule("", "")]].concat()).unwrap();
        let samples = drawn.iter().filter_map(|(_, it)| it.as_ref().map(|it| it.1.clone()));
        let paths: Vec<Vec<u8>> = samples.chain(paths).chain([Vec::new()]).collect();
        for host in HOSTS {
            for path in &paths {
                let answers = matcher.route(host.as_bytes(), path).unwrap();
                let whole = matches!(shadows.get(answers), Some(Shadow::Whole(_)));
                prop_assert!(!whole, "{rules:?}: {host:?} {path:?} reaches {answers}");
            }
        }
    }

    #[test]
    fn a_witness_is_what_it_is_said_to_be_and_is_absent_only_where_there_is_none(
        matched in vec(sample(), 0..3),
        unmatched in vec(sample(), 0..3),
        noise in vec(noise(), 8),
    ) {
        let compile = |samples: &[Sample]| -> Vec<Pattern> {
            samples.iter().map(|it| Pattern::compile(&it.0).unwrap()).collect()
        };
        let (wanted, unwanted) = (compile(&matched), compile(&unmatched));
        let is_one = |text: &[u8]| {
            wanted.iter().all(|it| it.is_match(text)) && !unwanted.iter().any(|it| it.is_match(text))
        };
        let mut effort = EFFORT;
        let wanted_list: Vec<&Pattern> = wanted.iter().collect();
        let unwanted_list: Vec<&Pattern> = unwanted.iter().collect();
        match witness(&wanted_list, &unwanted_list, &mut effort) {
            Witness::Found(text) => prop_assert!(is_one(&text), "{text:?}"),
            Witness::Unknown => prop_assert!(false, "this is small enough"),
            Witness::Absent => {
                let samples = matched.iter().chain(&unmatched).map(|it| it.1.clone());
                for text in samples.chain(noise).chain([Vec::new()]) {
                    prop_assert!(!is_one(&text), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn an_anchored_pattern_matches_nowhere_else(sample in sample(), noise in noise()) {
        let pattern = Pattern::compile(&sample.0).unwrap();
        let around = [noise.clone(), sample.1.clone(), noise].concat();
        // What is tied to neither end occurs in any text around it, unless boundaries forbid it.
        if !pattern.is_anchored() && pattern.is_match(&sample.1) && !sample.0.contains(r"\b") {
            prop_assert!(pattern.is_match(&around), "{} {around:?}", sample.0);
        }
    }
}
