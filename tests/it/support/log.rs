//! What is logged. One subscriber for the whole binary, because `tracing` remembers for each
//! place in the code whether anyone listens; what it hears goes to the thread that captures.

use std::cell::RefCell;
use std::io;
use std::sync::OnceLock;

thread_local! {
    static HEARD: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

struct ToThread;

impl io::Write for ToThread {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        HEARD.with_borrow_mut(|heard| {
            if let Some(heard) = heard {
                heard.extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs something and returns all that it logs on this thread, at every level.
pub(crate) fn capture<T>(run: impl FnOnce() -> T) -> (T, String) {
    static LISTENING: OnceLock<()> = OnceLock::new();
    LISTENING.get_or_init(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(|| ToThread)
            .with_ansi(false)
            .finish();
        tracing::subscriber::set_global_default(subscriber).expect("nobody else listens");
    });
    HEARD.set(Some(Vec::new()));
    let value = run();
    let heard = HEARD.take().unwrap_or_default();
    (value, String::from_utf8_lossy(&heard).into_owned())
}
