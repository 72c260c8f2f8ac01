//! Requests of plans and of the first apply, counted.

use tunctl::request::Method;

use super::Failure;
use super::account::{Account, Exchange};
use super::estate::{self, Size};
use super::table::Row;

const SIZE: Size = Size {
    tunnels: 50,
    hosts: 20,
    zones: 3,
};

/// Operations in one batch of DNS records (design, section 10).
const BATCH: usize = 200;

/// Reads and writes from an empty account to a converged one.
pub(crate) fn rows() -> Result<Vec<Row>, Failure> {
    let manifest = estate::understand(&SIZE.manifest())?;
    let account = Account::new(SIZE);
    let planned = account.plan(&manifest)?;
    let first = account.seen();
    account.apply(&manifest, &planned)?;
    let apply = account.seen();
    let again = account.plan(&manifest)?;
    let second = account.seen();
    account.apply(&manifest, &again)?;
    let nothing = account.seen();
    let reads = whole(SIZE.tunnels + 2 * SIZE.zones + 8);
    let of_a_zone = (SIZE.tunnels * SIZE.hosts).div_ceil(SIZE.zones);
    let most = whole(2 * SIZE.tunnels + SIZE.zones * of_a_zone.div_ceil(BATCH));
    Ok(vec![
        row(
            "50 tunnels, 1,000 hostnames, 3 zones: first plan",
            first.len(),
        )
        .within(reads),
        row("their first apply, writes", writes(&apply)).within(most),
        row("their first apply, reads", apply.len() - writes(&apply)),
        row("their second plan", second.len()).within(reads),
        row("their second plan, changes", again.plan.changes().count()).within(0.0),
        row("their second apply, requests", nothing.len()).within(0.0),
    ])
}

fn writes(seen: &[Exchange]) -> usize {
    seen.iter().filter(|it| it.method != Method::Get).count()
}

fn row(what: &str, count: usize) -> Row {
    Row::new(what, whole(count), "")
}

/// Far below 2^32 requests.
fn whole(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
