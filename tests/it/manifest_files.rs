//! Manifests from disk: several mistakes in several files at once, and files that were made to
//! do harm.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;
use tunctl::files;
use tunctl::manifest::yaml::Budget;
use tunctl::manifest::{self, Manifest};
use tunctl::problem::Problem;
use tunctl::source::{Sources, Span};

use crate::support::report::render;

const HEAD: &str = "version: 1\nstack: edge\naccount: 0123456789abcdef0123456789abcdef\n";

/// A directory with files, and what reading its manifest cost.
struct Stack {
    directory: TempDir,
    sources: Sources,
    budget: Budget,
}

impl Stack {
    fn new(files: &[(&str, &str)]) -> Self {
        let directory = TempDir::new().expect("a temporary directory can be made");
        for (name, text) in files {
            let path = directory.path().join(name);
            let parent = path.parent().expect("it is in the directory");
            fs::create_dir_all(parent).expect("the directory can be made");
            fs::write(path, text).expect("the file can be written");
        }
        Self {
            directory,
            sources: Sources::default(),
            budget: Budget::default(),
        }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    fn load(&mut self) -> Result<Manifest, Vec<Problem>> {
        let path = self.path("tunctl.yaml");
        let found = files::load(&path, &BTreeMap::new(), &mut self.sources, &mut self.budget);
        let (spent, budget) = (self.budget.spent, &self.budget);
        assert!(spent.bytes <= budget.bytes, "{spent:?}");
        assert!(spent.alias_expansions <= budget.alias_expansions);
        assert!(spent.depth <= budget.depth);
        assert!(spent.nodes <= spent.bytes + 1, "{spent:?}");
        found
    }

    fn refused(&mut self) -> Vec<Problem> {
        let problems = self.load().expect_err("something is wrong with it");
        assert!(!problems.is_empty());
        render(&problems, &self.sources);
        problems
    }

    fn codes(&mut self) -> Vec<&'static str> {
        codes(&self.refused())
    }

    /// Code, file and line of every problem, and the text under its first label.
    fn places(&mut self) -> Vec<String> {
        let problems = self.refused();
        let place = |problem: &Problem| {
            let (span, _) = problem.labels.first().expect("it has a place");
            let source = self.sources.get(span.source).expect("it is a source");
            let line = source.text[..span.start].lines().count().max(1);
            let file = Path::new(&source.name).file_name().unwrap_or_default();
            let text = self.sources.text(*span);
            let code = problem.code.trim_start_matches("tunctl::");
            format!("{}:{line} {code} at {text:?}", file.display())
        };
        problems.iter().map(place).collect()
    }
}

#[test]
fn thousands_of_mistakes_in_one_line_cost_little() {
    let list = |prefix: &str| {
        let names = (0..3_000).map(|index| format!("{prefix}{index}.example.com"));
        names.collect::<Vec<_>>().join(", ")
    };
    let text = format!(
        "{HEAD}tunnels:\n  edge-web:\n    dns:\n      hostnames: [{}]\n      exclude: [{}]\n",
        list("app-"),
        list("ap-"),
    );
    let mut stack = Stack::new(&[("tunctl.yaml", &text)]);
    let problems = stack.refused();
    let shown = render(&problems[..100], &stack.sources);
    assert!(shown.len() < 60_000, "{} bytes are printed", shown.len());
    assert!(
        shown.contains("tunctl.yaml:8:17]"),
        "the first place is missing"
    );
    assert_eq!(
        codes(&problems[..1_000]),
        ["tunctl::unknown_hostname"; 1_000]
    );
    let guesses = |problem: &&Problem| {
        let help = problem.help.as_deref().unwrap_or_default();
        help.starts_with("did you mean `app-")
    };
    assert_eq!(problems.iter().filter(guesses).count(), 10);
}

fn codes(problems: &[Problem]) -> Vec<&'static str> {
    problems.iter().map(|problem| problem.code).collect()
}

#[test]
fn all_mistakes_of_all_files_are_reported_in_the_order_of_their_places() {
    let main = "\
version: 1
stack: Edge
account: ${ACCOUNT}
include: [parts/*.yaml, nothing/*.yaml]
removed: [tunnel.edge-api]
limits: {deletes: many}
tunnels:
  edge-web:
    ingress:
      - hostname: app.example.com
        servce: http://web:3000
  edge-api:
    dns: {exclude: [ap.example.com]}
    ingress:
      - hostname: api.example.com
        service: http://api:8080/v1
";
    let office =
        "tunnels:\n  edge-office:\n    dns: {hostnames: [api.example.com]}\n  edge-web: {}\n";
    let broken = "tunnels:\n  edge-lab: [}\n";
    let mut stack = Stack::new(&[
        ("tunctl.yaml", main),
        ("parts/broken.yaml", broken),
        ("parts/office.yaml", office),
    ]);
    assert_eq!(
        stack.places(),
        [
            "tunctl.yaml:2 pattern at \"Edge\"",
            "tunctl.yaml:3 undefined_variable at \"${ACCOUNT}\"",
            "tunctl.yaml:4 include_matches_nothing at \"nothing/*.yaml\"",
            "tunctl.yaml:5 removed_but_declared at \"tunnel.edge-api\"",
            "tunctl.yaml:6 wrong_type at \"many\"",
            "tunctl.yaml:11 unknown_key at \"servce\"",
            "tunctl.yaml:13 unknown_hostname at \"ap.example.com\"",
            "tunctl.yaml:16 invalid_ingress at \"http://api:8080/v1\"",
            "broken.yaml:2 yaml_syntax at \"[\"",
            "office.yaml:3 duplicate_hostname at \"api.example.com\"",
            "office.yaml:4 declared_twice at \"edge-web\"",
        ]
    );
}

/// Mistakes after which nobody can tell what the rest of the file means.
const WITHOUT_STRUCTURE: [&str; 6] = [
    "tunctl::node_budget",
    "tunctl::alias_budget",
    "tunctl::control_character",
    "tunctl::invalid_utf8",
    "tunctl::tab_indentation",
    "tunctl::yaml_syntax",
];

#[test]
fn a_mistake_in_one_tunnel_hides_none_in_another() {
    let gallery = Path::new("tests/fixtures/invalid");
    let parts: Vec<(String, String)> = ["edge-web", "includes", "stack"]
        .map(|name| format!("parts/{name}.yaml"))
        .map(|name| {
            (
                name.clone(),
                fs::read_to_string(gallery.join(name)).expect("it is there"),
            )
        })
        .into();
    let mut judged = BTreeSet::new();
    for entry in fs::read_dir(gallery).expect("tests run in the package's directory") {
        let path = entry.expect("the directory can be read").path();
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let with_tunnels =
            path.extension().is_some_and(|it| it == "yaml") && text.contains("\ntunnels:\n  edge-");
        if !with_tunnels {
            continue;
        }
        let load = |text: &str| {
            let files = parts
                .iter()
                .map(|(name, text)| (name.as_str(), text.as_str()));
            Stack::new(&files.chain([("tunctl.yaml", text)]).collect::<Vec<_>>()).codes()
        };
        let mut expected = load(&text);
        if WITHOUT_STRUCTURE.contains(&expected[0]) {
            continue;
        }
        expected.push("tunctl::previous_name_is_name");
        let another = "  edge-other:\n    previousNames: [edge-other]\n";
        let mut found = load(&format!("{text}{another}"));
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected, "{}", path.display());
        judged.extend(expected);
    }
    assert!(judged.len() > 15, "{judged:?}");
}

#[test]
fn a_bomb_of_aliases_ends_within_the_budget() {
    let bomb = (1..30).map(|level| {
        let aliases = vec![format!("*x{}", level - 1); 9].join(", ");
        format!("x{level}: &x{level} [{aliases}]\n")
    });
    let text = format!(
        "{HEAD}x0: &x0 [a, a, a, a, a, a, a, a, a]\n{}",
        bomb.collect::<String>()
    );
    let mut stack = Stack::new(&[("tunctl.yaml", &text)]);
    assert_eq!(stack.codes(), ["tunctl::alias_budget"]);
    assert!(stack.budget.spent.nodes < 200, "{:?}", stack.budget.spent);
}

#[test]
fn a_hundred_thousand_levels_end_at_the_limit() {
    for opening in ["[", "{a: ", "- ", "? ", "[{a: "] {
        let text = opening.repeat(100_000);
        let mut stack = Stack::new(&[("tunctl.yaml", &text)]);
        assert_eq!(stack.codes(), ["tunctl::depth_limit"], "{opening}");
        assert!(stack.budget.spent.nodes < 200, "{:?}", stack.budget.spent);
    }
    let steps = (0..200).map(|level| format!("{}a:\n", " ".repeat(level)));
    let text = format!("{HEAD}{}", steps.collect::<String>());
    let mut stack = Stack::new(&[("tunctl.yaml", &text)]);
    assert_eq!(stack.codes(), ["tunctl::depth_limit"]);
}

#[test]
fn a_million_parts_end_at_the_limit() {
    let text = format!("{HEAD}x: [{}]\n", "a,".repeat(3_000_000));
    let mut stack = Stack::new(&[("tunctl.yaml", &text)]);
    assert_eq!(stack.codes(), ["tunctl::node_budget"]);
    assert_eq!(stack.budget.spent.nodes, 1_000_001);
}

#[test]
fn endless_repetitions_of_a_mistake_are_cut_short() {
    for (line, code) in [
        ("stack: edge\n", "tunctl::duplicate_key"),
        ("? [a]\n: b\n", "tunctl::key_not_scalar"),
    ] {
        let text = format!("{HEAD}{}", line.repeat(20_000));
        let problems = Stack::new(&[("tunctl.yaml", &text)]).refused();
        let (last, others) = problems.split_last().expect("there are some");
        assert_eq!(last.code, "tunctl::more_problems");
        assert_eq!(codes(others), vec![code; 1_000]);
    }
    let tabs = "\t".repeat(100_000);
    assert_eq!(
        Stack::new(&[("tunctl.yaml", &format!("a:\n{tabs}b: c\n"))]).codes(),
        ["tunctl::tab_indentation"]
    );
}

#[test]
fn a_file_over_the_budget_is_not_read() {
    let mut stack = Stack::new(&[]);
    sparse(&stack.path("tunctl.yaml"));
    assert_eq!(stack.codes(), ["tunctl::file_too_large"]);
    assert_eq!(stack.budget.spent.bytes, 0);
    assert!(stack.sources.get(0).is_none());

    let main = format!("{HEAD}include: [large.yaml]\n");
    let mut stack = Stack::new(&[("tunctl.yaml", &main)]);
    sparse(&stack.path("large.yaml"));
    assert_eq!(
        stack.places(),
        ["tunctl.yaml:4 file_too_large at \"large.yaml\""]
    );
    assert_eq!(stack.budget.spent.bytes, main.len());
}

fn sparse(path: &Path) {
    let file = fs::File::create(path).expect("the file can be made");
    file.set_len(1 << 30)
        .expect("the file system has sparse files");
}

#[test]
fn all_files_together_have_one_budget() {
    let main = format!("{HEAD}include: [parts/*.yaml]\n");
    let part = |name: &str| format!("tunnels: {{edge-{name}: }} # {}\n", "x".repeat(400));
    let [a, b, c] = ["a", "b", "c"].map(part);
    let mut stack = Stack::new(&[
        ("tunctl.yaml", &main),
        ("parts/a.yaml", &a),
        ("parts/b.yaml", &b),
        ("parts/c.yaml", &c),
    ]);
    stack.budget.bytes = main.len() + 2 * a.len();
    assert_eq!(
        stack.places(),
        ["tunctl.yaml:4 file_too_large at \"parts/*.yaml\""]
    );
    assert_eq!(stack.budget.room(), 0);
}

#[test]
fn what_is_no_file_is_refused_without_being_read() {
    let missing = &mut Stack::new(&[]);
    let problems = missing.refused();
    assert_eq!(codes(&problems), ["tunctl::unreadable_file"]);
    assert!(problems[0].help.is_some());
    let directory = &mut Stack::new(&[("tunctl.yaml/a.yaml", "")]);
    assert_eq!(directory.codes(), ["tunctl::unreadable_file"]);
    let empty = &mut Stack::new(&[("tunctl.yaml", "")]);
    assert_eq!(empty.codes(), ["tunctl::empty_file"]);
}

#[cfg(unix)]
#[test]
fn sockets_and_devices_are_refused_without_being_read() {
    let mut stack = Stack::new(&[]);
    let path = stack.path("tunctl.yaml");
    let _socket = std::os::unix::net::UnixListener::bind(&path).expect("a socket can be made");
    assert_eq!(stack.codes(), ["tunctl::unreadable_file"]);
    let mut stack = Stack::new(&[]);
    let path = stack.path("tunctl.yaml");
    std::os::unix::fs::symlink("/dev/zero", path).expect("a link can be made");
    assert_eq!(stack.codes(), ["tunctl::unreadable_file"]);
    assert_eq!(stack.budget.spent.bytes, 0);
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_outside_is_not_followed() {
    use std::os::unix::fs::symlink;

    let main = format!("{HEAD}include: [parts/*.yaml, inside.yaml, parts/../inside.yaml]\n");
    let mut stack = Stack::new(&[
        ("home/tunctl.yaml", &main),
        ("home/real.yaml", "tunnels: {edge-web: }\n"),
        ("elsewhere/secret.yaml", "password: hidden\n"),
    ]);
    let home = stack.path("home");
    symlink("../elsewhere", home.join("parts")).expect("a link can be made");
    symlink("real.yaml", home.join("inside.yaml")).expect("a link can be made");
    let problems = files::load(
        &home.join("tunctl.yaml"),
        &BTreeMap::new(),
        &mut stack.sources,
        &mut stack.budget,
    );
    let problems = problems.expect_err("two ways lead outside");
    let outside = "tunctl::include_outside";
    assert_eq!(codes(&problems), [outside, outside]);
    assert!(
        problems[0].labels[0]
            .1
            .contains("parts` is a link that leads outside")
    );
    let shown = render(&problems, &stack.sources);
    assert!(!shown.contains("hidden"), "{shown}");
}

#[cfg(unix)]
#[test]
fn a_file_cannot_act_on_a_terminal_by_its_name() {
    let main = format!("{HEAD}include: [\"*.yml\"]\n");
    let mut stack = Stack::new(&[
        ("tunctl.yaml", &main),
        ("a\u{1b}[2J.yml", "tunnels: {e: 1}\n"),
    ]);
    let problems = stack.refused();
    let shown = render(&problems, &stack.sources);
    assert!(shown.contains("a\\u{1b}[2J.yml"), "{shown}");
}

#[cfg(unix)]
#[test]
fn a_circle_of_links_has_an_end() {
    let main = format!("{HEAD}include: [\"**/*.yaml\"]\n");
    let mut stack = Stack::new(&[
        ("tunctl.yaml", &main),
        ("parts/a.yaml", "tunnels: {edge-a: }\n"),
    ]);
    std::os::unix::fs::symlink("..", stack.path("parts/circle")).expect("a link can be made");
    let loaded = stack.load().expect("nothing is wrong with it");
    assert_eq!(loaded.desired.names("tunnel").count(), 1);
}

#[cfg(unix)]
#[test]
fn circles_of_links_cost_no_more_than_the_directories_that_there_are() {
    let main =
        format!("{HEAD}include: [\"*/*/*/*/*/*/*/*/*/*/*.yaml\", \"**/*/**/*/**/x.yaml\"]\n");
    let mut stack = Stack::new(&[
        ("tunctl.yaml", &main),
        ("parts/a.yaml", "tunnels: {edge-a: }\n"),
    ]);
    for index in 0..20 {
        let link = stack.path(&format!("parts/circle{index}"));
        std::os::unix::fs::symlink(".", link).expect("a link can be made");
    }
    // 20 links of 11 levels are 20^10 paths; the file is found all the same.
    assert_eq!(
        stack.places(),
        ["tunctl.yaml:4 include_matches_nothing at \"\\\"**/*/**/*/**/x.yaml\\\"\""]
    );
}

#[test]
fn ten_thousand_files_are_refused_before_any_is_read() {
    let main = format!("{HEAD}include: [parts/*.yaml]\n");
    let mut stack = Stack::new(&[("tunctl.yaml", &main), ("parts/a.yaml", "")]);
    for index in 0..10_000 {
        let path = stack.path(&format!("parts/{index}.yaml"));
        fs::File::create(path).expect("the file can be made");
    }
    assert_eq!(
        stack.places(),
        ["tunctl.yaml:4 too_many_files at \"parts/*.yaml\""]
    );
    assert_eq!(stack.budget.spent.bytes, main.len());
}

#[test]
fn a_file_is_included_once_and_never_by_itself() {
    let main = format!("{HEAD}include: [\"*.yaml\", a.yaml, ./a.yaml, \"**/a.yaml\"]\n");
    let mut stack = Stack::new(&[
        ("tunctl.yaml", &main),
        ("a.yaml", "tunnels: {edge-a: }\n"),
        ("b.yaml", "tunnels: {edge-b: }\n"),
    ]);
    let loaded = stack.load().expect("nothing is wrong with it");
    assert_eq!(loaded.desired.names("tunnel").count(), 2);
}

const EXAMPLES: [&str; 2] = [
    include_str!("../../examples/quickstart.yaml"),
    include_str!("../../examples/two-zones.yaml"),
];

/// What hands and merges do to a file.
#[derive(Debug, Clone)]
enum Mutation {
    DeleteLine(usize),
    RepeatLine(usize),
    MoveLine(usize, usize),
    DeleteByte(usize),
    RepeatByte(usize),
    ReplaceByte(usize, u8),
    Insert(usize, &'static str),
}

const SCRAPS: &[&str] = &[
    "*", "&a ", "${", "${A}", "}", "]", "[", ": ", "- ", "\t", "\n", "  ", "\"", "'", "#", "null",
    "é", "<<: ", "!!str ", "---\n", "0", "dns: ", "x: ",
];

fn mutation() -> impl Strategy<Value = Mutation> {
    let place = any::<usize>;
    prop_oneof![
        place().prop_map(Mutation::DeleteLine),
        place().prop_map(Mutation::RepeatLine),
        (place(), place()).prop_map(|(from, to)| Mutation::MoveLine(from, to)),
        place().prop_map(Mutation::DeleteByte),
        place().prop_map(Mutation::RepeatByte),
        (place(), any::<u8>()).prop_map(|(at, byte)| Mutation::ReplaceByte(at, byte)),
        (place(), proptest::sample::select(SCRAPS))
            .prop_map(|(at, scrap)| Mutation::Insert(at, scrap)),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    let mut lines: Vec<Vec<u8>> = bytes
        .split_inclusive(|it| *it == b'\n')
        .map(Vec::from)
        .collect();
    let (line, byte) = (
        |at: usize| at % lines.len().max(1),
        |at: usize| at % bytes.len().max(1),
    );
    match *mutation {
        _ if bytes.is_empty() => {}
        Mutation::DeleteLine(at) => {
            lines.remove(line(at));
            *bytes = lines.concat();
        }
        Mutation::RepeatLine(at) => {
            let at = line(at);
            lines.insert(at, lines[at].clone());
            *bytes = lines.concat();
        }
        Mutation::MoveLine(from, to) => {
            let (from, to) = (line(from), line(to));
            let moved = lines.remove(from);
            lines.insert(to, moved);
            *bytes = lines.concat();
        }
        Mutation::DeleteByte(at) => {
            bytes.remove(byte(at));
        }
        Mutation::RepeatByte(at) => {
            let at = byte(at);
            bytes.insert(at, bytes[at]);
        }
        Mutation::ReplaceByte(at, new) => {
            let at = byte(at);
            bytes[at] = new;
        }
        Mutation::Insert(at, scrap) => {
            let at = byte(at);
            bytes.splice(at..at, scrap.bytes());
        }
    }
}

proptest! {
    #[test]
    fn a_damaged_example_loads_or_says_where_it_is_damaged(
        example in proptest::sample::select(&EXAMPLES[..]),
        mutations in proptest::collection::vec(mutation(), 1..5),
    ) {
        let mut bytes = example.as_bytes().to_vec();
        for it in &mutations {
            mutate(&mut bytes, it);
        }
        let variables = BTreeMap::from([("CLOUDFLARE_ACCOUNT_ID".to_owned(), "0".repeat(32))]);
        let (mut sources, mut budget) = (Sources::default(), Budget::default());
        let document =
            manifest::open(&mut sources, "tunctl.yaml", &bytes, &variables, &mut budget);
        if let Err(problems) = manifest::load(vec![document]) {
            prop_assert!(!problems.is_empty());
            for problem in &problems {
                prop_assert_ne!(problem.code, "tunctl::unexpected_shape");
                prop_assert!(!problem.labels.is_empty(), "{:?}", problem);
                for (span, _) in &problem.labels {
                    prop_assert!(lies_inside(*span, &sources), "{:?}", problem);
                }
            }
            render(&problems, &sources);
        }
    }
}

fn lies_inside(span: Span, sources: &Sources) -> bool {
    let source = sources.get(span.source);
    source.is_some_and(|source| source.text.get(span.start..span.end).is_some())
}
