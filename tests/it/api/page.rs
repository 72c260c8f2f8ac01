use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use tunctl::api::{ApiError, Call, Meaning, Reply};
use tunctl::request::Request;

use crate::support::script::{Scripted, good, reply};

/// The page and the page size that a call asks for.
fn asked(call: &Call) -> (u64, u64) {
    let parameter = |name: &str| {
        let query = call.target.split_once('?').unwrap().1;
        let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
        pairs
            .find(|(known, _)| *known == name)
            .unwrap()
            .1
            .parse()
            .unwrap()
    };
    (parameter("page"), parameter("per_page"))
}

fn page(items: &[Value], info: &Value) -> Reply {
    let body = json!({"success": true, "errors": [], "result": items, "result_info": info});
    reply(200, &[], body.to_string())
}

fn objects(ids: impl IntoIterator<Item = u64>) -> Vec<Value> {
    ids.into_iter()
        .map(|id| json!({"id": id.to_string()}))
        .collect()
}

/// A server that keeps `total` objects and, if it is `honest`, says so.
fn keeping(total: u64, honest: bool) -> Scripted {
    Scripted::new(move |_, call| {
        let (number, size) = asked(call);
        let start = ((number - 1) * size).min(total);
        let items = objects(start..(start + size).min(total));
        let mut info = json!({"page": number, "per_page": size, "count": items.len()});
        if honest {
            info["total_count"] = total.into();
        }
        (Duration::from_millis(50), Ok(page(&items, &info)))
    })
}

fn list(world: &Scripted, size: u32) -> Result<Vec<Value>, ApiError> {
    let request = Request::get(&["zones"]).query("status", "active");
    world.clock.run(world.client.list(&request, Some(size)))
}

#[test]
fn an_unpaged_list_is_one_request_without_parameters() {
    let world = Scripted::answers(vec![Ok(good(&json!([1, 2])))]);
    let request = Request::get(&["zones"]);
    let items = world.clock.run(world.client.list(&request, None)).unwrap();
    assert_eq!(items, [json!(1), json!(2)]);
    assert_eq!(world.targets(), ["/zones"]);
}

#[test]
fn a_missing_result_is_an_empty_list_and_an_object_is_none() {
    let request = Request::get(&["zones"]);
    for size in [None, Some(20)] {
        let world = Scripted::answers(vec![Ok(good(&Value::Null))]);
        let items = world.clock.run(world.client.list(&request, size)).unwrap();
        assert!(items.is_empty());
        let world = Scripted::answers(vec![Ok(good(&json!({"id": 1})))]);
        let error = world
            .clock
            .run(world.client.list(&request, size))
            .unwrap_err();
        assert_eq!(error.meaning(), Meaning::Unreadable);
    }
}

#[test]
fn a_list_that_fits_a_page_is_one_request() {
    for total in [0, 1, 49, 50] {
        let world = keeping(total, true);
        assert_eq!(list(&world, 50).unwrap().len() as u64, total);
        assert_eq!(world.targets(), ["/zones?status=active&per_page=50&page=1"]);
    }
}

#[test]
fn the_first_page_comes_alone_and_the_others_together() {
    let world = keeping(250, true);
    assert_eq!(list(&world, 50).unwrap(), objects(0..250));
    let sent = world.sent.lock().unwrap();
    let times: Vec<_> = sent.iter().map(|(at, _)| at.as_millis()).collect();
    assert_eq!(times, [0, 50, 50, 50, 50]);
}

#[test]
fn without_a_total_a_short_page_is_the_last() {
    let world = keeping(120, false);
    assert_eq!(list(&world, 50).unwrap(), objects(0..120));
    assert_eq!(world.count(), 3);
    let world = keeping(100, false);
    assert_eq!(list(&world, 50).unwrap(), objects(0..100));
    assert_eq!(world.count(), 3, "a full last page needs an empty one");
}

#[test]
fn the_page_size_is_the_one_that_the_server_grants() {
    let world = Scripted::new(|_, call| {
        let (number, _) = asked(call);
        let items = objects((number - 1) * 20..(number * 20).min(50));
        let info = json!({"per_page": 20, "total_count": 50});
        (Duration::ZERO, Ok(page(&items, &info)))
    });
    assert_eq!(list(&world, 1000).unwrap(), objects(0..50));
    assert_eq!(world.count(), 3);
}

#[test]
fn a_server_that_ignores_the_page_ends_the_list_and_is_not_believed() {
    let world = Scripted::new(|_, _| {
        let info = json!({"per_page": 20, "total_count": 1_000_000_000_u64});
        (Duration::ZERO, Ok(page(&objects(0..20), &info)))
    });
    let error = list(&world, 20).unwrap_err();
    assert_eq!(error.meaning(), Meaning::Unreadable);
    assert!(world.count() <= 3 * 11, "{} requests", world.count());
}

#[test]
fn a_list_that_never_stands_still_is_an_error_and_not_a_shorter_list() {
    let world = Scripted::new(|now, call| {
        let (number, size) = asked(call);
        let gone = u64::try_from(now.as_millis() / 50).unwrap();
        let items = objects(gone + (number - 1) * size..gone + number * size);
        let info = json!({"per_page": size, "total_count": 1_000 - gone});
        (Duration::from_millis(50), Ok(page(&items, &info)))
    });
    let error = list(&world, 500).unwrap_err();
    assert_eq!(world.count(), 3 * 2, "it is read three times");
    insta::assert_snapshot!(error, @"GET /zones failed: status 200, a list that changes each time it is read");
    let help = miette::Diagnostic::help(&error).unwrap();
    insta::assert_snapshot!(help, @"what is missing from such a list would look absent, so it is not used: run again when nobody else changes the account; if it stays, quote the cf-ray to support");
}

#[test]
fn a_list_that_is_not_as_long_as_it_says_is_an_error() {
    for (here, told) in [(0, 1), (7, 8), (7, 6), (20, 19), (20, 21), (40, 1_000)] {
        let world = Scripted::new(move |_, call| {
            let (number, size) = asked(call);
            let start = ((number - 1) * size).min(here);
            let items = objects(start..(start + size).min(here));
            let info = json!({"per_page": size, "total_count": told});
            (Duration::ZERO, Ok(page(&items, &info)))
        });
        let error = list(&world, 20).unwrap_err();
        assert_eq!(error.meaning(), Meaning::Unreadable, "{here} of {told}");
        assert!(world.count() <= 3 * 50, "{} requests", world.count());
    }
}

#[test]
fn an_id_that_is_twice_on_a_page_is_not_believed() {
    let world = Scripted::new(|_, _| {
        let items = [
            json!({"id": "1", "name": "a"}),
            json!({"id": "1", "name": "b"}),
        ];
        (Duration::ZERO, Ok(page(&items, &json!({"per_page": 20}))))
    });
    assert!(list(&world, 20).is_err());
}

#[test]
fn a_list_without_an_end_is_an_error_and_not_a_shorter_list() {
    let endless = |info: Value| {
        let world = Scripted::new(move |_, call| {
            let (number, _) = asked(call);
            (Duration::ZERO, Ok(page(&objects([number]), &info)))
        });
        let error = list(&world, 1).unwrap_err();
        assert_eq!(error.meaning(), Meaning::Unreadable);
        (error, world.count())
    };
    let (error, count) = endless(json!({"per_page": 1}));
    assert_eq!(count, 2_000);
    let (_, count) = endless(json!({"per_page": 1, "total_count": u64::MAX}));
    assert_eq!(count, 1, "it says itself that it is too long");
    insta::assert_snapshot!(error, @"GET /zones failed: status 200, a list that does not end");
}

/// When an object of the first page goes while the list is read, the first one of the second
/// page moves to the first, where nobody looks again.
#[test]
fn a_list_that_shrinks_while_it_is_read_is_read_again() {
    let world = Scripted::new(|now, call| {
        let (number, size) = asked(call);
        let first = u64::from(!now.is_zero());
        let start = first + (number - 1) * size;
        let items = objects(start..(start + size).min(100));
        let info = json!({"per_page": size, "total_count": 100 - first});
        (Duration::from_millis(50), Ok(page(&items, &info)))
    });
    assert_eq!(list(&world, 50).unwrap(), objects(1..100));
    assert_eq!(world.count(), 4);
}

#[test]
fn a_list_that_grows_while_it_is_read_is_read_again() {
    let world = Scripted::new(|now, call| {
        let (number, size) = asked(call);
        let new = u64::from(!now.is_zero());
        let all: Vec<u64> = (0..new).map(|_| 999).chain(0..99).collect();
        let mut pages = all.chunks(usize::try_from(size).unwrap());
        let page_items = pages.nth(usize::try_from(number).unwrap() - 1);
        let items = objects(page_items.unwrap_or_default().iter().copied());
        (
            Duration::from_millis(50),
            Ok(page(&items, &json!({"per_page": size}))),
        )
    });
    let mut items = list(&world, 50).unwrap();
    items.sort_by_key(|item| item["id"].as_str().unwrap().parse::<u64>().unwrap());
    assert_eq!(items, objects((0..99).chain([999])));
    assert_eq!(world.count(), 3 + 3, "each reading ends with an empty page");
}

proptest! {
    /// Whatever a server says about its pages, the list ends, and is refused or has no object
    /// twice.
    #[test]
    fn every_list_ends(
        says in prop::collection::vec((0_u64..60, prop::option::of(0_u64..30), prop::option::of(0_u64..5_000), 0_usize..25), 1..6),
    ) {
        let world = Scripted::new(move |_, call| {
            let (number, _) = asked(call);
            let turn = usize::try_from(number - 1).unwrap() % says.len();
            let (first, per_page, total, count) = says[turn];
            let items = objects(first..first + count as u64);
            (Duration::ZERO, Ok(page(&items, &json!({"per_page": per_page, "total_count": total}))))
        });
        let items = list(&world, 20).unwrap_or_default();
        let mut ids: Vec<_> = items.iter().map(|item| item["id"].as_str().unwrap()).collect();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), items.len());
        prop_assert!(world.count() < 3 * 400, "{} requests", world.count());
    }

    #[test]
    fn every_honest_list_is_read_whole(total in 0_u64..500, size in 1_u32..60, honest: bool) {
        let world = keeping(total, honest);
        prop_assert_eq!(list(&world, size).unwrap(), objects(0..total));
        if honest {
            let pages = total.div_ceil(u64::from(size)).max(1);
            prop_assert_eq!(world.count() as u64, pages);
        }
    }
}
