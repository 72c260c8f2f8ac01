//! Path patterns of rules: searched for anywhere in the decoded path, without query and
//! fragment and without any normalisation.

use super::re2::{self, Program, Witness};

/// A path pattern that can be searched for, in time proportional to the path.
#[derive(Debug, Clone)]
pub struct Pattern {
    program: Program,
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
        let program = Program::compile(&re2::parse(text)?);
        let program = program.ok_or(PatternFault::TooLarge)?;
        Ok(Self { program })
    }

    /// Whether every match begins at the beginning of the path, or every match ends at its end.
    #[must_use]
    pub fn is_anchored(&self) -> bool {
        re2::is_anchored(&self.program)
    }

    /// Whether the pattern occurs in a path, which is bytes because decoding makes it so.
    #[must_use]
    pub fn is_match(&self, path: &[u8]) -> bool {
        self.program.is_match(path)
    }
}

/// Looks for a path that all of `matched` match and none of `unmatched`. `effort` is what the
/// search may cost, in steps of a machine, and is used up by it.
#[must_use]
pub fn witness(matched: &[&Pattern], unmatched: &[&Pattern], effort: &mut u64) -> Witness {
    let matched: Vec<&Program> = matched.iter().map(|it| &it.program).collect();
    let unmatched: Vec<&Program> = unmatched.iter().map(|it| &it.program).collect();
    re2::witness(&matched, &unmatched, effort)
}
