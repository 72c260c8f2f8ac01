//! Anything at all in place of an answer: a result or one clear error, for every operation, and
//! nothing of what came in it.

use proptest::prelude::*;
use serde_json::{Value, json};
use tunctl::api::{ApiError, Reply};

use super::every::{Case, every};
use crate::support::script::{Scripted, good, reply};
use crate::support::world::{WEB, World, edge};

/// What a value may hold and no error may show.
const SECRET: &str = "planted-secret-value";

/// Field names that operations read.
const FIELDS: [&str; 16] = [
    "id",
    "name",
    "token",
    "value",
    "client_secret",
    "client_id",
    "status",
    "version",
    "config",
    "conns",
    "policies",
    "content",
    "type",
    "result",
    "ttl",
    "deletes",
];

/// Runs an operation against one answer; says what is wrong with how it ended.
fn trouble(case: &Case, answer: &Reply) -> Option<String> {
    let error = case
        .run(&Scripted::answers(vec![Ok(answer.clone())]))
        .err()?;
    unclear(case, &error).map(|what| format!("{what}: {error}"))
}

fn unclear(case: &Case, error: &ApiError) -> Option<&'static str> {
    let text = error.to_string();
    let help = miette::Diagnostic::help(error).map(|help| help.to_string());
    let start = format!(
        "{} {} failed: ",
        case.request.method.as_str(),
        case.request.path
    );
    if !text.starts_with(&start) {
        Some("it does not say what failed")
    } else if text.chars().any(char::is_control) {
        Some("it is not one line")
    } else if text.chars().count() > 5_000 {
        Some("it is too long")
    } else if format!("{text} {error:?}").contains(SECRET) {
        Some("it shows what came")
    } else if help.is_none_or(|help| help.is_empty()) {
        Some("it helps nobody")
    } else {
        None
    }
}

/// JSON that uses the words of the API, in the wrong places.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(json!(SECRET)),
        Just(json!(format!("{SECRET}, expected {SECRET}"))),
        Just(json!("00000000000000000000000000000002")),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        let field = (prop::sample::select(&FIELDS[..]), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            prop::collection::vec(field, 0..6).prop_map(|fields| {
                Value::Object(
                    fields
                        .into_iter()
                        .map(|(key, it)| (key.to_owned(), it))
                        .collect(),
                )
            }),
        ]
    })
}

fn answers() -> impl Strategy<Value = Reply> {
    let envelope = (values(), any::<prop::sample::Index>()).prop_map(|(result, cut)| {
        let mut answer = good(&result);
        let end = cut.index(2 * answer.body.len());
        answer.body.truncate(end);
        answer
    });
    let bytes = prop::collection::vec(any::<u8>(), 0..200);
    let bytes = (100_u16..600, bytes).prop_map(|(status, body)| reply(status, &[], body));
    let bare = values().prop_map(|value| reply(200, &[], value.to_string()));
    prop_oneof![4 => envelope, 2 => bytes, 1 => bare]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_answer_to_any_operation_gives_a_result_or_one_clear_error(
        which: prop::sample::Index,
        answer in answers(),
    ) {
        let every = every();
        prop_assert_eq!(trouble(which.get(&every), &answer), None);
    }
}

/// Long, deep, and of every wrong type.
fn monsters() -> Vec<Reply> {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let envelope = |result: String| {
        reply(
            200,
            &[],
            format!("{{\"success\":true,\"result\":{result}}}"),
        )
    };
    let long = SECRET.repeat(100_000);
    let many = json!(vec![json!({"id": SECRET}); 20_000]);
    vec![
        envelope(deep(100)),
        envelope(deep(100_000)),
        envelope(format!("\"{long}\"")),
        envelope(format!("{{\"id\":\"{long}\",\"name\":1}}")),
        good(&many),
        good(&json!(7)),
        good(&json!(-1.5e300)),
        good(&json!(true)),
        good(&json!(SECRET)),
        good(&json!([[SECRET]])),
        good(&json!([{"id": {"id": SECRET}, "name": [SECRET]}])),
        good(&json!({"id": [SECRET], "name": SECRET, "version": SECRET, "config": SECRET})),
        reply(200, &[], vec![0xff; 1_000_000]),
        reply(200, &[], vec![b' '; 1_000_000]),
        reply(403, &[], vec![b'<'; 1_000_000]),
    ]
}

#[test]
fn no_operation_is_impressed_by_monsters() {
    let monsters = monsters();
    for case in every() {
        for (index, monster) in monsters.iter().enumerate() {
            assert_eq!(trouble(&case, monster), None, "monster {index}");
        }
    }
}

#[test]
fn an_error_names_the_type_and_the_place_and_what_is_there() {
    let every = every();
    let of = |path: &str, result: &Value| {
        let case = every
            .iter()
            .find(|case| case.request.path.ends_with(path))
            .expect("it");
        let world = Scripted::answers(vec![Ok(good(result))]);
        case.run(&world).expect_err("no result").to_string()
    };
    let id = "0a1b2c3d-0000-4000-8000-000000000001";
    let connector = json!([{"id": id}, {"id": id, "conns": [{"id": id, "client_version": SECRET, "opened_at": 7}]}]);
    let lines = [
        of("/connections", &connector),
        of("/zones", &json!([{"id": "0".repeat(32)}])),
        of("/token", &json!({"token": SECRET})),
        of("/cfd_tunnel", &json!([{"id": "no id", "name": SECRET}])),
        of("/usage", &json!({"record_usage": SECRET})),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r"
        GET /accounts/00000000000000000000000000000001/cfd_tunnel/11111111-1111-4111-8111-111111111111/connections failed: status 200, a result that is not a `connection::Connector`: `[1].conns[0].opened_at` is a number, not a string
        GET /zones failed: status 200, a result that is not a `zone::Zone`: `[0]` is without `name`
        GET /accounts/00000000000000000000000000000001/cfd_tunnel/11111111-1111-4111-8111-111111111111/token failed: status 200, a result that is not a `secret::Secret`: it is an object, not a string
        GET /accounts/00000000000000000000000000000001/cfd_tunnel failed: status 200, a result that is not a `tunnel::Tunnel`: `[0].id` is a text, not an id of Cloudflare's: 32 hex digits or a UUID
        GET /zones/00000000000000000000000000000002/dns_records/usage failed: status 200, a result that is not a `dns_record::Usage`: `record_usage` is a text, not u64
    ");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// A whole plan and what follows from it: the n-th answer holds something else.
    #[test]
    fn a_run_that_is_told_nonsense_ends(number in 0_usize..12, nonsense in values()) {
        let world = World::new(&edge(WEB), &["example.com"]);
        let mut count = 0;
        world.lie(move |_, _, result| {
            if count == number {
                *result = nonsense.clone();
            }
            count += 1;
        });
        match world.try_plan() {
            Ok(planned) => {
                let outcome = world.carry_out(&planned, &|_| {});
                prop_assert!(!format!("{outcome:?}").contains(SECRET), "{outcome:?}");
            }
            Err(problems) => prop_assert!(!format!("{problems:?}").contains(SECRET), "{problems:?}"),
        }
        world.be_honest();
        let outcome = world.apply();
        prop_assert!(!outcome.failed(), "{:?}", outcome);
        prop_assert!(world.plan().is_empty());
    }
}
