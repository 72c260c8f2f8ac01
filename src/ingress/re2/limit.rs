//! Go's limits on a pattern, and the bookkeeping that decides when it applies them.
//!
//! Go begins to measure sizes only when a rough estimate exceeds the limit; what it then counts
//! depends on its memory pool. Both are reproduced, because they decide which large patterns
//! are refused.

use super::Reason;

/// Levels of nesting.
const MAX_HEIGHT: u32 = 1000;
/// Instructions: 128 MiB of 40 bytes.
const MAX_SIZE: u64 = (128 << 20) / 40;
/// Bounds of character ranges: 128 MiB of 4 bytes.
const MAX_RUNES: u64 = (128 << 20) / 4;
/// Copies of the innermost part that nested counts make.
const MAX_COPIES: u64 = 1000;

/// What Go measures of a part of a pattern.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measure {
    /// Levels.
    pub(super) height: u32,
    /// Instructions.
    pub(super) size: u64,
    /// Copies of its innermost part that counts in it make; 0 without any.
    pub(super) copies: u64,
}

impl Measure {
    /// One instruction.
    pub(super) const LEAF: Self = Self {
        height: 1,
        size: 1,
        copies: 0,
    };

    /// One more level, with instructions of its own.
    pub(super) fn above(self, instructions: u64) -> Self {
        Self {
            height: self.height + 1,
            size: self.size.saturating_add(instructions),
            copies: self.copies,
        }
    }

    /// Side by side on one level.
    pub(super) fn beside(self, other: Self) -> Self {
        Self {
            height: self.height.max(other.height),
            size: self.size.saturating_add(other.size),
            copies: self.copies.max(other.copies),
        }
    }

    /// Whether counts multiply to more copies than Go makes.
    pub(super) fn has_too_many_copies(self) -> bool {
        self.copies > MAX_COPIES
    }
}

/// The state of Go's bookkeeping.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// Nodes that Go has made so far.
    nodes: u64,
    /// Nodes that it may use again.
    spare: u64,
    runes: u64,
    /// Product of all counts; 0 before the first check.
    repeats: u64,
    measures_sizes: bool,
}

impl Limits {
    /// Go takes a node.
    pub(super) fn take(&mut self) {
        match self.spare.checked_sub(1) {
            Some(spare) => self.spare = spare,
            None => self.nodes += 1,
        }
    }

    /// Go has no more use for a node.
    pub(super) fn give_back(&mut self) {
        self.spare += 1;
    }

    /// Go takes note of a part's own bounds of ranges.
    pub(super) fn add_runes(&mut self, runes: usize) {
        self.runes += runes as u64;
    }

    /// Whether sizes are measured by now, and so no longer change with what a part becomes.
    pub(super) fn measures_sizes(&self) -> bool {
        self.measures_sizes
    }

    /// Judges a part that was added; `repeats` if it is a count itself, and all parts so far.
    pub(super) fn check(
        &mut self,
        part: Measure,
        repeats: Option<u64>,
        mut all: impl Iterator<Item = Measure>,
    ) -> Result<(), Reason> {
        if self.runes > MAX_RUNES {
            return Err(Reason::Size);
        }
        if !self.measures_sizes && self.needs_sizes(repeats) {
            self.measures_sizes = true;
            if all.any(|part| part.size > MAX_SIZE) {
                return Err(Reason::Size);
            }
        }
        if self.measures_sizes && part.size > MAX_SIZE {
            return Err(Reason::Size);
        }
        if part.height > MAX_HEIGHT {
            return Err(Reason::Nesting);
        }
        Ok(())
    }

    fn needs_sizes(&mut self, repeats: Option<u64>) -> bool {
        self.repeats = self.repeats.max(1);
        if let Some(repeats) = repeats.map(|repeats| repeats.max(1)) {
            self.repeats = self.repeats.saturating_mul(repeats).min(MAX_SIZE);
        }
        self.nodes >= MAX_SIZE / self.repeats
    }
}
