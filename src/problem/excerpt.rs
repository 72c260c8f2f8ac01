//! The parts of a text that labels stand in, with the lines around them: what a report prints,
//! and no more than that.
//!
//! Invariant: however long a line is, an excerpt is as long as its labels and a few windows.

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::source::{Source, Span, is_hostile};

/// A line is long if it goes on for more bytes before or behind a label. Those of manifests that
/// people write do not.
const LONG: usize = 160;

/// How many bytes of a long line are shown before and behind a label, so that it fits a terminal.
const AROUND: usize = 40;

/// How many bytes of a label are underlined at most.
const UNDERLINED: usize = 160;

/// Stands where a line is cut off, in as many bytes as what it replaces.
const CUT: char = '…';

/// A text, as far as it is shown.
#[derive(Debug)]
pub(super) struct Excerpt {
    name: String,
    parts: Vec<Part>,
}

/// Some whole lines, or a window of a long one.
#[derive(Debug)]
struct Part {
    /// Where it begins in the whole text.
    start: usize,
    /// The line that it begins on, from 0.
    line: usize,
    /// How far into that line it begins.
    column: usize,
    text: String,
}

/// What is underlined of a place: no more than the begin of its first line.
pub(super) fn underlined(source: &Source, place: Span) -> Range<usize> {
    let start = source.text.floor_char_boundary(place.start);
    let whole = source.text.get(start..place.end).unwrap_or_default();
    let line = whole.lines().next().unwrap_or_default();
    start..start + line.floor_char_boundary(UNDERLINED)
}

impl Excerpt {
    /// The excerpt that shows these places, each as [`underlined`] gives it.
    pub(super) fn new(source: &Source, places: impl IntoIterator<Item = Range<usize>>) -> Self {
        let text = &source.text;
        let mut windows: Vec<Range<usize>> = places
            .into_iter()
            .map(|place| window(text, place))
            .collect();
        windows.sort_unstable_by_key(|window| window.start);
        let mut joined: Vec<Range<usize>> = Vec::new();
        for window in windows {
            match joined.last_mut() {
                Some(last) if window.start <= last.end => last.end = last.end.max(window.end),
                Some(_) | None => joined.push(window),
            }
        }
        let (mut counted, mut line) = (0, 0);
        let parts = joined.into_iter().map(|window| {
            line += text[counted..window.start].matches('\n').count();
            counted = window.start;
            Part::new(text, window, line)
        });
        Self {
            name: source.name.clone(),
            parts: parts.collect(),
        }
    }
}

impl Part {
    fn new(whole: &str, window: Range<usize>, line: usize) -> Self {
        let begin = whole[..window.start].rfind('\n').map_or(0, |end| end + 1);
        let column = window.start - begin;
        let mut text = whole[window.clone()].to_owned();
        if column > 0 {
            let (cut, rest) = text.split_at(text.ceil_char_boundary(CUT.len_utf8()));
            text = format!("{CUT}{}{rest}", blanks(cut));
        }
        let goes_on = !text.ends_with('\n') && window.end < whole.len();
        if goes_on && !whole[window.end..].starts_with('\n') {
            let end = text.floor_char_boundary(text.len() - CUT.len_utf8());
            let (rest, cut) = text.split_at(end);
            text = format!("{rest}{}{CUT}", blanks(cut));
        }
        Self {
            start: window.start,
            line,
            column,
            text: harmless(&text),
        }
    }
}

/// The text without what could do something to a terminal, each in as many bytes: places in it
/// stay where they are.
fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hostile(character) && !matches!(character, '\n' | '\t') {
            harmless.push('?');
            harmless.push_str(&" ".repeat(character.len_utf8() - 1));
        } else {
            harmless.push(character);
        }
    }
    harmless
}

/// Fills up what the sign of a cut is shorter than the characters that it replaces.
fn blanks(cut: &str) -> String {
    " ".repeat(cut.len() - CUT.len_utf8())
}

/// A place with its line, and with the lines before and behind it, as far as none is long.
fn window(text: &str, place: Range<usize>) -> Range<usize> {
    let (Ok(first), Ok(last)) = (begin(text, place.start, LONG), end(text, place.end, LONG)) else {
        let (Ok(start) | Err(start)) = begin(text, place.start, AROUND);
        let (Ok(end) | Err(end)) = end(text, place.end, AROUND);
        return start..end;
    };
    // The newline before a line ends the line before it.
    let before = first
        .checked_sub(1)
        .map(|newline| begin(text, newline, LONG));
    let start = before.and_then(Result::ok).unwrap_or(first);
    start..end(text, last, LONG).unwrap_or(last)
}

/// Where the line of a position begins, or, if that is far away, where it is cut.
fn begin(text: &str, at: usize, distance: usize) -> Result<usize, usize> {
    let far = text.ceil_char_boundary(at.saturating_sub(distance));
    match text[far..at].rfind('\n') {
        Some(newline) => Ok(far + newline + 1),
        None if far == 0 => Ok(0),
        None => Err(far),
    }
}

/// One past the line of a position with its newline, or, if that is far away, where it is cut.
fn end(text: &str, at: usize, distance: usize) -> Result<usize, usize> {
    let far = text.floor_char_boundary(at + distance);
    match text[at..far].find('\n') {
        Some(newline) => Ok(at + newline + 1),
        None if far == text.len() => Ok(far),
        None => Err(far),
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_lines_before: usize,
        context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        let holds = |part: &&Part| part.start <= start && end <= part.start + part.text.len();
        let part = self.parts.iter().find(holds);
        let part = part.ok_or(MietteError::OutOfBounds)?;
        let within = SourceSpan::from((start - part.start, span.len()));
        let read = part
            .text
            .read_span(&within, context_lines_before, context_lines_after)?;
        let from = *read.span();
        let column = match read.line() {
            0 => part.column + read.column(),
            _ => read.column(),
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            read.data(),
            SourceSpan::from((part.start + from.offset(), from.len())),
            part.line + read.line(),
            column,
            read.line_count(),
        )))
    }
}
