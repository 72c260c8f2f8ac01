//! When tunnels were deleted that should be there: what is gone from a list, Cloudflare remembers.

use futures::future::join_all;

use crate::api::wire::Wire;
use crate::api::{ApiError, Client};
use crate::cloudflare::tunnel::{self, Filter};
use crate::cloudflare::warp_connector;
use crate::kind::Kind as _;
use crate::kind::tunnel::Tunnel;
use crate::kind::warp_connector::WarpConnector;
use crate::plan::{Action, Change, Plan};
use crate::problem::Problem;

/// The most objects that are asked for one by one; of the others nothing is said.
const ASKED: usize = 50;

/// Says of what a plan would make anew when it was deleted, as warnings. What cannot be read is
/// left out: the plan says what is missing.
pub async fn deleted<W: Wire>(client: &Client<W>, account: &str, plan: &Plan) -> Vec<Problem> {
    let made = plan.changes();
    let made = made.filter(|it| matches!(it.action, Action::Create { .. }));
    let asked = made.filter(|it| [Tunnel::NAME, WarpConnector::NAME].contains(&&*it.address.kind));
    let told = asked.take(ASKED).map(|change| async {
        let at = last(client, account, change).await.ok().flatten()?;
        let message = format!("`{}` was deleted at Cloudflare on {at}", change.address);
        Some(
            Problem::new("tunctl::deleted_at_cloudflare", message)
                .help("`tunctl apply` makes it anew, under another id")
                .warning(),
        )
    });
    join_all(told).await.into_iter().flatten().collect()
}

/// The end of the last object that had the name of a change.
async fn last<W: Wire>(
    client: &Client<W>,
    account: &str,
    change: &Change,
) -> Result<Option<String>, ApiError> {
    let filter = Filter {
        is_deleted: true,
        name: Some(change.address.name.clone()),
        ..Filter::default()
    };
    // RFC 3339 in UTC sorts as text.
    Ok(if change.address.kind == Tunnel::NAME {
        let gone = client.read(&tunnel::list(account, &filter)).await?;
        gone.into_iter().filter_map(|it| it.deleted_at).max()
    } else {
        let gone = client.read(&warp_connector::list(account, &filter)).await?;
        gone.into_iter().filter_map(|it| it.deleted_at).max()
    })
}
