//! What a run talks through: the network, or what an account showed before.

use crate::api::{Call, Http, Reply, Wire, WireError};
use crate::snapshot::Replay;

/// The way that requests take.
pub(super) enum Way {
    /// To Cloudflare, or to an emulator.
    Network(Http),
    /// Nowhere: a snapshot answers.
    Snapshot(Replay),
}

impl Wire for Way {
    async fn exchange(&self, call: Call) -> Result<Reply, WireError> {
        match self {
            Self::Network(http) => http.exchange(call).await,
            Self::Snapshot(replay) => replay.exchange(call).await,
        }
    }
}
