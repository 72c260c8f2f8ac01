use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{StreamExt, stream};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;
use tunctl::api::limit::{Bucket, Figures, Policy};
use tunctl::api::{Clock, Reply, Settings};
use tunctl::emulator;
use tunctl::request::Request;

use crate::support::script::{Scripted, good, reply};

/// 1,200 requests in 300 s: a new one every 250 ms.
const EACH: u64 = 250;

/// What a server keeps of the budget, in milliseconds of refilling.
pub(super) struct Budget {
    level: u64,
    at: u64,
    /// How many ms of refilling another client uses up each second.
    thief: u64,
    refused: u32,
}

impl Budget {
    pub(super) fn full() -> Self {
        Self {
            level: 1_200 * EACH,
            at: 0,
            thief: 0,
            refused: 0,
        }
    }

    /// Counts a request in or refuses it, as Cloudflare's headers describe it.
    pub(super) fn answer(&mut self, now: Duration) -> Reply {
        let now = u64::try_from(now.as_millis()).unwrap();
        let passed = now - self.at;
        self.at = now;
        self.level = (self.level + passed).min(1_200 * EACH);
        self.level = self.level.saturating_sub(passed * self.thief / 1_000);
        let granted = self.level >= EACH;
        if granted {
            self.level -= EACH;
        }
        let limit = format!("\"default\";r={};t=1", self.level / EACH);
        let mut answer = if granted {
            good(&json!(null))
        } else {
            self.refused += 1;
            reply(429, &[("retry-after", "1")], "")
        };
        answer.headers.push(("ratelimit".to_owned(), limit));
        let policy = "\"default\";q=1200;w=300".to_owned();
        answer.headers.push(("ratelimit-policy".to_owned(), policy));
        answer
    }
}

/// Sends so many reads at once, none of which may fail.
fn send_all(world: &Scripted, count: usize) {
    let request = Request::get(&["zones"]);
    let all = stream::iter(0..count)
        .map(|_| world.client.send(&request))
        .buffer_unordered(count)
        .for_each(|result| async move {
            assert!(result.is_ok(), "{result:?}");
        });
    world.clock.run(all);
}

/// Sends so many reads at once; says how many seconds they took and how many were refused.
fn run(count: usize, parallelism: usize, budget: Budget) -> (f64, u32) {
    let budget = Arc::new(Mutex::new(budget));
    let server = Arc::clone(&budget);
    let settings = Settings {
        parallelism,
        ..Settings::default()
    };
    let world = Scripted::with(settings, move |now, _| {
        // Answers overtake each other: 20 to 140 ms.
        let latency = 20 + now.subsec_micros() % 7_919 % 120;
        (
            Duration::from_millis(latency.into()),
            Ok(server.lock().unwrap().answer(now)),
        )
    });
    send_all(&world, count);
    let refused = budget.lock().unwrap().refused;
    assert_eq!(world.count(), count + refused as usize);
    (world.clock.now().as_secs_f64(), refused)
}

#[test]
fn five_thousand_requests_use_the_whole_budget_and_are_never_refused() {
    let least = (5_000.0 - 1_200.0) * 0.25;
    for parallelism in [1, 10, 50] {
        let (seconds, refused) = run(5_000, parallelism, Budget::full());
        assert_eq!(refused, 0, "with {parallelism} in parallel");
        assert!(
            (least..least * 1.05).contains(&seconds),
            "{seconds} s with {parallelism} in parallel, {least} s are possible"
        );
        let granted = 1_200.0 + seconds * 4.0;
        let used = 5_000.0 / granted;
        assert!(used >= 0.95, "{used} of the budget is used");
    }
}

/// The emulator keeps its own account, and blocks for 300 s whoever goes over the limit.
#[test]
fn the_emulator_refuses_none_of_five_thousand_requests() {
    let emulator = Mutex::new(emulator::World::with_seed(1));
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let world = Scripted::new(move |now, _| {
        let mut emulator = emulator.lock().unwrap();
        emulator.set_clock(Some(start + now));
        let call = emulator::Call::new("GET", "/client/v4/zones").bearer("x");
        let emulator::Reply {
            status,
            headers,
            body,
            ..
        } = emulator.answer(&call);
        let headers = headers.into_iter();
        let reply = Reply {
            status,
            headers: headers
                .map(|(name, value)| (name.to_lowercase(), value))
                .collect(),
            body,
        };
        (Duration::from_millis(70), Ok(reply))
    });
    send_all(&world, 5_000);
    assert_eq!(world.count(), 5_000, "none is sent again");
    let least = (5_000.0 - 1_200.0) * 0.25;
    let seconds = world.clock.now().as_secs_f64();
    assert!(
        (least..least * 1.05).contains(&seconds),
        "{seconds} s, {least} s are possible"
    );
}

/// A budget whose limit is halved from the 200th to the 600th second.
#[derive(Default)]
struct Changing {
    /// In thousandths of a request.
    level: u64,
    at: u64,
    refused: u32,
}

impl Changing {
    fn answer(&mut self, now: Duration) -> Reply {
        let now = u64::try_from(now.as_millis()).unwrap();
        let halved = (200_000..600_000).contains(&now);
        let (quota, per_ms) = if halved { (600, 2) } else { (1_200, 4) };
        let refilled = self.level + (now - self.at) * per_ms;
        self.level = refilled.min(quota * 1_000);
        self.at = now;
        let granted = self.level >= 1_000;
        let mut answer = if granted {
            self.level -= 1_000;
            good(&json!(null))
        } else {
            self.refused += 1;
            reply(429, &[("retry-after", "1")], "")
        };
        let limit = format!("\"default\";r={};t=1", self.level / 1_000);
        let policy = format!("\"default\";q={quota};w=300");
        answer.headers.push(("ratelimit".to_owned(), limit));
        answer.headers.push(("ratelimit-policy".to_owned(), policy));
        answer
    }
}

#[test]
fn a_limit_that_changes_on_the_way_is_kept_and_used() {
    let server = Arc::new(Mutex::new(Changing {
        level: 1_200_000,
        ..Changing::default()
    }));
    let changing = Arc::clone(&server);
    let world = Scripted::new(move |now, _| {
        let answer = changing.lock().unwrap().answer(now);
        (Duration::from_millis(60), Ok(answer))
    });
    send_all(&world, 5_000);
    assert_eq!(server.lock().unwrap().refused, 0);
    // 1,200 at once, 4 a second for 200 s, 2 a second for 400 s, 4 a second for the rest.
    let least = 600.0 + (5_000.0 - 1_200.0 - 800.0 - 800.0) * 0.25;
    let seconds = world.clock.now().as_secs_f64();
    assert!(
        (least..least * 1.05).contains(&seconds),
        "{seconds} s, {least} s are possible"
    );
}

#[test]
fn a_budget_below_the_rate_is_not_waited_for() {
    let (seconds, refused) = run(1_200, 10, Budget::full());
    assert_eq!(refused, 0);
    assert!(seconds < 20.0, "{seconds} s for 120 rounds of 20 to 140 ms");
}

#[test]
fn what_another_run_has_used_up_is_learnt_from_the_first_answers() {
    let used = Budget {
        level: 100 * EACH,
        ..Budget::full()
    };
    let (seconds, refused) = run(1_000, 10, used);
    assert_eq!(refused, 0);
    let least = (1_000.0 - 100.0) * 0.25;
    assert!(
        (least..least * 1.05).contains(&seconds),
        "{seconds} s, {least} s are possible"
    );
}

/// Another client takes half of what refills, or nearly all of it.
#[test]
fn a_shared_budget_is_shared() {
    for (thief, left, parallelism) in [(500, 0.5, 10), (500, 0.5, 50), (900, 0.1, 10)] {
        let shared = Budget {
            thief,
            ..Budget::full()
        };
        let (seconds, refused) = run(2_000, parallelism, shared);
        let least = (2_000.0 - 1_200.0) * 0.25 / left;
        assert!(
            (least..least * 1.1).contains(&seconds),
            "{seconds} s beside {thief}, {least} s are possible"
        );
        assert_eq!(refused, 0, "beside {thief}");
    }
}

/// Documented limiters of this header count in fixed windows, and Cloudflare may change to that.
#[test]
fn fixed_windows_are_used_up_one_after_the_other() {
    let refused = Arc::new(Mutex::new(0));
    let used = Mutex::new(BTreeMap::<u64, u32>::new());
    let counted = Arc::clone(&refused);
    let world = Scripted::new(move |now, _| {
        let mut used = used.lock().unwrap();
        let window = used.entry(now.as_secs() / 300).or_default();
        let reset = (300 - now.as_secs() % 300).to_string();
        let mut answer = good(&json!(null));
        if *window == 1_200 {
            *counted.lock().unwrap() += 1;
            answer = reply(429, &[("retry-after", &reset)], "");
        } else {
            *window += 1;
        }
        let limit = format!("\"default\";r={};t={reset}", 1_200 - *window);
        answer.headers.push(("ratelimit".to_owned(), limit));
        (Duration::from_millis(50), Ok(answer))
    });
    send_all(&world, 5_000);
    assert_eq!(*refused.lock().unwrap(), 0);
    let seconds = world.clock.now().as_secs_f64();
    assert!(
        (1_200.0..1_220.0).contains(&seconds),
        "{seconds} s for the fifth window"
    );
}

#[test]
fn a_server_that_names_no_budget_paces_by_its_refusals() {
    let world = Scripted::new({
        let budget = Mutex::new(Budget {
            level: 50 * EACH,
            ..Budget::full()
        });
        move |now, _| {
            let mut answer = budget.lock().unwrap().answer(now);
            answer.headers.retain(|(name, _)| name == "retry-after");
            (Duration::from_millis(30), Ok(answer))
        }
    });
    send_all(&world, 500);
    let seconds = world.clock.now().as_secs_f64();
    let least = (500.0 - 50.0) * 0.25;
    assert!(
        (least..least * 1.1).contains(&seconds),
        "{seconds} s, {least} s are possible"
    );
}

proptest! {
    /// Whatever a server says, a token comes within the longest window plus the longest pause.
    #[test]
    fn no_bucket_waits_forever(
        events in prop::collection::vec((0_u64..100_000, any::<u32>(), any::<u32>(), 1_u32.., 1_u32.., 0_u32..64), 0..40),
    ) {
        let mut bucket = Bucket::default();
        let mut now = Duration::ZERO;
        for (passed, remaining, reset, quota, window, in_flight) in events {
            now += Duration::from_millis(passed);
            let headers = (format!("d;r={remaining};t={reset}"), format!("d;q={quota};w={window}"));
            let figures = Figures::parse(&headers.0, Some(&headers.1)).unwrap();
            bucket.learn(now, figures, in_flight);
            let mut waited = Duration::ZERO;
            loop {
                let wait = bucket.take(now + waited);
                if wait.is_zero() { break; }
                waited += wait;
            }
            prop_assert!(waited <= Duration::from_hours(2), "{waited:?}");
        }
    }

    /// In any stretch of time no more is granted than a full bucket and what refills.
    #[test]
    fn no_bucket_grants_more_than_its_policy(
        quota in 1_u32..50, window in 1_u64..100,
        steps in prop::collection::vec(0_u64..3_000, 1..300),
    ) {
        let mut bucket = Bucket::new(Policy { quota, window: Duration::from_secs(window) });
        let mut now = Duration::ZERO;
        let mut granted = 0_u128;
        for step in steps {
            now += Duration::from_millis(step);
            granted += u128::from(bucket.take(now).is_zero());
            let most = u128::from(quota) + u128::from(quota) * now.as_millis() / (u128::from(window) * 1_000);
            prop_assert!(granted <= most, "{granted} of {most} at {now:?}");
        }
    }
}
