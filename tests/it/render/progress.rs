//! The progress line, on a terminal that only remembers.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{ProgressDrawTarget, TermLike};
use tunctl::apply::{Event, Verdict};
use tunctl::render::progress::Progress;

use super::sample::{delete, tunnel};

/// What is on the line.
#[derive(Debug, Clone, Default)]
struct Screen(Arc<Mutex<String>>);

impl Screen {
    fn progress(&self) -> Progress {
        Progress::on(ProgressDrawTarget::term_like(Box::new(self.clone())))
    }

    /// The line without the spinner.
    fn line(&self) -> String {
        let line = self.0.lock().expect("nobody panicked");
        let text = line.trim_end();
        text.split_once(' ')
            .map_or(text, |(_, text)| text)
            .to_owned()
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        80
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.lock().expect("nobody panicked").push_str(text);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.lock().expect("nobody panicked").clear();
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn clones_count_together() {
    let screen = Screen::default();
    let progress = screen.progress();
    progress.read(1);
    assert_eq!(screen.line(), "reading 1 object…");
    progress.clone().read(41);
    assert_eq!(screen.line(), "reading 42 objects…");
    progress.begin(10);
    progress.clone().begin(7);
    assert_eq!(screen.line(), "applying 0/17");
}

#[test]
fn a_note_stays_until_something_happens() {
    let screen = Screen::default();
    let progress = screen.progress();
    let gone = delete("tunnel.edge-web", &tunnel());
    progress.begin(2);
    progress.note("rate limit: \u{1b}[2J12 s left");
    assert_eq!(
        screen.line(),
        r"applying 0/2  rate limit: \u{1b}[2J12 s left"
    );
    progress.event(&Event::Draining {
        change: &gone,
        connectors: 2,
        left: Duration::from_secs(12),
    });
    let waits = "applying 0/2  tunnel.edge-web waits for 2 connectors, 12 s left";
    assert_eq!(screen.line(), waits);
    progress.event(&Event::Finished(&gone, &Verdict::Done));
    assert_eq!(screen.line(), "applying 1/2");
}

#[test]
fn the_line_is_away_while_something_else_is_written() {
    let screen = Screen::default();
    let progress = screen.progress();
    progress.read(1);
    let during = progress.suspend(|| screen.line());
    assert_eq!(during, "");
    assert_eq!(screen.line(), "reading 1 object…");
    progress.finish();
    assert_eq!(screen.line(), "");
}

#[test]
fn a_hidden_line_lets_output_through() {
    let progress = Progress::hidden();
    progress.read(3);
    assert_eq!(progress.suspend(|| 7), 7);
    progress.finish();
}
