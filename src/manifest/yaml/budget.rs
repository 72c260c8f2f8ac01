//! How much input is accepted, and how much was used.

use crate::problem::Problem;

/// Limits on what the files of one manifest may cost together. One budget serves a manifest and
/// everything that it includes; `spent` only ever grows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Bytes of text. What an alias repeats counts again, so that a short file cannot stand for
    /// an endless one.
    pub bytes: usize,
    /// Aliases, counted as if all were written out: an alias of a part with three aliases in it
    /// costs four.
    pub alias_expansions: usize,
    /// Collections inside each other, aliases written out.
    pub depth: usize,
    /// Scalars, collections and aliases: what memory is needed for. 1,000 tunnels with 10,000
    /// hostnames have 60,000.
    pub nodes: usize,
    /// What was used so far.
    pub spent: Spent,
}

/// What reading has cost so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Bytes of text that were looked at, and those that aliases repeat.
    pub bytes: usize,
    /// Aliases, counted as if all were written out.
    pub alias_expansions: usize,
    /// Nodes that were built: scalars, collections and aliases.
    pub nodes: usize,
    /// The most collections that were inside each other.
    pub depth: usize,
}

impl Default for Budget {
    /// The product's limits: 64 MiB of text, 10,000 alias expansions, depth 64, a
    /// million nodes.
    fn default() -> Self {
        Self {
            bytes: 64 * 1024 * 1024,
            alias_expansions: 10_000,
            depth: 64,
            nodes: 1_000_000,
            spent: Spent::default(),
        }
    }
}

impl Budget {
    /// Bytes that may still be read. To learn that a file is too large, one more is enough.
    #[must_use]
    pub fn room(&self) -> usize {
        self.bytes.saturating_sub(self.spent.bytes)
    }

    /// Takes the bytes of a file into account before anything looks at them.
    ///
    /// # Errors
    /// `tunctl::file_too_large` if there is no room for them; then they do not count as used.
    pub fn take_text(&mut self, name: &str, bytes: &[u8]) -> Result<(), Problem> {
        if bytes.len() > self.room() {
            return Err(self.too_large(name));
        }
        self.spent.bytes += bytes.len();
        Ok(())
    }

    /// Says that there is no room for a file.
    #[must_use]
    pub fn too_large(&self, name: &str) -> Problem {
        let help = format!(
            "a manifest and its includes may have {} bytes together, of which {} are left",
            self.bytes,
            self.room()
        );
        Problem::new("tunctl::file_too_large", format!("`{name}` is too large")).help(help)
    }

    /// Takes a node into account. Tells whether it is within the limit.
    pub(super) fn take_node(&mut self) -> bool {
        self.spent.nodes += 1;
        self.spent.nodes <= self.nodes
    }

    /// Takes an alias into account. Tells whether it is within the limits.
    pub(super) fn take_alias(&mut self, expansions: usize, bytes: usize) -> bool {
        let spent = &mut self.spent;
        let all = spent.alias_expansions.saturating_add(expansions);
        let text = spent.bytes.saturating_add(bytes);
        if all > self.alias_expansions || text > self.bytes {
            return false;
        }
        (spent.alias_expansions, spent.bytes) = (all, text);
        true
    }

    /// Takes a depth into account. Tells whether it is within the limit.
    pub(super) fn take_depth(&mut self, depth: usize) -> bool {
        let fits = depth <= self.depth;
        if fits {
            self.spent.depth = self.spent.depth.max(depth);
        }
        fits
    }
}
