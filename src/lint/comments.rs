//! The comments of a manifest's files by their lines.

use std::collections::BTreeMap;

use crate::source::{Sources, Span};

/// How many lines above another one a comment can begin that is about it.
const ABOVE: usize = 100;

/// A line of a file, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    pub(super) source: usize,
    pub(super) number: usize,
}

/// A comment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comment {
    pub(super) span: Span,
    /// Whether nothing else stands on its line.
    pub(super) alone: bool,
    /// The line that it is about: its own, or the next one that is no comment.
    pub(super) subject: Line,
}

/// All comments.
#[derive(Debug, Default)]
pub(super) struct Comments {
    /// Where the lines begin, of files with comments.
    lines: BTreeMap<usize, Vec<usize>>,
    comments: BTreeMap<Line, Comment>,
}

impl Comments {
    pub(super) fn new(spans: &[Span], sources: &Sources) -> Self {
        let mut comments = Self::default();
        for span in spans {
            let source = sources.get(span.source);
            let text = source.map_or("", |source| &source.text);
            let lines = comments.lines.entry(span.source);
            let starts = lines.or_insert_with(|| starts(text));
            let number = number(starts, span.start);
            let before = text.get(starts[number]..span.start);
            let line = Line {
                source: span.source,
                number,
            };
            let comment = Comment {
                span: *span,
                alone: before.is_some_and(|before| before.trim_start().is_empty()),
                subject: line,
            };
            comments.comments.insert(line, comment);
        }
        comments.find_subjects();
        comments
    }

    fn find_subjects(&mut self) {
        let mut below: Option<(Line, Line)> = None;
        for (line, comment) in self.comments.iter_mut().rev() {
            if !comment.alone {
                continue;
            }
            let number = line.number + 1;
            let next = Line { number, ..*line };
            let known = below.filter(|(line, _)| *line == next);
            comment.subject = known.map_or(next, |(_, subject)| subject);
            below = Some((*line, comment.subject));
        }
    }

    /// The line of a position. `None` in a file without comments.
    pub(super) fn line(&self, source: usize, position: usize) -> Option<Line> {
        let starts = self.lines.get(&source)?;
        let number = number(starts, position);
        Some(Line { source, number })
    }

    /// The line of a place's beginning.
    pub(super) fn line_of(&self, span: Span) -> Option<Line> {
        self.line(span.source, span.start)
    }

    /// The comment on a line, and those right above it that have lines of their own.
    pub(super) fn at(&self, line: Line) -> impl Iterator<Item = Comment> {
        let above = (0..line.number).rev().take(ABOVE).map_while(move |number| {
            let comment = self.comments.get(&Line { number, ..line });
            comment.filter(|it| it.alone)
        });
        self.comments.get(&line).into_iter().chain(above).copied()
    }

    /// Every comment with its line.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Line, Comment)> {
        self.comments
            .iter()
            .map(|(line, comment)| (*line, *comment))
    }
}

fn starts(text: &str) -> Vec<usize> {
    let ends = text.match_indices('\n').map(|(end, _)| end + 1);
    std::iter::once(0).chain(ends).collect()
}

fn number(starts: &[usize], position: usize) -> usize {
    starts.partition_point(|start| *start <= position) - 1
}
