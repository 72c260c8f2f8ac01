//! Rules of cloudflared's: how many are tried in a second, and how long a large file takes to be
//! judged.

use std::fmt::Write as _;

use tunctl::cloudflared::{Dialect, open};
use tunctl::ingress::{Matcher, Rule};

use super::Failure;
use super::stopwatch::median;
use super::table::Row;

/// Rules that a request goes through.
const RULES: usize = 1_000;

/// Requests of one run, none of which any rule but the last one serves.
const REQUESTS: usize = 1_000;

/// Rules of the file.
const LARGE: usize = 10_000;

/// Throughput of matching, and validation.
pub(crate) fn rows() -> Result<Vec<Row>, Failure> {
    let by_host = matching("rules tried per second by host, 1,000 rules", "/", |at| {
        (format!("h{at}.example.com"), None)
    })?;
    let path = "/api/v1/things/12345";
    let by_path = matching("rules tried per second by path, 1,000 rules", path, |at| {
        let pattern = format!("^/(api|app)/v[0-9]+/[a-z]*/{at}x$");
        ("app.example.com".to_owned(), Some(pattern))
    })?;
    let file = large();
    let (time, configuration) = median(|| open(file.as_bytes(), Some(Dialect::Yaml)))?;
    if configuration.document.ingress.len() != LARGE {
        return Err("the file is not read whole".into());
    }
    let validate = Row::new("validate a file of 10,000 rules", time, "ms");
    Ok(vec![by_host, by_path, validate])
}

#[expect(clippy::cast_precision_loss, reason = "a count that is far from 2^52")]
fn matching(
    what: &str,
    path: &str,
    rule: impl Fn(usize) -> (String, Option<String>),
) -> Result<Row, Failure> {
    let mut rules: Vec<Rule> = (1..RULES)
        .map(|at| {
            let (hostname, path) = rule(at);
            Rule {
                hostname: Some(hostname),
                path,
                service: "http://a".to_owned(),
                origin_request: None,
            }
        })
        .collect();
    rules.push(Rule {
        service: "http_status:404".to_owned(),
        ..Rule::default()
    });
    let matcher = Matcher::new(&rules)?;
    let (time, last) = median(|| -> Result<usize, Failure> {
        let routes = (0..REQUESTS).map(|_| matcher.route(b"app.example.com", path.as_bytes()));
        Ok(routes.filter(|it| *it == Some(RULES - 1)).count())
    })?;
    if last != REQUESTS {
        return Err("a rule answers that should not".into());
    }
    let tried = (RULES * REQUESTS) as f64;
    Ok(Row::new(what, tried / time * 1000.0, "/s"))
}

fn large() -> String {
    let mut text = "ingress:\n".to_owned();
    for at in 1..LARGE {
        let _ = writeln!(
            text,
            "  - hostname: h{at}.example.com\n    path: ^/api/v[0-9]+/{at}(/.*)?$\n    service: \
             http://s{at}:8080\n    originRequest: {{connectTimeout: 10s}}"
        );
    }
    text + "  - service: http_status:404\n"
}
