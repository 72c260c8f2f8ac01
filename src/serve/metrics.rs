//! What the service counts, in the text form that Prometheus reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use super::record::Status;

/// Counters since the start of the process, by name with labels.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<BTreeMap<String, u64>>);

impl Metrics {
    /// Counts one more of something. Labels are few and ours: never a name that a client chose.
    pub fn count(&self, series: &str) {
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counters.entry(series.to_owned()).or_default() += 1;
    }

    /// Everything as text, with how many tunnels there are in each state.
    #[must_use]
    pub fn text(&self, tunnels: &BTreeMap<Status, usize>) -> String {
        let mut text = String::from("# TYPE tunctl_serve_tunnels gauge\n");
        for status in Status::ALL {
            let count = tunnels.get(&status).copied().unwrap_or_default();
            let _ = writeln!(
                text,
                "tunctl_serve_tunnels{{status=\"{}\"}} {count}",
                status.name()
            );
        }
        let counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut last = "";
        for (series, count) in counters.iter() {
            let name = series.split('{').next().unwrap_or(series);
            if name != last {
                let _ = writeln!(text, "# TYPE {name} counter");
                last = name;
            }
            let _ = writeln!(text, "{series} {count}");
        }
        text
    }
}
