use std::fmt::Write as _;

use miette::Diagnostic;
use serde_json::{Value, json};
use tunctl::api::{Credentials, Reply, WireError};
use tunctl::request::{Method, Request};

use crate::support::log::capture;
use crate::support::script::{Scripted, good, refused, reply};

/// The script's own token.
const TOKEN: &str = "0123456789-the-planted-token";

/// A secret that a body holds, in either direction.
const SECRET: &str = "planted-client-secret";

/// Everything that a run against this answer writes, at the highest level.
fn output(answer: &Result<Reply, WireError>) -> String {
    let world = Scripted::answers(vec![answer.clone()]);
    let request = Request::new(Method::Post, &["accounts", "a", "access", "service_tokens"])
        .body(json!({"tunnel_secret": SECRET}));
    let (result, mut text) = capture(|| world.clock.run(world.client.send(&request)));
    assert!(
        text.contains("service_tokens"),
        "the exchange is logged at all"
    );
    let call = world.sent.lock().unwrap()[0].1.clone();
    write!(text, "{call:?} {answer:?}").unwrap();
    if let Err(error) = result {
        write!(text, "{error} {error:?} {}", error.help().unwrap()).unwrap();
    }
    text
}

fn answers() -> Vec<Result<Reply, WireError>> {
    let echo = format!("<html>Bearer {TOKEN}</html>");
    let secret = json!({"client_secret": SECRET}).to_string();
    vec![
        Ok(good(&json!({"client_secret": SECRET}))),
        Ok(good(&Value::String(SECRET.to_owned()))),
        Ok(reply(502, &[("content-type", "text/html")], echo.clone())),
        Ok(reply(200, &[("content-type", TOKEN)], echo)),
        Ok(reply(200, &[], &secret.as_bytes()[..secret.len() - 1])),
        Ok(reply(200, &[], format!("proxy says:\n{secret}"))),
        Ok(reply(200, &[], format!("[\"{SECRET}\""))),
        Ok(reply(200, &[], format!("\"{SECRET}"))),
        Ok(reply(200, &[], format!("\"{SECRET}\""))),
        Ok(reply(200, &[], secret)),
        Ok(reply(
            302,
            &[("location", &format!("/x/{TOKEN}?secret={SECRET}"))],
            "",
        )),
        Ok(refused(400, 6003, &format!("no good: Bearer {TOKEN}"))),
        Err(WireError::Timeout),
    ]
}

#[test]
fn nothing_secret_is_written_whatever_the_answer() {
    for answer in answers() {
        let said = answer
            .clone()
            .map(|reply| String::from_utf8_lossy(&reply.body).into_owned());
        let text = output(&answer);
        assert!(!text.contains(SECRET), "{said:?}: {text}");
        assert!(!text.contains(TOKEN), "{said:?}: {text}");
    }
}

#[test]
fn what_a_server_echoes_is_blotted_out() {
    let world = Scripted::answers(answers().into_iter().skip(2).take(1).collect());
    let error = world
        .clock
        .run(world.client.send(&Request::new(Method::Post, &["zones"])))
        .unwrap_err();
    insta::assert_snapshot!(error, @"POST /zones failed: status 502, not JSON but text/html: <html>Bearer [REDACTED]</html>");
}

#[test]
fn an_exchange_is_logged_without_its_values() {
    let text = output(&Ok(refused(400, 1056, "m")));
    let line = text.lines().next().unwrap();
    let event = &line[line.find("DEBUG").unwrap()..];
    insta::assert_snapshot!(event, @r#"DEBUG tunctl::api: exchange method="POST" path="/accounts/a/access/service_tokens" status=400 ray="8f00ba5-FRA" millis=0"#);
}

#[test]
fn credentials_show_nothing() {
    let text = format!(
        "{:?} {:?}",
        Credentials::token(TOKEN).unwrap(),
        Credentials::key("me@example.com", TOKEN).unwrap()
    );
    assert!(!text.contains(TOKEN), "{text}");
}
