//! RE2's syntax under random patterns: nothing panics, and what a pattern costs is bounded by
//! counts. `TUNCTL_PATTERNS=200000 cargo test --release --locked --test it re2` is the long run.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tunctl::ingress::re2::{Program, parse};

/// Patterns of each property unless the environment says more.
const CASES: u32 = 600;

/// Go makes at most this many copies of a part of a pattern.
const COPIES: usize = 1000;

#[expect(
    clippy::disallowed_methods,
    reason = "how much a test does is said by whoever starts it"
)]
fn cases() -> u32 {
    let given = std::env::var("TUNCTL_PATTERNS").ok();
    given.map_or(CASES, |count| count.parse().unwrap())
}

const LEAVES: &[&str] = &[
    "a",
    "b",
    "Z",
    "/",
    "-",
    " ",
    "\n",
    "{",
    "}",
    "é",
    "ſ",
    "\u{212a}",
    "ß",
    "日",
    "\u{fffd}",
    ".",
    "^",
    "$",
    r"\d",
    r"\D",
    r"\w",
    r"\W",
    r"\s",
    r"\S",
    r"\b",
    r"\B",
    r"\A",
    r"\z",
    r"\/",
    r"\.",
    r"\n",
    r"\x41",
    r"\x{1F600}",
    r"\0",
    r"\12",
    r"\Q*[\E",
    r"\pL",
    r"\PN",
    r"\p{Greek}",
    r"\p{^Lu}",
    r"\p{Cn}",
    "[ab]",
    "[^a]",
    "[a-z0-9_]",
    "[[:alpha:]]",
    "[^[:space:]-]",
    r"[\w-\d]",
    r"[\pL\pN]",
    "[]a]",
    "[^]]",
    "[--/]",
    "[a&&b]",
    "[[a]b]",
];

const REPEATS: &[&str] = &[
    "*", "+", "?", "*?", "+?", "??", "{2}", "{0,3}", "{1,}", "{3,2}", "{0}", "{40}", "{0,1000}",
    "{1001}", "{,2}", "{1,x}", "**", "{ 2}",
];

const GROUPS: &[&str] = &[
    "(", "(?:", "(?P<n>", "(?<n>", "(?i)(", "(?i:", "(?s-m:", "(?mU:", "(?x:", "(?=", "(?",
];

/// Patterns from RE2's grammar, and from a little beside it.
fn pattern() -> impl Strategy<Value = String> {
    let leaf = select(LEAVES).prop_map(str::to_owned);
    leaf.prop_recursive(6, 60, 5, |inner| {
        prop_oneof![
            3 => vec(inner.clone(), 1..5).prop_map(|parts| parts.concat()),
            2 => vec(inner.clone(), 1..4).prop_map(|parts| parts.join("|")),
            3 => (inner.clone(), select(REPEATS)).prop_map(|(part, times)| part + times),
            3 => (inner, select(GROUPS)).prop_map(|(part, group)| format!("{group}{part})")),
        ]
    })
}

/// The same, damaged at one place.
fn damaged() -> impl Strategy<Value = String> {
    let junk = prop_oneof![
        select(LEAVES).prop_map(str::to_owned),
        select(REPEATS).prop_map(str::to_owned),
        r"[\[\](){}|\\^?*+]{0,3}",
    ];
    (pattern(), junk, any::<prop::sample::Index>(), any::<bool>()).prop_map(
        |(pattern, junk, place, cut)| {
            let letters: Vec<char> = pattern.chars().collect();
            let at = place.index(letters.len() + 1);
            let behind = letters[at..].iter().skip(usize::from(cut));
            let mut text: String = letters[..at].iter().collect();
            text.push_str(&junk);
            text.extend(behind);
            text
        },
    )
}

/// Any bytes, read as everything here is read.
fn noise() -> impl Strategy<Value = String> {
    vec(any::<u8>(), 0..40).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        4 => select(&["a", "b", "Z", "/", "-", "0", "_", " ", "\n", "é", "K", "日", "aaaa"][..])
            .prop_map(|part| part.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 1..3),
    ];
    vec(part, 0..12).prop_map(|parts| parts.concat())
}

/// Instructions for a pattern of so many characters: each stands for one of them, with at most a
/// choice before and a choice behind it, and for as many copies as Go makes.
fn most(pattern: &str) -> usize {
    3 * COPIES * (pattern.chars().count() + 1)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_pattern_costs_more_than_its_budget(
        pattern in prop_oneof![4 => pattern(), 3 => damaged(), 1 => noise()],
        texts in vec(text(), 1..4),
    ) {
        match parse(&pattern) {
            Err(fault) => {
                // Whatever is refused is refused for a part of it.
                prop_assert!(pattern.contains(&fault.fragment), "{:?} {}", pattern, fault);
            }
            Ok(expression) => {
                let program = Program::compile(&expression);
                prop_assert!(program.is_some(), "{:?} is too large", pattern);
                if let Some(program) = &program {
                    prop_assert!(program.size() <= most(&pattern), "{} for {:?}", program.size(), pattern);
                    for text in &texts {
                        let most = program.size() as u64 * (text.len() as u64 + 1);
                        let steps = program.search(text).steps;
                        prop_assert!(steps <= most, "{} steps of {:?}", steps, pattern);
                    }
                }
            }
        }
    }

    #[test]
    fn searching_in_a_longer_text_finds_what_an_unanchored_pattern_finds(
        pattern in "([ab]|\\(a\\|b\\)|a\\*|\\[\\^a\\]|\\.){1,6}", text in "[abc]{0,8}", more in "[abc]{0,4}",
    ) {
        let program = Program::compile(&parse(&pattern).unwrap()).unwrap();
        if program.is_match(text.as_bytes()) {
            let longer = format!("{more}{text}{more}");
            prop_assert!(program.is_match(longer.as_bytes()), "{} {}", pattern, longer);
        }
    }
}
