use std::fmt::Write;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tunctl::address::RemoteId;
use tunctl::api::retry::{LONGEST_WAIT, Outcome, Verdict, jitter, retry_after, verdict};
use tunctl::api::{Notice, Settings, WireError};
use tunctl::cloudflare::dns_record::{self, Batch};
use tunctl::cloudflare::service_token::{self, Level, Update};
use tunctl::cloudflare::tunnel::{self, Cascade, Patch};
use tunctl::cloudflare::{account_token, configuration};
use tunctl::request::{Method, Repeat, Request};

use crate::support::script::{Scripted, good, refused, reply};

fn status(status: u16, retry_after: Option<u64>) -> Outcome {
    Outcome::Status {
        status,
        retry_after: retry_after.map(Duration::from_secs),
    }
}

/// The waits until it gives up.
fn waits(repeat: Repeat, outcome: Outcome) -> String {
    let mut line = String::new();
    for count in 1.. {
        match verdict(repeat, outcome, count) {
            Verdict::Retry { after, told } => {
                let sign = if told { "!" } else { "" };
                write!(line, "{}{sign} ", after.as_secs_f32()).unwrap();
            }
            Verdict::GiveUp => break,
        }
    }
    line + "stop"
}

/// Each sort of outcome by name.
fn outcomes() -> Vec<(&'static str, Outcome)> {
    vec![
        ("unsent", Outcome::Unsent),
        ("hopeless", Outcome::Hopeless),
        ("lost", Outcome::Lost),
        ("302", status(302, None)),
        ("400", status(400, Some(1))),
        ("404", status(404, None)),
        ("408", status(408, None)),
        ("409", status(409, Some(1))),
        ("429", status(429, None)),
        ("429 in 7 s", status(429, Some(7))),
        ("429 in 10 min", status(429, Some(600))),
        ("429 in 601 s", status(429, Some(601))),
        ("500", status(500, None)),
        ("503 in 0 s", status(503, Some(0))),
        ("503 in 601 s", status(503, Some(601))),
        ("599", status(599, None)),
    ]
}

#[test]
fn every_outcome_has_a_verdict() {
    let mut table = String::new();
    for (name, outcome) in outcomes() {
        for (repeat, word) in [(Repeat::Safe, "safe"), (Repeat::Once, "once")] {
            writeln!(table, "{name}, {word}: {}", waits(repeat, outcome)).unwrap();
        }
    }
    insta::assert_snapshot!(table, @r"
    unsent, safe: 0.5 1 2 4 stop
    unsent, once: 0.5 1 2 4 stop
    hopeless, safe: stop
    hopeless, once: stop
    lost, safe: 0.5 1 2 4 stop
    lost, once: stop
    302, safe: stop
    302, once: stop
    400, safe: stop
    400, once: stop
    404, safe: stop
    404, once: stop
    408, safe: 0.5 1 2 4 stop
    408, once: stop
    409, safe: stop
    409, once: stop
    429, safe: 2 4 8 16 32 64 64 64 64 stop
    429, once: 2 4 8 16 32 64 64 64 64 stop
    429 in 7 s, safe: 7! 7! 7! 7! 7! 7! 7! 7! 7! stop
    429 in 7 s, once: 7! 7! 7! 7! 7! 7! 7! 7! 7! stop
    429 in 10 min, safe: 600! 600! 600! 600! 600! 600! 600! 600! 600! stop
    429 in 10 min, once: 600! 600! 600! 600! 600! 600! 600! 600! 600! stop
    429 in 601 s, safe: stop
    429 in 601 s, once: stop
    500, safe: 0.5 1 2 4 stop
    500, once: stop
    503 in 0 s, safe: 0! 0! 0! 0! stop
    503 in 0 s, once: stop
    503 in 601 s, safe: stop
    503 in 601 s, once: stop
    599, safe: 0.5 1 2 4 stop
    599, once: stop
    ");
}

/// Requests of every sort: some say for themselves whether they may be sent twice.
fn sorts() -> Vec<(&'static str, Request)> {
    let (account, id) = ("a", RemoteId::new("x"));
    let level = Level::Account(account.to_owned());
    let new = tunnel::New {
        name: "web".to_owned(),
        config_src: tunnel::ConfigSrc::Cloudflare,
        tunnel_secret: None,
    };
    let secret = Update {
        options: service_token::Options {
            client_secret_version: NonZeroU32::new(2),
            ..service_token::Options::default()
        },
        ..Update::default()
    };
    vec![
        ("read", tunnel::get(account, &id).request),
        ("make a tunnel", tunnel::create(account, &new).request),
        (
            "rename",
            tunnel::patch(account, &id, &Patch::default()).request,
        ),
        ("delete", tunnel::delete(account, &id, Cascade::No).request),
        (
            "change records",
            dns_record::batch(&id, &Batch::default()).request,
        ),
        (
            "configure",
            configuration::put(account, &id, &json!({})).request,
        ),
        (
            "update a service token",
            service_token::update(&level, &id, &Update::default()).request,
        ),
        (
            "give it another secret",
            service_token::update(&level, &id, &secret).request,
        ),
        (
            "rotate it",
            service_token::rotate(account, &id, None).request,
        ),
        (
            "roll a token's value",
            account_token::roll(account, &id).request,
        ),
    ]
}

#[test]
fn every_sort_of_request_has_a_verdict_for_every_outcome() {
    let mut table = String::new();
    for (name, request) in sorts() {
        write!(table, "{:6} {name}:", request.method.as_str()).unwrap();
        for (outcome, judged) in [
            ("unsent", Outcome::Unsent),
            ("429", status(429, None)),
            ("lost", Outcome::Lost),
            ("503", status(503, None)),
            ("409", status(409, None)),
        ] {
            let again = match verdict(request.repeat, judged, 1) {
                Verdict::Retry { .. } => "again",
                Verdict::GiveUp => "never",
            };
            write!(table, " {outcome} {again},").unwrap();
        }
        table.push('\n');
    }
    insta::assert_snapshot!(table.replace(",\n", "\n"), @r"
        GET    read: unsent again, 429 again, lost again, 503 again, 409 never
        POST   make a tunnel: unsent again, 429 again, lost never, 503 never, 409 never
        PATCH  rename: unsent again, 429 again, lost again, 503 again, 409 never
        DELETE delete: unsent again, 429 again, lost again, 503 again, 409 never
        POST   change records: unsent again, 429 again, lost never, 503 never, 409 never
        PUT    configure: unsent again, 429 again, lost never, 503 never, 409 never
        PUT    update a service token: unsent again, 429 again, lost again, 503 again, 409 never
        PUT    give it another secret: unsent again, 429 again, lost never, 503 never, 409 never
        POST   rotate it: unsent again, 429 again, lost never, 503 never, 409 never
        PUT    roll a token's value: unsent again, 429 again, lost never, 503 never, 409 never
    ");
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    let date = Some("Sun, 06 Nov 1994 08:49:00 GMT");
    let seconds = |value: &str| retry_after(value, date).map(|wait| wait.as_secs());
    assert_eq!(seconds("120"), Some(120));
    assert_eq!(seconds(" 0 "), Some(0));
    assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(37));
    assert_eq!(
        seconds("Sun, 06 Nov 1994 08:48:00 GMT"),
        Some(0),
        "in the past"
    );
    assert_eq!(
        seconds("Sun, 06 Nov 2094 08:48:00 GMT"),
        None,
        "that day is a Saturday"
    );
    assert!(retry_after("99999999999999999999999", None) > Some(LONGEST_WAIT));
    for value in [
        "",
        "-1",
        "1.5",
        "soon",
        "1 s",
        "Sun, 99 Nov 1994 08:49:37 GMT",
    ] {
        assert_eq!(seconds(value), None, "{value}");
    }
    assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", None), None);
}

#[test]
fn jitter_shortens_by_a_quarter_at_most_and_spreads() {
    let wait = Duration::from_secs(8);
    let waits: Vec<_> = (0..1_000).map(|chance| jitter(wait, chance)).collect();
    assert!(
        waits
            .iter()
            .all(|wait| (6_000..=8_000).contains(&wait.as_millis()))
    );
    let low = waits.iter().filter(|wait| wait.as_secs() < 7).count();
    assert!(
        (400..600).contains(&low),
        "{low} of 1,000 in the lower half"
    );
    assert_eq!(jitter(wait, 7), jitter(wait, 7));
    assert!(jitter(Duration::MAX, 3) <= Duration::MAX);
}

/// Sends a request against these answers; says how often it was sent and when it ended.
fn run(
    request: &Request,
    answers: Vec<Result<tunctl::api::Reply, WireError>>,
) -> (usize, Duration, Option<Value>) {
    let world = Scripted::answers(answers);
    let result = world.clock.run(world.client.send(request));
    let now = tunctl::api::Clock::now(&*world.clock);
    (world.count(), now, result.ok())
}

fn lost() -> Result<tunctl::api::Reply, WireError> {
    Err(WireError::Broken("connection reset".to_owned()))
}

#[test]
fn a_safe_request_survives_four_losses_and_not_five() {
    let put = Request::new(Method::Put, &["zones", "z"]);
    let answer = Ok(good(&json!("done")));
    let (count, now, result) = run(&put, vec![lost(), lost(), lost(), lost(), answer.clone()]);
    assert_eq!((count, result), (5, Some(json!("done"))));
    assert!((5_625..=7_500).contains(&now.as_millis()), "{now:?}");
    let (count, _, result) = run(&put, vec![lost(), lost(), lost(), lost(), lost(), answer]);
    assert_eq!((count, result), (5, None));
}

#[test]
fn a_request_that_is_not_repeatable_is_sent_once_and_looked_up_by_others() {
    for request in [
        Request::new(Method::Post, &["zones"]),
        Request::new(Method::Put, &["accounts", "a", "tokens", "k", "value"]).once(),
    ] {
        for answer in [
            lost(),
            Err(WireError::Timeout),
            Ok(refused(502, 1, "m")),
            Ok(reply(200, &[], "<html>")),
        ] {
            let (count, _, result) = run(&request, vec![answer, Ok(good(&Value::Null))]);
            assert_eq!((count, result), (1, None));
        }
    }
}

#[test]
fn what_never_left_and_what_was_refused_is_sent_again_even_if_not_repeatable() {
    let post = Request::new(Method::Post, &["zones"]);
    let (count, _, result) = run(
        &post,
        vec![
            Err(WireError::Connect("refused".to_owned())),
            Ok(reply(429, &[("retry-after", "3")], "")),
            Ok(good(&json!(7))),
        ],
    );
    assert_eq!((count, result), (3, Some(json!(7))));
}

#[test]
fn losses_and_rate_limits_are_counted_apart() {
    let limited = Ok(reply(429, &[("retry-after", "1")], ""));
    let mut answers = vec![limited; 9];
    answers.extend([lost(), lost(), lost(), lost(), Ok(good(&json!(1)))]);
    let (count, _, result) = run(&Request::get(&["zones"]), answers);
    assert_eq!((count, result), (14, Some(json!(1))));
}

#[test]
fn a_long_retry_after_is_honoured_to_the_second() {
    let limited = Ok(reply(
        429,
        &[("retry-after", "295")],
        "<html>slow down</html>",
    ));
    let (count, now, result) = run(
        &Request::get(&["zones"]),
        vec![limited, Ok(good(&json!(1)))],
    );
    assert_eq!((count, result), (2, Some(json!(1))));
    assert_eq!(now, Duration::from_secs(295));
}

#[test]
fn a_429_stops_all_other_requests_too() {
    let world = Scripted::with(
        Settings {
            parallelism: 1,
            ..Settings::default()
        },
        |now, _| {
            let answer = if now.is_zero() {
                reply(429, &[("retry-after", "60")], "")
            } else {
                good(&json!(1))
            };
            (Duration::from_millis(1), Ok(answer))
        },
    );
    let request = Request::get(&["zones"]);
    let both = futures::future::join(world.client.send(&request), world.client.send(&request));
    let (first, second) = world.clock.run(both);
    assert!(first.is_ok() && second.is_ok());
    let times: Vec<u64> = world
        .sent
        .lock()
        .unwrap()
        .iter()
        .map(|(at, _)| at.as_secs())
        .collect();
    assert_eq!(times, [0, 60, 60]);
}

#[test]
fn waits_and_retries_are_told() {
    let notices = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&notices);
    let settings = Settings {
        notify: Box::new(move |notice| heard.lock().unwrap().push(notice)),
        ..Settings::default()
    };
    let world = Scripted::with(settings, |now, _| {
        let answer = if now.is_zero() {
            reply(429, &[("retry-after", "60")], "")
        } else {
            good(&json!(1))
        };
        (Duration::ZERO, Ok(answer))
    });
    world
        .clock
        .run(world.client.send(&Request::get(&["zones"])))
        .unwrap();
    let wait = Duration::from_mins(1);
    assert_eq!(
        *notices.lock().unwrap(),
        [
            Notice::Retrying {
                method: Method::Get,
                path: "/zones".to_owned(),
                attempts: 1,
                after: wait,
                why: "status 429, an empty body".to_owned(),
            },
            Notice::Waiting { wait },
        ]
    );
}
