//! Many tunnels, many clients, and a Cloudflare that fails now and then.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt as _};
use serde_json::{Value, json};

use super::served::{OWNER, Said, Served, send};

/// Whether the long runs were asked for: `TUNCTL_LOAD=all`.
pub(super) fn is_whole() -> bool {
    std::env::var_os("TUNCTL_LOAD").is_some_and(|it| it == "all")
}

/// What the run counts.
#[derive(Default)]
struct Tally {
    alive: AtomicUsize,
    most: AtomicUsize,
    made: AtomicUsize,
    beats: Mutex<Vec<Duration>>,
}

async fn ask(served: &Served, method: &str, path: &str, body: Option<Value>) -> Said {
    let request = served.request(OWNER, method, path, body.map(|it| it.to_string()));
    send(request, method, path).await
}

/// One tunnel from its create to its delete. Answers of 5xx are Cloudflare's faults; whoever gets
/// one to a create tries again, and one to a delete is finished in the background.
async fn life(served: &Served, tally: &Tally, index: usize) {
    let mut made = None;
    for attempt in 0..20 {
        let slug = format!("load-{index}-{attempt}");
        let wanted = json!({"port": 3000, "requestedSlug": slug});
        let said = ask(served, "POST", "/v1/tunnels", Some(wanted)).await;
        match said.status {
            200 => made = Some(said),
            // The slug of what is left of it is not asked for again.
            502 => {}
            other => panic!("{other}: {}", said.body),
        }
        if made.is_some() {
            break;
        }
    }
    let Some(made) = made else { return };
    tally.made.fetch_add(1, Ordering::SeqCst);
    let alive = tally.alive.fetch_add(1, Ordering::SeqCst) + 1;
    tally.most.fetch_max(alive, Ordering::SeqCst);
    let id = made.body["tunnelId"].as_str().unwrap();
    for _ in 0..3 {
        let start = Instant::now();
        ask(served, "POST", &format!("/v1/tunnels/{id}/heartbeat"), None)
            .await
            .is(200, "");
        tally.beats.lock().unwrap().push(start.elapsed());
    }
    let said = ask(served, "DELETE", &format!("/v1/tunnels/{id}"), None).await;
    assert!([200, 502].contains(&said.status), "{}", said.body);
    tally.alive.fetch_sub(1, Ordering::SeqCst);
}

#[test]
#[expect(clippy::print_stdout, reason = "the table is asked for")]
fn many_clients_and_a_failing_cloudflare_lose_no_lease_and_leave_no_orphan() {
    let (tunnels, clients) = if is_whole() { (2000, 100) } else { (60, 10) };
    let mut served = Served::idle();
    served.quotas = [900, 5];
    served.start();
    served.unlimited();
    let fault = json!({"answer": {"status": 500, "body": "<html>oops</html>"}});
    served.account.fault(&json!({"every": 50, "effect": fault}));
    let (tally, start) = (Tally::default(), Instant::now());
    let lives = stream::iter(0..tunnels).map(|index| life(&served, &tally, index));
    let all = lives.buffer_unordered(clients).collect::<Vec<()>>();
    served.runtime.block_on(all);
    let (took, ended) = (start.elapsed(), settled(&served));
    assert_eq!(ended, (vec![], vec![]), "orphans");
    let mut beats = tally.beats.into_inner().unwrap();
    beats.sort_unstable();
    let made = tally.made.load(Ordering::SeqCst);
    assert_eq!(beats.len(), 3 * made, "a lease was lost");
    assert!(made * 10 >= tunnels * 9, "{made} of {tunnels}");
    assert_eq!(
        served
            .audit("tunnel.stopped")
            .iter()
            .filter(|it| it["reason"] == "user_requested")
            .count(),
        made
    );
    let percent = |of: usize| beats[(beats.len() - 1) * of / 100];
    println!("| tunnels | clients | most alive | seconds | heartbeat p50 | heartbeat p99 |");
    println!("|---|---|---|---|---|---|");
    println!(
        "| {made} | {clients} | {} | {:.1} | {:.1?} | {:.1?} |",
        tally.most.load(Ordering::SeqCst),
        took.as_secs_f64(),
        percent(50),
        percent(99)
    );
}

/// What is at Cloudflare once the background has had its turns.
fn settled(served: &Served) -> (Vec<String>, Vec<String>) {
    for _ in 0..40 {
        served.clock.advance(400);
        for _ in 0..500 {
            let list = served.ask(OWNER, "GET", "/v1/tunnels", &Value::Null);
            if list.body == json!([]) {
                return served.live();
            }
        }
    }
    served.live()
}

/// As many at a time as may be, all kept by heartbeats.
#[test]
fn as_many_as_may_be_live_and_none_more() {
    let most = if is_whole() { 900 } else { 30 };
    let mut served = Served::idle();
    served.quotas = [u32::MAX, 5];
    served.settings.total = most;
    served.start();
    served.unlimited();
    let create = |index: usize| {
        let wanted = json!({"port": 3000, "requestedSlug": format!("n{index}")});
        ask(&served, "POST", "/v1/tunnels", Some(wanted))
    };
    let all = stream::iter(0..most + 10)
        .map(create)
        .buffer_unordered(20)
        .collect::<Vec<_>>();
    let said = served.runtime.block_on(all);
    assert_eq!(said.iter().filter(|it| it.status == 200).count(), most);
    assert_eq!(
        said.iter()
            .filter(|it| it.code() == "TUNNEL_LIMIT_REACHED")
            .count(),
        10
    );
    for _ in 0..4 {
        served.clock.advance(20);
        let beats = said.iter().filter(|it| it.status == 200).map(|it| {
            let path = format!(
                "/v1/tunnels/{}/heartbeat",
                it.body["tunnelId"].as_str().unwrap()
            );
            async {
                let path = path;
                ask(&served, "POST", &path, None).await.is(200, "")
            }
        });
        let beats = stream::iter(beats).buffer_unordered(50).collect::<Vec<_>>();
        served.runtime.block_on(beats);
    }
    assert_eq!(served.live().0.len(), most);
}
