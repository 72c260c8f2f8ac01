//! What manifests are compared with.

use std::str::FromStr;

/// Which commit holds the manifest that the one of now is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaseChoice {
    /// The one that the stack's last complete apply was made from.
    Auto,
    /// Where the history of HEAD left that of a revision.
    Revision(String),
}

impl FromStr for BaseChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" => Err("write a branch, a tag or a commit, such as origin/main".to_owned()),
            "auto" => Ok(Self::Auto),
            flag if flag.starts_with('-') => Err("no revision begins with a dash".to_owned()),
            revision => Ok(Self::Revision(revision.to_owned())),
        }
    }
}
