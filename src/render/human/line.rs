//! One line of output: styled parts behind an indent.

use std::io::{self, Write};

use owo_colors::Style as Ansi;

use crate::render::Style;
use crate::render::text::{escaped, prose};

/// What a part of a line says by its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tone {
    Plain,
    Strong,
    Dim,
    Add,
    Change,
    Remove,
    Adopt,
    Replace,
    Alarm,
    Warning,
}

impl Tone {
    /// Terraform's colours, as far as it has them.
    fn ansi(self) -> Ansi {
        let ansi = Ansi::new();
        match self {
            Self::Plain => ansi,
            Self::Strong => ansi.bold(),
            Self::Dim => ansi.dimmed(),
            Self::Add => ansi.green(),
            Self::Change => ansi.yellow(),
            Self::Remove => ansi.red(),
            Self::Adopt => ansi.cyan(),
            Self::Replace => ansi.magenta(),
            Self::Alarm => ansi.red().bold(),
            Self::Warning => ansi.yellow().bold(),
        }
    }
}

/// The glyph before a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    Add,
    Change,
    Remove,
    Adopt,
    Replace,
    /// Nothing happens to what the line shows.
    Keep,
}

impl Mark {
    /// The glyph.
    pub(crate) fn glyph(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Change => "~",
            Self::Remove => "-",
            Self::Adopt => "→",
            Self::Replace => "±",
            Self::Keep => " ",
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::Add => Tone::Add,
            Self::Change => Tone::Change,
            Self::Remove => Tone::Remove,
            Self::Adopt => Tone::Adopt,
            Self::Replace => Tone::Replace,
            Self::Keep => Tone::Plain,
        }
    }
}

/// A line, not yet written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    indent: usize,
    parts: Vec<(Tone, String)>,
}

impl Line {
    /// A line that begins at the left edge.
    pub(crate) fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self::at(0, tone, text)
    }

    /// A line behind so many spaces.
    pub(crate) fn at(indent: usize, tone: Tone, text: impl Into<String>) -> Self {
        Self {
            indent,
            parts: vec![(tone, text.into())],
        }
    }

    /// An empty line.
    pub(crate) fn blank() -> Self {
        Self {
            indent: 0,
            parts: Vec::new(),
        }
    }

    /// A line of a block. Depth 0 is the resource itself. What goes is red from end to end.
    pub(crate) fn marked(depth: usize, mark: Mark, text: impl Into<String>) -> Self {
        let text = text.into();
        if mark == Mark::Keep {
            return Self::inside(depth, Tone::Plain, text);
        }
        let tone = if mark == Mark::Remove {
            Tone::Remove
        } else {
            Tone::Plain
        };
        Self::at(2 + 4 * depth, mark.tone(), mark.glyph())
            .then(Tone::Plain, " ")
            .then(tone, text)
    }

    /// A line of a block without a mark: a closing bracket, a comment.
    pub(crate) fn inside(depth: usize, tone: Tone, text: impl Into<String>) -> Self {
        Self::at(4 + 4 * depth, tone, text)
    }

    /// What to do about what stands above.
    pub(crate) fn help(text: &str) -> Self {
        Self::at(2, Tone::Strong, "help: ").then(Tone::Plain, prose(text))
    }

    /// Adds a part.
    pub(crate) fn then(mut self, tone: Tone, text: impl Into<String>) -> Self {
        self.parts.push((tone, text.into()));
        self
    }

    /// Adds a comment at the end.
    pub(crate) fn comment(self, text: &str) -> Self {
        self.then(Tone::Dim, format!("  # {text}"))
    }

    /// The line without styles and without its end.
    pub(crate) fn plain(&self) -> String {
        let parts = self.parts.iter().map(|(_, text)| escaped(text));
        std::iter::once(" ".repeat(self.indent).into())
            .chain(parts)
            .collect()
    }

    /// The parts, behind the indent.
    pub(crate) fn parts(&self) -> (usize, &[(Tone, String)]) {
        (self.indent, &self.parts)
    }

    /// Writes the line and its end. Whatever the parts hold, it stays one line.
    pub(crate) fn write(&self, to: &mut dyn Write, style: Style) -> io::Result<()> {
        write!(to, "{:indent$}", "", indent = self.indent)?;
        for (tone, text) in &self.parts {
            let text = escaped(text);
            match style {
                Style::Coloured if *tone != Tone::Plain => {
                    write!(to, "{}", tone.ansi().style(text))?;
                }
                Style::Coloured | Style::Plain => to.write_all(text.as_bytes())?,
            }
        }
        to.write_all(b"\n")
    }
}

/// Writes lines.
pub(crate) fn write_all(lines: &[Line], to: &mut dyn Write, style: Style) -> io::Result<()> {
    lines.iter().try_for_each(|line| line.write(to, style))
}
