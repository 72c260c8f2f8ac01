//! What each line of a text is part of, from the parser's events.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

/// A collection in block style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sequence,
    Mapping,
}

/// What a line begins in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A line of its own: an entry, a comment, a marker, nothing.
    Own,
    /// Between brackets that an earlier line opens.
    Flow,
    /// A text without quotes that an earlier line begins.
    Plain,
    /// A text in quotes that an earlier line begins.
    Quoted,
    /// A block of text, whose white space has a meaning.
    Block,
}

/// The roles of all lines.
#[derive(Debug)]
pub(super) struct Outline {
    roles: Vec<Role>,
    opened: BTreeMap<usize, Vec<Kind>>,
}

impl Role {
    /// Whether blank lines mean nothing here.
    pub(super) fn is_free_of_blanks(self) -> bool {
        matches!(self, Self::Own | Self::Flow)
    }
}

impl Outline {
    /// `None` if the parser refuses the text.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut reader = Reader::new(text);
        let mut parser = Parser::new_from_str(text);
        while let Some(next) = parser.next_event() {
            let (event, span) = next.ok()?;
            let range = span.byte_range().unwrap_or_default();
            reader.take(&event, range.start, range.end);
        }
        Some(reader.finish())
    }

    pub(super) fn role(&self, line: usize) -> Role {
        self.roles.get(line).copied().unwrap_or(Role::Own)
    }

    /// The block collections that begin on a line, the outer one first.
    pub(super) fn opened(&self, line: usize) -> &[Kind] {
        self.opened.get(&line).map_or(&[], Vec::as_slice)
    }

    /// Whether white space at the end of a line may have a meaning.
    pub(super) fn keeps_end(&self, line: usize) -> bool {
        self.role(line) == Role::Block || self.role(line + 1) == Role::Quoted
    }
}

struct Reader<'t> {
    text: &'t str,
    lines: Vec<&'t str>,
    /// Where each line begins.
    starts: Vec<usize>,
    roles: Vec<Role>,
    opened: BTreeMap<usize, Vec<Kind>>,
    /// The styles of the collections that are open, and where each begins.
    open: Vec<(StructureStyle, usize)>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        let starts: Vec<usize> = std::iter::once(0).chain(breaks).collect();
        Self {
            text,
            lines: text.lines().collect(),
            roles: vec![Role::Own; starts.len()],
            starts,
            opened: BTreeMap::new(),
            open: Vec::new(),
        }
    }

    fn take(&mut self, event: &Event<'_>, start: usize, end: usize) {
        match event {
            Event::SequenceStart(style, ..) => self.open(*style, Kind::Sequence, start),
            Event::MappingStart(style, ..) => self.open(*style, Kind::Mapping, start),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((StructureStyle::Flow, start)) = self.open.pop() {
                    self.mark(start, end, Role::Flow);
                }
            }
            Event::Scalar(_, style, ..) => match style {
                ScalarStyle::Plain => {
                    let written = self.text.get(start..end).unwrap_or_default();
                    self.mark(start, start + written.trim_end().len(), Role::Plain);
                }
                ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                    self.mark(start, end, Role::Quoted);
                }
                ScalarStyle::Literal | ScalarStyle::Folded => self.block(start, end),
            },
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::Alias(_)
            | _ => {}
        }
    }

    fn open(&mut self, style: StructureStyle, kind: Kind, start: usize) {
        if style == StructureStyle::Block {
            self.opened.entry(self.line(start)).or_default().push(kind);
        }
        self.open.push((style, start));
    }

    /// The lines after the first one are part of something; what was marked before is inside.
    fn mark(&mut self, start: usize, end: usize, role: Role) {
        let (first, last) = (self.line(start), self.line(end));
        for line in &mut self.roles[first + 1..=last.max(first)] {
            if *line == Role::Own {
                *line = role;
            }
        }
    }

    /// The parser's span of a block is its text, from behind the indentation to the next line
    /// that is not part of it. It ends with its last line that is not blank, unless it keeps
    /// blank lines.
    fn block(&mut self, start: usize, end: usize) {
        if start == end {
            return;
        }
        let lines = &self.lines;
        let (first, last) = (self.line(start), self.line(end));
        // The span may end before the next line or behind its indentation.
        let rest = self.text.get(self.starts[last]..end).unwrap_or_default();
        let last = last - usize::from(last > first && rest.trim_matches(' ').is_empty());
        let is_blank = |line: usize| lines.get(line).is_none_or(|it| it.trim().is_empty());
        let header = (0..first).rev().find(|line| !is_blank(*line));
        let header = header.unwrap_or_default();
        let text = (first..=last).find(|line| !is_blank(*line));
        let indent = text.map_or(0, |line| spaces(lines[line]));
        let indicators = indicators(lines[header]);
        let fixed = indicators.contains(|it: char| it.is_ascii_digit());
        let keeps = fixed || indicators.contains('+');
        let is_text = |line: usize| {
            let text = lines.get(line).copied().unwrap_or_default();
            keeps || !text.trim_end_matches(' ').is_empty() || spaces(text) > indent
        };
        let Some(last) = (first..=last).rev().find(|line| is_text(*line)) else {
            return;
        };
        for line in &mut self.roles[header + 1..=last] {
            *line = Role::Block;
        }
    }

    fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at) - 1
    }

    fn finish(self) -> Outline {
        Outline {
            roles: self.roles,
            opened: self.opened,
        }
    }
}

/// What stands behind the `|` or `>` of a block: `+`, `-`, or the number of its indentation.
fn indicators(header: &str) -> &str {
    let begins = header.rmatch_indices(['|', '>']);
    let mut found = begins.filter_map(|(at, _)| {
        let behind = &header[at + 1..];
        let rest = behind.trim_start_matches(|it: char| it.is_ascii_digit() || "+-".contains(it));
        let ends = rest.trim().is_empty() || rest.trim_start().starts_with('#');
        ends.then(|| &behind[..behind.len() - rest.len()])
    });
    found.next().unwrap_or_default()
}

/// Spaces at the beginning of a line.
pub(super) fn spaces(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}
