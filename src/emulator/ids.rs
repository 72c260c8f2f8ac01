//! Ids and secrets: random to look at, and the same again from the same seed.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::call::hex;

/// A source of ids. Two with equal fields give equal ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ids {
    seed: u64,
    next: u64,
}

impl Ids {
    /// A source that repeats itself.
    pub(super) fn seeded(seed: u64) -> Self {
        Self { seed, next: 0 }
    }

    /// A source that does not. 53 bits, so that every reader of JSON keeps them all.
    pub(super) fn random() -> Self {
        Self::seeded(Uuid::new_v4().as_u64_pair().1 >> 11)
    }

    /// The id of a tunnel, connector, connection.
    pub(super) fn uuid(&mut self) -> String {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.secret()[..16]);
        Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// The id of a zone, record, token: 32 hex digits.
    pub(super) fn hex(&mut self) -> String {
        hex(&self.secret()[..16])
    }

    /// 32 bytes.
    pub(super) fn secret(&mut self) -> [u8; 32] {
        self.next = self.next.wrapping_add(1);
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        hash.update(self.next.to_le_bytes());
        hash.finalize().into()
    }
}
