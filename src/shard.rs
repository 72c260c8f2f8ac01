//! Many stacks divided among several processes: each stack belongs to exactly one of them.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// Part `index` of `count`, counted from 0 as the jobs of Kubernetes and CI systems are. Which
/// stacks it has follows from their names alone: no process knows of the others, and another stack
/// moves none of them. Another `count` moves most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    count: u32,
}

impl Shard {
    /// Whether a stack belongs to it.
    #[must_use]
    pub fn takes(self, account: &str, stack: &str) -> bool {
        let mut digest = Sha256::new();
        digest.update(account);
        // No account's id has a line break, so that no two pairs are one text.
        digest.update("\n");
        digest.update(stack);
        let first = digest.finalize().into_iter().take(8);
        let number = first.fold(0, |number: u64, byte| number << 8 | u64::from(byte));
        number % u64::from(self.count) == u64::from(self.index)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write I/N, such as 0/4: one of N parts, counted from 0".to_owned();
        let (index, count) = text.split_once('/').ok_or_else(wrong)?;
        let number = |text: &str| {
            let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| is_plain).ok_or_else(wrong)
        };
        let shard = Self {
            index: number(index)?,
            count: number(count)?,
        };
        match shard.index.checked_add(1) {
            Some(parts) if parts <= shard.count => Ok(shard),
            Some(_) | None if shard.count == 0 => Err(wrong()),
            Some(_) | None => Err(format!(
                "{count} parts are counted from 0 to {}",
                shard.count - 1
            )),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}
