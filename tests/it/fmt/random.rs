//! Random documents in random layouts.

use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::check;

/// A part of a document, with how it is laid out.
#[derive(Debug, Clone)]
enum Part {
    /// On the line of its key; continued on others, if it has several lines.
    Scalar(&'static [&'static str]),
    /// A header, and lines below it.
    Block(&'static str, Vec<&'static str>),
    /// Brackets over several lines.
    Flow(Vec<Option<u8>>),
    List(Vec<(Entry, Part)>),
    Map(Vec<(Entry, Part)>),
}

/// The layout of an entry.
#[derive(Debug, Clone)]
struct Entry {
    above: Option<usize>,
    behind: bool,
    blank: u8,
    /// More spaces than needed: below a key, behind a dash, at the end of the line.
    step: usize,
    gap: usize,
    tail: usize,
}

fn entry() -> impl Strategy<Value = Entry> + Clone {
    let spaces = (0_usize..4, 0_usize..4, 0_usize..3);
    (of(0_usize..6), any::<bool>(), 0_u8..3, spaces).prop_map(|(above, behind, blank, spaces)| {
        Entry {
            above,
            behind,
            blank,
            step: spaces.0,
            gap: spaces.1,
            tail: spaces.2,
        }
    })
}

const SCALARS: &[&[&str]] = &[
    &["x"],
    &["80"],
    &["~"],
    &[""],
    &["'it''s # no comment'"],
    &["\"a\\tb\""],
    &["one", "two", "", "three"],
    &["\"one  ", "two \\", "three", "", "four\""],
    &["'one", "", "two'"],
    &["http://a:80"],
];

fn part() -> impl Strategy<Value = Part> {
    let header = select(vec!["|", "|-", "|+", ">", ">-", ">+"]);
    let lines = vec(
        select(vec!["x", "  y  ", "", "# no comment", "- z", "a: b"]),
        0..4,
    );
    let leaf = prop_oneof![
        4 => select(SCALARS).prop_map(Part::Scalar),
        1 => (header, lines).prop_map(|(header, mut lines)| {
            lines.insert(0, "first");
            Part::Block(header, lines)
        }),
        1 => vec(of(0_u8..8), 0..4).prop_map(Part::Flow),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let entries = vec((entry(), inner), 1..4);
        prop_oneof![
            entries.clone().prop_map(Part::List),
            entries.prop_map(Part::Map),
        ]
    })
}

/// Writes documents; each comment has a number, so that none can stand for another.
#[derive(Default)]
struct Writer {
    text: String,
    comments: usize,
}

impl Writer {
    fn comment(&mut self) -> String {
        self.comments += 1;
        format!("# c{}", self.comments)
    }

    fn line(&mut self, column: usize, text: &str) {
        self.text.push_str(&" ".repeat(column));
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn above(&mut self, entry: &Entry, column: usize) {
        for _ in 0..entry.blank {
            self.line(entry.tail, "");
        }
        if let Some(shift) = entry.above {
            let comment = self.comment();
            self.line(column + shift.saturating_sub(3), &comment);
        }
    }

    fn entries(&mut self, column: usize, entries: &[(Entry, Part)], is_map: bool, mut begun: bool) {
        for (at, (entry, part)) in entries.iter().enumerate() {
            if begun {
                begun = false;
            } else {
                self.above(entry, column);
                self.text.push_str(&" ".repeat(column));
            }
            if is_map {
                let _ = write!(self.text, "k{at}:");
                self.below(column, entry, part);
            } else {
                self.text.push('-');
                self.beside(column, entry, part);
            }
        }
    }

    /// The value of a key.
    fn below(&mut self, column: usize, entry: &Entry, part: &Part) {
        match part {
            Part::Map(entries) => {
                self.end(entry);
                self.entries(column + 1 + entry.step, entries, true, false);
            }
            Part::List(entries) => {
                self.end(entry);
                self.entries(column + entry.step, entries, false, false);
            }
            Part::Scalar(_) | Part::Block(..) | Part::Flow(_) => {
                self.text.push(' ');
                self.leaf(column + 1 + entry.gap, entry, part);
            }
        }
    }

    /// An item behind its dash.
    fn beside(&mut self, column: usize, entry: &Entry, part: &Part) {
        self.text.push_str(&" ".repeat(1 + entry.gap));
        let inside = column + 2 + entry.gap;
        match part {
            Part::Map(entries) => self.entries(inside, entries, true, true),
            Part::List(entries) => self.entries(inside, entries, false, true),
            Part::Scalar(_) | Part::Block(..) | Part::Flow(_) => self.leaf(inside, entry, part),
        }
    }

    fn leaf(&mut self, column: usize, entry: &Entry, part: &Part) {
        match part {
            Part::Scalar(lines) => {
                let (last, first) = lines.split_last().unwrap();
                for (at, line) in first.iter().enumerate() {
                    self.text.push_str(line);
                    self.text.push('\n');
                    let next = if lines[at + 1].is_empty() { 0 } else { column };
                    self.text.push_str(&" ".repeat(next));
                }
                self.text.push_str(last);
                self.end(entry);
            }
            Part::Block(header, lines) => {
                self.text.push_str(header);
                self.end(entry);
                for line in lines {
                    let column = if line.is_empty() {
                        entry.tail.min(column)
                    } else {
                        column
                    };
                    self.line(column, line);
                }
            }
            Part::Flow(items) => {
                self.text.push_str("[\n");
                for item in items {
                    if let Some(shift) = item {
                        self.line(column + usize::from(*shift), "{a: b},");
                    } else {
                        let comment = self.comment();
                        self.line(column, &comment);
                    }
                }
                self.text.push_str(&" ".repeat(column));
                self.text.push(']');
                self.end(entry);
            }
            Part::List(_) | Part::Map(_) => {}
        }
    }

    fn end(&mut self, entry: &Entry) {
        if entry.behind {
            let comment = self.comment();
            self.text.push_str(&" ".repeat(1 + entry.gap));
            self.text.push_str(&comment);
        }
        self.line(entry.tail, "");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_layout_is_formatted_and_nothing_is_lost(
        entries in vec((entry(), part()), 1..5), margin in 0_usize..3, returns in any::<bool>(),
    ) {
        let mut writer = Writer::default();
        writer.entries(margin, &entries, true, false);
        let text = if returns { writer.text.replace('\n', "\r\n") } else { writer.text };
        let after = check(&text);
        prop_assert!(after.lines().all(|line| !line.ends_with('\r')));
        for number in 1..=writer.comments {
            let comment = format!("# c{number}");
            prop_assert!(after.lines().any(|line| line.ends_with(&comment)), "{}", comment);
        }
    }
}
