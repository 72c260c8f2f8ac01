//! How a run ends: documented numbers, the same for every command.

/// An exit code. Programs and CI may rely on these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Success.
    Success,
    /// Wrong usage, a failed change, a failing manifest test, or any other error.
    Error,
    /// Changes are pending; only where the command line asks for it.
    Changes,
    /// A guard or a protection blocks the plan.
    Blocked,
    /// The world, the plan or the base moved.
    Stale,
    /// Nothing failed, but something has not settled.
    Unsettled,
}

impl Exit {
    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Error => 1,
            Self::Changes => 2,
            Self::Blocked => 3,
            Self::Stale => 4,
            Self::Unsettled => 5,
        }
    }

    /// The end of several stacks: the first of 1, 4, 3, 5, 2, 0 that occurs.
    #[must_use]
    pub fn worst(ends: impl IntoIterator<Item = Self>) -> Self {
        let rank = |end: &Self| match end {
            Self::Error => 5,
            Self::Stale => 4,
            Self::Blocked => 3,
            Self::Unsettled => 2,
            Self::Changes => 1,
            Self::Success => 0,
        };
        ends.into_iter().max_by_key(rank).unwrap_or(Self::Success)
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
