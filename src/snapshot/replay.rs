//! A snapshot in the place of the network.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::{self, BoxFuture};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Answer, NAME, Read, Snapshot};
use crate::api::{Call, Clock, Reply, Wire, WireError};
use crate::cloudflare::dns_record;
use crate::request::Method;

/// Parameters in order, without those of pages.
type Query = Vec<(String, String)>;

/// Answers reads from a snapshot. What is not in it is an error and never taken for absent.
#[derive(Debug)]
pub struct Replay {
    answers: BTreeMap<String, Vec<(Query, Answer)>>,
}

/// Which part of a list is asked for.
#[derive(Debug, Default)]
struct Page {
    number: Option<usize>,
    size: Option<usize>,
}

impl Replay {
    /// Answers from a snapshot.
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        let mut answers: BTreeMap<String, Vec<(Query, Answer)>> = BTreeMap::new();
        for Read {
            path,
            query,
            answer,
        } in snapshot.reads
        {
            answers.entry(path).or_default().push((query, answer));
        }
        Self { answers }
    }

    fn answer(&self, call: &Call) -> Option<Reply> {
        if call.method != Method::Get {
            return None;
        }
        let (path, query) = call.target.split_once('?').unwrap_or((&call.target, ""));
        let (query, page) = asked(query);
        let known = self.answers.get(path)?;
        let find = |query: &Query| known.iter().find(|(it, _)| it == query);
        if let Some((_, answer)) = find(&query) {
            return page.of(answer, &|_| Some(true));
        }
        // What is asked for in part is there as a whole, and is chosen here instead of there.
        if dns_record::is_list(path) {
            let (_, whole) = find(&Query::new())?;
            return page.of(whole, &|record| dns_record::has(&query, record));
        }
        let (named, rest): (Query, Query) = query.into_iter().partition(|(it, _)| it == NAME);
        let [(_, name)] = named.as_slice() else {
            return None;
        };
        let (_, whole) = find(&rest)?;
        page.of(whole, &|object| Some(object[NAME] == name.as_str()))
    }
}

impl Wire for Replay {
    async fn exchange(&self, call: Call) -> Result<Reply, WireError> {
        self.answer(&call).ok_or(WireError::Unrecorded)
    }
}

impl Page {
    /// The part of an answer that is asked for. `None` if that cannot be told.
    fn of(&self, answer: &Answer, has: &dyn Fn(&Value) -> Option<bool>) -> Option<Reply> {
        let objects = match answer {
            Answer::List(objects) => objects,
            Answer::One(object) => return Some(reply(200, &success(object))),
            Answer::Refused { status, errors } => {
                let body = json!({"success": false, "errors": errors});
                return Some(reply(*status, &body));
            }
        };
        let chosen = objects.iter().map(|object| Some((object, has(object)?)));
        let chosen: Vec<(&Value, bool)> = chosen.collect::<Option<_>>()?;
        let chosen = chosen.into_iter().filter(|(_, has)| *has);
        Some(self.cut(&chosen.map(|(object, _)| object).collect::<Vec<_>>()))
    }

    fn cut(&self, objects: &[&Value]) -> Reply {
        let Some(size) = self.size else {
            return reply(200, &success(&json!(objects)));
        };
        let number = self.number.unwrap_or(1).max(1);
        let page = objects
            .chunks(size.max(1))
            .nth(number - 1)
            .unwrap_or_default();
        let mut body = success(&json!(page));
        body["result_info"] = json!({
            "page": number,
            "per_page": size,
            "count": page.len(),
            "total_count": objects.len(),
        });
        reply(200, &body)
    }
}

/// The parameters of a request, and which page it asks for.
fn asked(query: &str) -> (Query, Page) {
    let mut page = Page::default();
    let mut others = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "page" => page.number = value.parse().ok(),
            "per_page" => page.size = value.parse().ok(),
            _ => others.push((name.into_owned(), value.into_owned())),
        }
    }
    (others, page)
}

fn success(result: &Value) -> Value {
    json!({"success": true, "errors": [], "messages": [], "result": result})
}

fn reply(status: u16, body: &Value) -> Reply {
    Reply {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    }
}

/// A clock on which waiting takes no time: no rate limit holds for a file.
#[derive(Debug, Default)]
pub struct NoWaiting {
    nanos: AtomicU64,
}

impl Clock for NoWaiting {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Ordering::Relaxed))
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
        Box::pin(future::ready(()))
    }
}
