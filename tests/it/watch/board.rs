//! Signs of life, readiness, and metrics in Prometheus's format.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tunctl::api::Clock;
use tunctl::watch::exposition::text;
use tunctl::watch::serve::{Pages, serve};
use tunctl::watch::{Board, Cycle, End, Fared};

use super::prometheus::parse;
use super::running::get;

const INTERVAL: Duration = Duration::from_mins(5);

fn fared(stack: &str, end: End) -> Fared {
    Fared {
        account: "0123456789abcdef0123456789abcdef".to_owned(),
        stack: stack.to_owned(),
        end,
        planned: 0,
        applied: 0,
        failed: 0,
        stopping: Some(0),
    }
}

fn cycle(stacks: Vec<Fared>) -> Cycle {
    Cycle {
        stacks,
        budget: Some(1_170),
        at: Some(Timestamp::UNIX_EPOCH + Duration::from_hours(500_000)),
        ..Cycle::default()
    }
}

fn board() -> Board {
    Board::new(INTERVAL, Duration::ZERO)
}

#[test]
fn the_page_says_what_the_cycles_came_to() {
    let mut board = board();
    let drifted = Fared {
        planned: 3,
        ..fared("edge", End::Drifted)
    };
    let ending = Fared {
        planned: 2,
        applied: 1,
        stopping: Some(1),
        ..fared("lab", End::Unsettled)
    };
    board.enter(&cycle(vec![drifted, ending]), Duration::from_millis(1_250));
    insta::assert_snapshot!("watch-metrics", text(&board));
    let samples = parse(&text(&board)).unwrap();
    let cycles = samples
        .keys()
        .filter(|(name, _)| name == "tunctl_watch_cycles_total");
    assert_eq!(cycles.count(), End::ALL.len());
}

#[test]
fn every_page_can_be_read_before_the_first_cycle_and_with_any_label() {
    parse(&text(&board())).unwrap();
    let mut board = board();
    let odd = "a\"b\\c\nd{e}é ";
    board.enter(&cycle(vec![fared(odd, End::Converged)]), Duration::ZERO);
    let samples = parse(&text(&board)).unwrap();
    let stacks: Vec<&String> = samples
        .keys()
        .filter_map(|(_, it)| it.get("stack"))
        .collect();
    assert_eq!(stacks, [odd; 4]);
}

#[test]
fn nothing_grows_with_the_number_of_cycles() {
    let mut board = board();
    let mut lengths = Vec::new();
    for n in 0..1_000 {
        // A stack that comes and goes, under ever new names.
        let stacks = vec![
            fared("edge", End::Applied),
            fared(&format!("pr-{n:04}"), End::Failed),
        ];
        board.enter(&cycle(stacks), Duration::from_secs(1));
        lengths.push(text(&board).lines().count());
    }
    assert_eq!(lengths[0], lengths[999]);
    let samples = parse(&text(&board)).unwrap();
    let labels = BTreeMap::from([("result".to_owned(), "failed".to_owned())]);
    let failed = &samples[&("tunctl_watch_cycles_total".to_owned(), labels)];
    assert!((failed - 1_000.0).abs() < f64::EPSILON);
}

#[test]
fn it_is_ready_once_the_last_cycle_of_every_stack_succeeded() {
    let mut board = board();
    assert_eq!(board.faults(), ["no cycle has ended yet"]);
    let both = |edge, lab| cycle(vec![fared("edge", edge), fared("lab", lab)]);
    board.enter(&both(End::Converged, End::Skipped), Duration::ZERO);
    assert_eq!(board.faults(), ["stack lab: not looked at yet"]);
    board.enter(&both(End::Skipped, End::Drifted), Duration::ZERO);
    assert_eq!(board.faults(), [""; 0]);
    board.enter(&both(End::Blocked, End::Applied), Duration::ZERO);
    assert_eq!(board.faults(), ["stack edge: blocked"]);
    // Whoever holds the lock does not mend what was wrong.
    board.enter(&both(End::Skipped, End::Applied), Duration::ZERO);
    assert_eq!(board.faults(), ["stack edge: blocked"]);
    let broken = Cycle {
        trouble: Some(End::Failed),
        ..Cycle::default()
    };
    board.enter(&broken, Duration::ZERO);
    assert_eq!(board.faults(), ["cycle: failed", "stack edge: blocked"]);
    board.enter(&both(End::Unsettled, End::Converged), Duration::ZERO);
    assert_eq!(board.faults(), [""; 0]);
}

#[test]
fn a_loop_without_a_sign_of_life_for_three_intervals_is_stuck() {
    let mut board = board();
    assert!(board.is_alive(INTERVAL * 3));
    assert!(!board.is_alive(INTERVAL * 3 + Duration::from_secs(1)));
    board.stir(INTERVAL * 2);
    assert!(board.is_alive(INTERVAL * 5));
}

/// A clock that shows what it is told to.
#[derive(Default)]
struct Shown(Mutex<Duration>);

impl Clock for Shown {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'_, ()> {
        Box::pin(std::future::pending())
    }
}

#[test]
fn the_pages_answer_as_the_board_says() {
    let mut runtime = Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all();
    let runtime = runtime.build().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (clock, board) = (Arc::<Shown>::default(), Arc::new(Mutex::new(board())));
    let pages = Pages {
        board: Arc::clone(&board),
        clock: Arc::<Shown>::clone(&clock),
    };
    runtime.spawn(serve(listener, pages));
    assert_eq!(
        get(&address, "/readyz"),
        (503, "no cycle has ended yet\n".to_owned())
    );
    assert_eq!(get(&address, "/healthz").0, 200);
    let blocked = cycle(vec![
        fared("edge", End::Blocked),
        fared("lab", End::Applied),
    ]);
    board.lock().unwrap().enter(&blocked, Duration::ZERO);
    assert_eq!(
        get(&address, "/readyz"),
        (503, "stack edge: blocked\n".to_owned())
    );
    assert_eq!(parse(&get(&address, "/metrics").1).unwrap().len(), 23);
    *clock.0.lock().unwrap() = INTERVAL * 4;
    let (status, page) = get(&address, "/healthz");
    assert_eq!(status, 503);
    assert!(page.contains("stuck"), "{page}");
    assert_eq!(get(&address, "/").0, 404);
}

#[test]
fn the_worst_of_its_stacks_is_how_a_cycle_ended() {
    let of = |ends: &[End]| {
        let stacks = ends.iter().map(|end| fared("edge", *end));
        cycle(stacks.collect()).end()
    };
    assert_eq!(of(&[]), End::Converged);
    assert_eq!(of(&[End::Converged, End::Applied]), End::Applied);
    assert_eq!(
        of(&[End::Blocked, End::Applied, End::Skipped]),
        End::Blocked
    );
    assert_eq!(of(&[End::Unavailable, End::Failed]), End::Unavailable);
    assert_eq!(End::of_code("tunctl::locked"), End::Skipped);
    assert_eq!(End::of_code("tunctl::api_unreachable"), End::Unavailable);
    assert_eq!(End::of_code("tunctl::unknown_key"), End::Failed);
}
