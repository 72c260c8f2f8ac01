//! The lock of an account, in simulated time: machines with wrong clocks, frozen and dead holders.

/// Runs that want one account at the same time.
#[cfg(unix)]
mod runs;
/// Real processes that are killed and frozen.
#[cfg(unix)]
mod takeover;
/// `tunctl unlock`.
mod unlock;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use futures::future::{BoxFuture, Either, join, join_all, select};
use jiff::{SignedDuration, Timestamp};
use miette::Diagnostic as _;
use tunctl::api::Clock as _;
use tunctl::store::{Clocks, Holder, Lease, LockError, Record, Store, Terms, Wanted};

use crate::store::{ACCOUNT, Place};
use crate::support::clock::SimClock;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Requests may take 30 s.
fn terms() -> Terms {
    Terms::of(seconds(30))
}

/// A machine in simulated time, with a wrong time of day and an uptime of its own.
struct Machine {
    clock: Arc<SimClock>,
    ahead: i64,
    uptime: Duration,
}

impl Clocks for Machine {
    fn now(&self) -> Duration {
        self.uptime + self.clock.now()
    }

    fn wall(&self) -> Timestamp {
        let begin: Timestamp = "2026-11-27T05:00:00Z".parse().unwrap();
        begin + self.clock.now() + SignedDuration::from_secs(self.ahead)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.clock.sleep(duration)
    }
}

/// A directory, and machines that see it.
struct Scene {
    place: Place,
    clock: Arc<SimClock>,
}

impl Scene {
    fn new() -> Self {
        Self {
            place: Place::directory(),
            clock: Arc::new(SimClock::default()),
        }
    }

    /// The store as a machine sees it.
    fn on(&self, ahead: i64, uptime: u64) -> Store {
        let clocks = Arc::new(Machine {
            clock: Arc::clone(&self.clock),
            ahead,
            uptime: seconds(uptime),
        });
        Store::open_by(&self.place.address, &BTreeMap::new(), clocks).unwrap()
    }

    fn file(&self) -> std::path::PathBuf {
        Path::new(&self.place.address)
            .join(ACCOUNT)
            .join("lock.json")
    }
}

/// A process of another machine than all others.
fn on(host: &str) -> Holder {
    Holder {
        host: host.to_owned(),
        boot: Some(format!("boot of {host}")),
        space: Some("space".to_owned()),
        pid: 4711,
        started: Some(1),
        run: None,
        owner: String::new(),
    }
}

fn wanted(holder: Holder, patience: u64) -> Wanted<'static> {
    Wanted {
        account: ACCOUNT,
        holder,
        terms: terms(),
        patience: seconds(patience),
    }
}

async fn lock(store: &Store, holder: Holder, patience: u64) -> Result<Lease, LockError> {
    store
        .lock(&wanted(holder, patience), &|_: &Record| ())
        .await
}

/// Holds a lease for a while, renewing it.
async fn keep(clock: &SimClock, lease: &Lease, time: u64) {
    match select(Box::pin(lease.keep()), clock.sleep(seconds(time))).await {
        Either::Left((never, _)) => never,
        Either::Right(((), _)) => {}
    }
}

fn code(error: &LockError) -> String {
    error.code().unwrap().to_string()
}

#[test]
fn a_lock_that_is_released_is_free_and_its_record_stays() {
    let scene = Scene::new();
    let store = scene.on(0, 0);
    scene.clock.run(async {
        let lease = lock(&store, on("ci-1"), 0).await.unwrap();
        assert!(lease.check().is_ok());
        assert_eq!((lease.counter(), lease.remains()), (1, seconds(60)));
        lease.release().await.unwrap();
        let record = store.seen(ACCOUNT).await.unwrap().unwrap().record.unwrap();
        assert_eq!((record.counter, record.holder), (2, None));
        let next = lock(&store, on("ci-2"), 0).await.unwrap();
        assert_eq!(next.counter(), 3);
    });
}

#[test]
fn a_lock_that_is_held_is_refused_with_the_name_of_its_holder() {
    let scene = Scene::new();
    scene.clock.run(async {
        let mut first = on("ci-1");
        first.run = Some("https://ci.example.com/runs/7".to_owned());
        let _lease = lock(&scene.on(0, 0), first, 0).await.unwrap();
        let error = lock(&scene.on(0, 0), on("ci-2"), 0).await.unwrap_err();
        assert_eq!(code(&error), "tunctl::locked");
        insta::assert_snapshot!(error, @"account 0123456789abcdef0123456789abcdef is locked by process 4711 on ci-1 (https://ci.example.com/runs/7) since 2026-11-27T05:00:00Z, last renewed 2026-11-27T05:00:00Z");
    });
}

#[test]
fn whoever_waits_gets_it_soon_after_it_is_released_and_is_told_once_of_each_holder() {
    let scene = Scene::new();
    let told = Mutex::new(Vec::new());
    scene.clock.run(async {
        let store = scene.on(0, 0);
        let lease = lock(&store, on("ci-1"), 0).await.unwrap();
        let first = async {
            keep(&scene.clock, &lease, 300).await;
            lease.release().await.unwrap();
        };
        let waiting = |record: &Record| told.lock().unwrap().push(record.words());
        let wanted = wanted(on("ci-2"), 600);
        let ((), second) = join(first, store.lock(&wanted, &waiting)).await;
        assert!(second.is_ok());
        assert!((300..304).contains(&scene.clock.now().as_secs()));
    });
    assert_eq!(told.into_inner().unwrap().len(), 1);
}

#[test]
fn a_frozen_holder_is_over_before_another_machine_begins_whatever_the_clocks_say() {
    for (holder, taker) in [(0, 0), (5, -5), (-5, 5), (3600, 0), (0, 3600)] {
        let scene = Scene::new();
        scene.clock.run(async {
            let frozen = lock(&scene.on(holder, 1000), on("ci-1"), 0).await.unwrap();
            scene.clock.sleep(seconds(7)).await;
            let store = scene.on(taker, 0);
            let refused = lock(&store, on("ci-2"), 0).await.unwrap_err();
            assert_eq!(code(&refused), "tunctl::locked");
            let lease = lock(&store, on("ci-2"), 600).await.unwrap();
            // It saw the record stand still from second 7 on: 60 s of lease, 30 s for a request
            // that was under way, 5 s of margin, and up to 3 s between two looks.
            let now = scene.clock.now().as_secs();
            assert!((102..106).contains(&now), "{now}");
            assert_eq!(frozen.remains(), Duration::ZERO);
            assert_eq!(code(&frozen.check().unwrap_err()), "tunctl::lock_lost");
            let error = frozen.renew().await.unwrap_err();
            assert!(
                error.to_string().contains("held by process 4711 on ci-2"),
                "{error}"
            );
            frozen.release().await.unwrap();
            lease.renew().await.unwrap();
        });
    }
}

#[test]
fn nothing_is_written_in_the_time_that_a_request_may_take_before_the_end() {
    let scene = Scene::new();
    scene.clock.run(async {
        let lease = lock(&scene.on(0, 0), on("ci-1"), 0).await.unwrap();
        scene.clock.sleep(seconds(29)).await;
        assert!(lease.check().is_ok());
        scene.clock.sleep(seconds(1)).await;
        let error = lease.check().unwrap_err();
        assert!(error.to_string().contains("holds for 30 s only"), "{error}");
        lease.renew().await.unwrap();
        assert!(lease.check().is_ok(), "nobody took it");
    });
}

#[test]
fn a_holder_that_renews_is_never_robbed() {
    for ahead in [-3600, 0, 3600] {
        let scene = Scene::new();
        scene.clock.run(async {
            let lease = lock(&scene.on(0, 0), on("ci-1"), 0).await.unwrap();
            let store = scene.on(ahead, 0);
            let waiter = lock(&store, on("ci-2"), 1800);
            let ((), refused) = join(keep(&scene.clock, &lease, 2000), waiter).await;
            assert_eq!(code(&refused.unwrap_err()), "tunctl::locked");
            assert!(lease.check().is_ok());
        });
    }
}

#[test]
fn of_many_who_wait_one_at_a_time_has_it() {
    let scene = Scene::new();
    let held = Mutex::new(Vec::new());
    let worker = async |number: usize| {
        let store = scene.on(0, 0);
        // Half of them never let go.
        let lease = lock(&store, on(&format!("ci-{number}")), 36_000)
            .await
            .unwrap();
        let begin = scene.clock.now();
        keep(&scene.clock, &lease, 30).await;
        held.lock().unwrap().push((begin, scene.clock.now()));
        if number.is_multiple_of(2) {
            lease.release().await.unwrap();
        }
    };
    scene.clock.run(join_all((0..8).map(worker)));
    let mut held = held.into_inner().unwrap();
    held.sort_unstable();
    assert_eq!(held.len(), 8);
    assert!(
        held.windows(2).all(|pair| pair[0].1 <= pair[1].0),
        "{held:?}"
    );
}

/// This process, as it was never started.
fn dead() -> Holder {
    let here = Holder::here(&BTreeMap::new());
    Holder {
        started: Some(1),
        ..here
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_dead_process_of_the_same_machine_is_followed_at_once() {
    let scene = Scene::new();
    scene.clock.run(async {
        let store = scene.on(0, 0);
        let here = || Holder::here(&BTreeMap::new());
        let _dead = lock(&store, dead(), 0).await.unwrap();
        let lease = lock(&store, here(), 0).await.unwrap();
        let error = lock(&store, here(), 0).await.unwrap_err();
        assert_eq!(code(&error), "tunctl::locked", "this one lives");
        lease.release().await.unwrap();
        assert_eq!(scene.clock.now(), Duration::ZERO);
    });
}

#[test]
fn a_process_that_cannot_be_seen_is_not_dead() {
    let blind: [fn(&mut Holder); 4] = [
        |it| it.boot = Some("another".to_owned()),
        |it| it.space = Some("another".to_owned()),
        |it| it.space = None,
        |it| it.started = None,
    ];
    for change in blind {
        let scene = Scene::new();
        scene.clock.run(async {
            let mut holder = dead();
            change(&mut holder);
            let _lease = lock(&scene.on(0, 0), holder, 0).await.unwrap();
            let here = Holder::here(&BTreeMap::new());
            let error = lock(&scene.on(0, 0), here, 0).await.unwrap_err();
            assert_eq!(code(&error), "tunctl::locked");
        });
    }
}

/// Makes the store believe that a lock was written long ago.
fn age(path: &Path, by: u64) {
    let file = File::options().write(true).open(path).unwrap();
    let modified = file.metadata().unwrap().modified().unwrap();
    let earlier: SystemTime = modified - seconds(by);
    file.set_modified(earlier).unwrap();
}

#[test]
fn a_lock_that_the_store_knows_to_be_old_is_taken_without_waiting() {
    let scene = Scene::new();
    scene.clock.run(async {
        let _lease = lock(&scene.on(0, 0), on("ci-1"), 0).await.unwrap();
        // 60 s of lease, 30 s for a request, 5 s of margin, and 1 s because stores round.
        age(&scene.file(), 95);
        let error = lock(&scene.on(0, 0), on("ci-2"), 0).await.unwrap_err();
        assert_eq!(code(&error), "tunctl::locked");
        age(&scene.file(), 2);
        lock(&scene.on(0, 0), on("ci-2"), 0).await.unwrap();
    });
}

#[cfg(target_os = "linux")]
#[test]
fn between_processes_of_one_machine_no_time_of_day_counts() {
    let scene = Scene::new();
    scene.clock.run(async {
        let here = || Holder::here(&BTreeMap::new());
        let _lease = lock(&scene.on(0, 100), here(), 0).await.unwrap();
        age(&scene.file(), 36_000);
        let error = lock(&scene.on(36_000, 100), here(), 0).await.unwrap_err();
        assert_eq!(code(&error), "tunctl::locked");
        scene.clock.sleep(seconds(95)).await;
        lock(&scene.on(0, 100), here(), 0).await.unwrap();
    });
}

#[test]
fn a_lock_is_removed_only_as_it_was_seen_and_its_holder_hears_of_it() {
    let scene = Scene::new();
    scene.clock.run(async {
        let store = scene.on(0, 0);
        let lease = lock(&store, on("ci-1"), 0).await.unwrap();
        let seen = store.seen(ACCOUNT).await.unwrap().unwrap();
        lease.renew().await.unwrap();
        assert!(!store.unlock(ACCOUNT, &seen).await.unwrap());
        let seen = store.seen(ACCOUNT).await.unwrap().unwrap();
        assert!(store.unlock(ACCOUNT, &seen).await.unwrap());
        let error = lease.renew().await.unwrap_err();
        assert!(error.to_string().contains("held by nobody"), "{error}");
        assert!(lease.check().is_err());
    });
}

#[test]
fn a_record_that_is_none_is_left_alone_until_somebody_removes_it() {
    let scene = Scene::new();
    scene.clock.run(async {
        let store = scene.on(0, 0);
        lock(&store, on("ci-1"), 0)
            .await
            .unwrap()
            .release()
            .await
            .unwrap();
        let good = fs::read_to_string(scene.file()).unwrap();
        let newer = good.replace("\"format\": 1", "\"format\": 2");
        for text in ["", "{}", "nonsense", newer.as_str()] {
            fs::write(scene.file(), text).unwrap();
            let error = lock(&store, on("ci-2"), 0).await.unwrap_err();
            assert_eq!(code(&error), "tunctl::store_corrupt", "{text}");
            let seen = store.seen(ACCOUNT).await.unwrap().unwrap();
            assert!(seen.record.is_err());
            assert!(store.unlock(ACCOUNT, &seen).await.unwrap());
            lock(&store, on("ci-2"), 0).await.unwrap();
        }
    });
}

#[test]
fn a_lease_outlasts_a_request_and_the_wait_for_the_next_renewal() {
    for timeout in [1, 30, 35, 36, 60, 600] {
        let terms = Terms::of(seconds(timeout));
        assert!(terms.lease > terms.timeout + terms.renew, "{terms:?}");
    }
    assert_eq!(terms().lease, seconds(60));
    assert_eq!(terms().renew, seconds(20));
}

#[cfg(feature = "cloud-stores")]
#[test]
fn a_lock_whose_answers_are_lost_is_held_all_the_same() {
    let place = Place::bucket();
    let bucket = place.bucket.as_ref().unwrap();
    let store = place.open();
    crate::store::run(async {
        bucket.lose(1);
        let lease = lock(&store, on("ci-1"), 0).await.unwrap();
        for _ in 0..3 {
            bucket.lose(1);
            lease.renew().await.unwrap();
        }
        assert_eq!(lease.counter(), 4);
        let error = lock(&store, on("ci-2"), 0).await.unwrap_err();
        assert_eq!(code(&error), "tunctl::locked");
        bucket.lose(1);
        lease.release().await.unwrap();
        lock(&store, on("ci-2"), 0).await.unwrap();
    });
}
