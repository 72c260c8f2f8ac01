//! The wish that a run comes to its end early.

use tokio::sync::watch::Sender;

/// Set once, and never taken back. What is under way goes on to its own end.
#[derive(Debug)]
pub struct Stop(Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(Sender::new(false))
    }
}

impl Stop {
    /// From now on nothing new begins.
    pub fn set(&self) {
        self.0.send_replace(true);
    }

    /// Whether nothing new may begin.
    #[must_use]
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends when nothing new may begin.
    pub async fn wait(&self) {
        let mut set = self.0.subscribe();
        // The sender is ours, so that it cannot be gone.
        let _ = set.wait_for(|it| *it).await;
    }
}
