//! Path patterns of rules: searched for anywhere in the decoded path, without query and
//! fragment and without any normalisation.

use regex_automata::meta;

use super::re2;

/// The largest automaton that is built, in bytes. Go's own limit on instructions is far above
/// anything that people write; but one of its instructions can be hundreds of our states.
const MAX_AUTOMATON: usize = 256 << 20;

/// A path pattern that can be searched for, in time linear in the path.
#[derive(Debug, Clone)]
pub struct Pattern {
    regex: meta::Regex,
}

/// Why a pattern cannot be searched for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternFault {
    /// cloudflared refuses it.
    #[error(transparent)]
    Syntax(#[from] re2::Fault),
    /// cloudflared accepts it, but it needs more memory than is reasonable here.
    #[error("too large to be matched here")]
    TooLarge,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What cloudflared refuses, and giants.
    pub fn compile(text: &str) -> Result<Self, PatternFault> {
        let hir = re2::parse(text)?;
        let config = meta::Config::new()
            .utf8_empty(false)
            .nfa_size_limit(Some(MAX_AUTOMATON));
        let mut builder = meta::Builder::new();
        match builder.configure(config).build_from_hir(&hir) {
            Ok(regex) => Ok(Self { regex }),
            Err(_) => Err(PatternFault::TooLarge),
        }
    }

    /// Whether the pattern occurs in a path, which is bytes because decoding makes it so.
    #[must_use]
    pub fn is_match(&self, path: &[u8]) -> bool {
        if std::str::from_utf8(path).is_ok() {
            return self.regex.is_match(path);
        }
        let mut text = Vec::with_capacity(path.len());
        for chunk in path.utf8_chunks() {
            text.extend_from_slice(chunk.valid().as_bytes());
            text.extend(chunk.invalid().iter().map(|_| re2::BAD_BYTE));
        }
        self.regex.is_match(&text)
    }
}
