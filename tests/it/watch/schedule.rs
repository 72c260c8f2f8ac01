//! When cycles begin: pure times, and the loop by a simulated clock.

use std::cell::RefCell;
use std::sync::Mutex;
use std::time::Duration;

use tunctl::api::Clock as _;
use tunctl::apply::Stop;
use tunctl::watch::{self, Board, Cycle, End, Schedule, Work};

use crate::support::clock::SimClock;

const INTERVAL: Duration = Duration::from_mins(5);

#[test]
fn cycles_begin_an_interval_apart_give_or_take_a_tenth() {
    let mut schedule = Schedule::new(INTERVAL, 7);
    let waits = (0..1_000).map(|_| {
        let began = Duration::from_hours(1);
        let next = schedule.next(End::Converged, began, began + Duration::from_secs(9));
        next.checked_sub(began).unwrap()
    });
    let waits: Vec<Duration> = waits.collect();
    let (least, most) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
    assert!((270..275).contains(&least.as_secs()), "{least:?}");
    assert!((325..=330).contains(&most.as_secs()), "{most:?}");
    let mean = waits.iter().sum::<Duration>() / 1_000;
    assert!((297..303).contains(&mean.as_secs()), "{mean:?}");
}

#[test]
fn the_same_seed_gives_the_same_times_and_another_one_others() {
    let times = |seed| {
        let mut schedule = Schedule::new(INTERVAL, seed);
        let next = |_| schedule.next(End::Applied, Duration::ZERO, Duration::ZERO);
        (0..5).map(next).collect::<Vec<_>>()
    };
    assert_eq!(times(1), times(1));
    assert_ne!(times(1), times(2));
}

#[test]
fn an_outage_is_asked_about_soon_and_then_later_and_later_until_it_is_an_interval() {
    let mut schedule = Schedule::new(INTERVAL, 3);
    let now = Duration::from_hours(2);
    let mut wait = |end| schedule.next(end, now, now).checked_sub(now).unwrap();
    for seconds in [5, 10, 20, 40, 80, 160, 300, 300, 300] {
        let wait = wait(End::Unavailable).as_millis();
        assert!((seconds * 900..=seconds * 1_100).contains(&wait), "{wait}");
    }
    assert!(wait(End::Converged) >= Duration::from_secs(270));
    assert!(wait(End::Unavailable) <= Duration::from_millis(5_500));
}

#[test]
fn after_a_cycle_that_took_long_others_get_at_the_lock() {
    let mut schedule = Schedule::new(INTERVAL, 3);
    let (began, now) = (Duration::ZERO, Duration::from_hours(1));
    let next = schedule.next(End::Applied, began, now);
    assert_eq!(next, now + Duration::from_secs(30));
}

/// Cycles that take some time and end as was said before.
struct Scripted<'a> {
    clock: &'a SimClock,
    stop: &'a Stop,
    ends: Vec<End>,
    times: RefCell<Vec<(u64, u64)>>,
}

impl Work for Scripted<'_> {
    async fn cycle(&mut self) -> Cycle {
        let began = self.clock.now().as_secs();
        self.clock.sleep(Duration::from_secs(400)).await;
        let times = self.times.get_mut();
        times.push((began, self.clock.now().as_secs()));
        let end = self.ends.remove(0);
        if self.ends.is_empty() {
            self.stop.set();
        }
        Cycle {
            trouble: Some(end),
            ..Cycle::default()
        }
    }

    fn tell(&mut self, _: &Cycle, _: Duration, _: Duration) {}
}

#[test]
fn no_cycle_overlaps_another_none_ends_the_loop_and_a_stop_does() {
    let (clock, stop) = (SimClock::default(), Stop::default());
    let board = Mutex::new(Board::new(INTERVAL, clock.now()));
    let mut schedule = Schedule::new(INTERVAL, 1);
    let mut work = Scripted {
        clock: &clock,
        stop: &stop,
        ends: vec![End::Failed, End::Unavailable, End::Blocked, End::Converged],
        times: RefCell::default(),
    };
    let about = (&mut schedule, &board);
    let last = clock.run(watch::run(&mut work, &clock, &stop, about));
    assert_eq!(last.end(), End::Converged);
    let times = work.times.into_inner();
    assert_eq!(times.len(), 4);
    for pair in times.windows(2) {
        assert!(pair[0].1 < pair[1].0, "{times:?}");
    }
}
