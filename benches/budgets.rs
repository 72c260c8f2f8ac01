//! The budgets of the design (section 10), measured: `cargo bench --locked --package budgets`
//! prints one table.
//!
//! Times of our own code are CPU time where the system tells it, so that other programs on the
//! machine do not count. A budget that is missed is a word in the table and no failure; what
//! cannot be measured is one.

mod account;
mod binary;
mod estate;
mod ingress;
mod memory;
mod plans;
mod requests;
mod stopwatch;
mod table;
mod tape;

use std::env;
use std::error::Error;
use std::io::{self, Write as _};

use table::Row;

/// Anything that keeps a row from being measured.
type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [mode, directory] = &arguments[..]
        && mode == memory::MODE
    {
        return memory::report(directory.as_ref());
    }
    let mut rows: Vec<Row> = Vec::new();
    rows.extend(plans::rows()?);
    rows.extend(requests::rows()?);
    rows.extend(ingress::rows()?);
    rows.extend(binary::rows()?);
    write!(io::stdout().lock(), "{}", table::shown(&rows))?;
    Ok(())
}
