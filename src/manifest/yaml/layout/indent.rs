//! Where each line goes, from the collections that are open around it.

use super::outline::{Kind, Role, spaces};

/// Spaces for each level.
const LEVEL: usize = 2;

/// A block collection: its kind, and its column as written and as laid out.
#[derive(Debug, Clone, Copy)]
struct Block {
    kind: Kind,
    old: usize,
    new: usize,
}

/// The columns at which lines begin, found one line after the other.
#[derive(Debug)]
pub(super) struct Indents {
    lines: Vec<String>,
    open: Vec<Block>,
    /// Comments whose column depends on what follows, with the column as written.
    comments: Vec<(usize, usize, String)>,
    /// How far what continues the last line moves, and where it must not go beyond.
    moved: isize,
    floor: usize,
}

impl Indents {
    pub(super) fn new(lines: usize) -> Self {
        Self {
            lines: vec![String::new(); lines],
            open: Vec::new(),
            comments: Vec::new(),
            moved: 0,
            floor: 0,
        }
    }

    /// All lines. Comments at the end belong to what is still open.
    pub(super) fn finish(mut self) -> Vec<String> {
        let around = std::mem::take(&mut self.open);
        self.place_comments(&around, None);
        self.lines
    }

    /// A line that continues another one.
    pub(super) fn continued(&mut self, at: usize, line: &str, role: Role) {
        let top = self.top();
        let (blank, moved, floor) = match role {
            Role::Block => {
                let moved = top.map_or(0, |top| distance(top.old, top.new));
                (line.is_empty(), moved, 0)
            }
            Role::Plain => (line.trim().is_empty(), self.moved, self.floor.max(1)),
            Role::Own | Role::Flow | Role::Quoted => {
                (line.trim().is_empty(), self.moved, self.floor)
            }
        };
        if !blank {
            let (column, text) = match role {
                Role::Block => (spaces(line), line.trim_start_matches(' ')),
                Role::Own | Role::Flow | Role::Plain | Role::Quoted => {
                    let text = line.trim_start_matches([' ', '\t']);
                    (line.len() - text.len(), text)
                }
            };
            let column = column.saturating_add_signed(moved).max(floor);
            self.lines[at] = indented(column, text);
        }
    }

    /// A line of its own, on which block collections begin. `None` if it is not understood.
    pub(super) fn own(&mut self, at: usize, line: &str, opened: &[Kind]) -> Option<()> {
        let column = spaces(line);
        let text = &line[column..];
        if text.trim().is_empty() {
            return Some(());
        }
        if text.starts_with('#') {
            self.comments.push((at, column, text.to_owned()));
            return Some(());
        }
        let around = self.open.clone();
        let new = if is_marker(line) || (self.open.is_empty() && line.starts_with('%')) {
            (self.moved, self.floor) = (0, 0);
            line.clone_into(&mut self.lines[at]);
            0
        } else {
            let (new, text) = self.entry(column, text, opened)?;
            self.lines[at] = indented(new, &text);
            new
        };
        self.place_comments(&around, Some((column, new)));
        Some(())
    }

    fn top(&self) -> Option<Block> {
        self.open.last().copied()
    }

    /// The new column of an entry or a value, and its text.
    fn entry(&mut self, column: usize, text: &str, opened: &[Kind]) -> Option<(usize, String)> {
        let dash = is_dash(text);
        self.open.retain(|block| block.old <= column);
        let ended = |top: Block| top.kind == Kind::Sequence && top.old == column && !dash;
        if self.top().is_some_and(ended) {
            self.open.pop();
        }
        let top = self.top();
        let begins = top.is_none_or(|top| {
            let below_key = dash && top.kind == Kind::Mapping;
            top.old < column || below_key
        });
        let mut opened = opened.iter().copied();
        if !begins {
            let new = top?.new;
            let text = self.dashes(column, text, &mut opened)?;
            self.rest();
            return Some((new, text));
        }
        let new = top.map_or(0, |top| top.new + LEVEL);
        let Some(kind) = opened.next() else {
            self.moved = distance(column, new);
            self.floor = top.map_or(0, |top| top.new + 1);
            return Some((new, text.to_owned()));
        };
        let old = column;
        self.open.push(Block { kind, old, new });
        let text = self.dashes(column, text, &mut opened)?;
        self.rest();
        Some((new, text))
    }

    /// What continues the line moves with the innermost collection.
    fn rest(&mut self) {
        if let Some(top) = self.top() {
            self.moved = distance(top.old, top.new);
            self.floor = top.new;
        }
    }

    /// The text with one space behind each dash, and the collections that begin behind them.
    fn dashes(
        &mut self,
        mut column: usize,
        text: &str,
        opened: &mut impl Iterator<Item = Kind>,
    ) -> Option<String> {
        let mut shown = String::new();
        let mut rest = text;
        while self.top()?.kind == Kind::Sequence && is_dash(rest) {
            let behind = &rest[1..];
            let next = behind.trim_start_matches(' ');
            if next.is_empty() || next.starts_with('#') {
                break;
            }
            shown.push_str("- ");
            column += rest.len() - next.len();
            rest = next;
            let Some(kind) = opened.next() else { break };
            let new = self.top()?.new + LEVEL;
            let old = column;
            self.open.push(Block { kind, old, new });
        }
        let explicit = ["? ", ": "].iter().any(|it| rest.starts_with(it)) || rest == "?";
        if explicit || opened.next().is_some() {
            return None;
        }
        shown.push_str(rest);
        Some(shown)
    }

    /// A comment goes with what follows it if it stands in its column, else with the collection
    /// that it stands in.
    fn place_comments(&mut self, around: &[Block], next: Option<(usize, usize)>) {
        for (at, column, text) in std::mem::take(&mut self.comments) {
            let open = around.iter().rev().map(|block| (block.old, block.new));
            let all: Vec<_> = next.into_iter().chain(open).collect();
            let exact = all.iter().find(|(old, _)| *old == column);
            let left = all.iter().filter(|(old, _)| *old < column);
            // Of equal columns the first one counts.
            let nearest = left.reduce(|best, it| if it.0 > best.0 { it } else { best });
            let found = exact.or(nearest).or(all.first());
            let new = found.map_or(0, |(_, new)| *new);
            self.lines[at] = indented(new, &text);
        }
    }
}

fn indented(column: usize, text: &str) -> String {
    format!("{:column$}{text}", "")
}

/// How far something moves.
fn distance(old: usize, new: usize) -> isize {
    new.cast_signed() - old.cast_signed()
}

fn is_dash(text: &str) -> bool {
    text == "-" || text.starts_with("- ")
}

/// The marks at the beginning and the end of a document.
fn is_marker(line: &str) -> bool {
    ["---", "..."].iter().any(|marker| {
        let rest = line.strip_prefix(marker);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    })
}
