//! What goes on right now: one line on standard error that is drawn over and over, and gone in
//! the end. Invariant: without a terminal nothing is ever drawn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::text::{count, prose};
use crate::apply::Event;

/// Between two pictures of the spinner.
const TICK: Duration = Duration::from_millis(100);

/// The line. Clones draw the same one, and count together: stacks run side by side.
#[derive(Debug, Clone)]
pub struct Progress {
    bar: ProgressBar,
    ticks: Ticks,
    counts: Arc<Counts>,
}

/// Whether the line moves by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ticks {
    Steadily,
    Never,
}

#[derive(Debug, Default)]
struct Counts {
    objects: AtomicUsize,
    planned: AtomicUsize,
    finished: AtomicUsize,
}

impl Progress {
    /// Draws on standard error, which must be a terminal.
    #[must_use]
    pub fn visible() -> Self {
        let progress = Self {
            ticks: Ticks::Steadily,
            ..Self::on(ProgressDrawTarget::stderr())
        };
        progress.resume();
        progress
    }

    /// Draws nothing: there is no terminal, or nobody wants to see it.
    #[must_use]
    pub fn hidden() -> Self {
        Self::on(ProgressDrawTarget::hidden())
    }

    /// Draws elsewhere, and only when something has happened.
    #[must_use]
    pub fn on(target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(None, target);
        let template = ProgressStyle::with_template("{spinner} {prefix}{wide_msg}");
        bar.set_style(template.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        Self {
            bar,
            ticks: Ticks::Never,
            counts: Arc::default(),
        }
    }

    /// So many more objects were read.
    pub fn read(&self, objects: usize) {
        let read = self.counts.objects.fetch_add(objects, Ordering::Relaxed) + objects;
        self.show(format!("reading {}…", count(read, "object")));
    }

    /// So many more changes will be carried out.
    pub fn begin(&self, changes: usize) {
        self.counts.planned.fetch_add(changes, Ordering::Relaxed);
        self.applying();
    }

    /// Something happened while a plan is carried out.
    pub fn event(&self, event: &Event<'_>) {
        match event {
            Event::Started(_) => {}
            Event::Draining {
                change,
                connectors,
                left,
            } => self.note(&format!(
                "{} waits for {}, {} s left",
                change.address,
                count(*connectors, "connector"),
                left.as_secs()
            )),
            Event::Converging {
                change,
                connectors,
                left,
            } => self.note(&format!(
                "{} is loaded by all but {}, {} s left",
                change.address,
                count(*connectors, "connector"),
                left.as_secs()
            )),
            Event::Finished(..) => {
                self.counts.finished.fetch_add(1, Ordering::Relaxed);
                self.applying();
            }
        }
    }

    /// Says why it takes longer, such as a countdown, until something happens.
    pub fn note(&self, text: &str) {
        self.bar.set_message(format!("  {}", prose(text)));
    }

    /// Takes the line away while `write` writes to the same terminal.
    pub fn suspend<R>(&self, write: impl FnOnce() -> R) -> R {
        self.bar.suspend(write)
    }

    /// Draws the line again that [`Self::finish`] took away.
    pub fn resume(&self) {
        self.bar.reset();
        if self.ticks == Ticks::Steadily {
            self.bar.enable_steady_tick(TICK);
        }
    }

    /// Takes the line away, for good or until somebody has been asked something.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn applying(&self) {
        let [finished, planned] =
            [&self.counts.finished, &self.counts.planned].map(|it| it.load(Ordering::Relaxed));
        self.show(format!("applying {finished}/{planned}"));
    }

    fn show(&self, text: String) {
        self.bar.set_message("");
        self.bar.set_prefix(text);
    }
}
