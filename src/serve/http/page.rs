//! The page: an owner's tunnels, their leases and connectors, and a button that ends one. Rendered
//! here, without scripts.

use std::fmt::Write as _;

use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use url::form_urlencoded;

use super::sessions::Session;
use super::{App, Asked, text};
use crate::serve::record::{Record, Status, time};
use crate::serve::refusal::Refusal;

const COOKIE: &str = "tunctl_serve";

/// Nothing but what is in the page itself; no other site may frame it or be posted to.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1a1a1a;background:#fff}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #ddd}\
button{font:inherit;padding:.2rem .8rem;cursor:pointer}.stopping{color:#8a5a00}.note{background:#fff4d6;padding:.5rem .8rem}\
input{font:inherit;padding:.2rem .4rem;width:24rem;max-width:90%}\
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}th,td{border-color:#444}.note{background:#3a3000}.stopping{color:#e0b050}}";

impl App {
    pub(super) async fn page(&self, asked: &Asked, get: bool) -> Response {
        let now = self.service.clocks.now();
        let key = cookie(asked);
        let session = key.and_then(|it| self.sessions.find(it, now));
        if get {
            return match (asked.path.as_str(), session) {
                ("/", Some(session)) => self.tunnels(&session, None).await,
                ("/", None) => sign_in(StatusCode::OK, None),
                _ => away(),
            };
        }
        if asked.method != Method::POST || !is_own(asked) {
            return sign_in(
                StatusCode::FORBIDDEN,
                Some("This request came from elsewhere."),
            );
        }
        match (asked.path.as_str(), session) {
            ("/login", _) => self.login(asked),
            ("/stop", Some(session)) => self.button(asked, &session).await,
            ("/logout", Some(session)) if is_sealed(asked, &session) => {
                self.sessions.close(key.unwrap_or_default());
                with_cookie(away(), &format!("{COOKIE}=; Path=/; Max-Age=0"))
            }
            ("/stop" | "/logout", None) => {
                sign_in(StatusCode::UNAUTHORIZED, Some("You are not signed in."))
            }
            _ => sign_in(
                StatusCode::FORBIDDEN,
                Some("The form is not from this page."),
            ),
        }
    }

    fn login(&self, asked: &Asked) -> Response {
        let given = field(asked, "token").unwrap_or_default();
        match self.service.caller(Some(given.trim())) {
            Err(_) => sign_in(StatusCode::UNAUTHORIZED, Some("This token is nobody's.")),
            Ok(caller) => {
                let key = self
                    .sessions
                    .open(caller.clone(), self.service.clocks.now());
                let secure = if self.is_secure { "; Secure" } else { "" };
                let cookie = format!(
                    "{COOKIE}={key}; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200{secure}"
                );
                with_cookie(away(), &cookie)
            }
        }
    }

    async fn button(&self, asked: &Asked, session: &Session) -> Response {
        if !is_sealed(asked, session) {
            return sign_in(
                StatusCode::FORBIDDEN,
                Some("The form is not from this page."),
            );
        }
        let room = self.service.room(&session.caller.owner, false);
        let id = field(asked, "id").unwrap_or_default();
        let end = if room.over {
            Err(Refusal::throttled(room.reset))
        } else {
            self.service.stop(&session.caller, &id).await
        };
        match end {
            Ok(()) => away(),
            Err(refusal) => self.tunnels(session, Some(&refusal)).await,
        }
    }

    async fn tunnels(&self, session: &Session, refusal: Option<&Refusal>) -> Response {
        let tunnels = self.service.connected(&session.caller.owner).await;
        let mut body = String::new();
        if let Some(refusal) = refusal {
            let _ = write!(
                body,
                "<p class=note role=alert>{} <code>{}</code></p>",
                escaped(&refusal.message),
                refusal.code
            );
        }
        let seal = &session.seal;
        let _ = write!(
            body,
            "<p>{} of at most {} tunnels of <b>{}</b>.</p><table><thead><tr><th>Hostname<th>State\
             <th>Port<th>Connectors<th>Lease until<th></thead><tbody>",
            tunnels.len(),
            session.caller.quota,
            escaped(&session.caller.owner)
        );
        for (record, connectors) in &tunnels {
            body.push_str(&row(record, *connectors, seal));
        }
        let _ = write!(
            body,
            "</tbody></table><form method=post action=/logout><input type=hidden name=seal value=\"{seal}\">\
             <p><button>Sign out</button></p></form>"
        );
        let status = refusal.map_or(200, |it| it.status);
        framed(
            StatusCode::from_u16(status).unwrap_or(StatusCode::OK),
            &body,
        )
    }
}

fn row(record: &Record, connectors: Option<usize>, seal: &str) -> String {
    let host = escaped(&record.hostname);
    let state = record.status.name();
    let since = match &record.stopping {
        Some(stopping) => format!(
            " since {}, {} attempts",
            time(stopping.since),
            stopping.attempts
        ),
        None => String::new(),
    };
    let why = record
        .last_error
        .as_deref()
        .map(escaped)
        .unwrap_or_default();
    let connectors = connectors.map_or("unknown".to_owned(), |it| it.to_string());
    let lease = match (record.status, record.expires_at) {
        (Status::Active, Some(at)) => time(at),
        (
            Status::Creating | Status::Active | Status::Stopping | Status::Stopped | Status::Failed,
            _,
        ) => String::new(),
    };
    format!(
        "<tr><td><a href=\"https://{host}/\" rel=noreferrer>{host}</a><td class={state} title=\"{why}\">{state}{since}\
         <td>{}<td>{connectors}<td>{lease}<td><form method=post action=/stop>\
         <input type=hidden name=seal value=\"{seal}\"><input type=hidden name=id value=\"{}\">\
         <button aria-label=\"Stop {host}\">Stop</button></form>",
        record.port, record.id
    )
}

fn sign_in(status: StatusCode, why: Option<&str>) -> Response {
    let why = why.map(|it| format!("<p class=note role=alert>{}</p>", escaped(it)));
    let body = format!(
        "{}<form method=post action=/login><p><label>Token<br><input type=password name=token \
         autocomplete=current-password required></label></p><p><button>Sign in</button></p></form>",
        why.unwrap_or_default()
    );
    framed(status, &body)
}

fn framed(status: StatusCode, body: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport \
         content=\"width=device-width\"><title>Tunnels</title><style>{STYLE}</style></head>\
         <body><h1>Tunnels</h1>{body}</body></html>"
    );
    let mut response = text("text/html; charset=utf-8", page);
    *response.status_mut() = status;
    let policy = HeaderValue::from_static(POLICY);
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// Back to the page, so that reloading it sends no form again.
fn away() -> Response {
    let mut response = text("text/plain", String::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let home = HeaderValue::from_static("/");
    response.headers_mut().insert(header::LOCATION, home);
    response
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn cookie(asked: &Asked) -> Option<&str> {
    let mut pairs = asked.header("cookie")?.split(';');
    pairs.find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

fn field(asked: &Asked, name: &str) -> Option<String> {
    let mut fields = form_urlencoded::parse(&asked.body);
    fields.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

fn is_sealed(asked: &Asked, session: &Session) -> bool {
    field(asked, "seal").is_some_and(|it| it == session.seal)
}

/// Whether a form was sent by a page of ours, as far as the browser says. The seal says it too;
/// signing in has none yet.
fn is_own(asked: &Asked) -> bool {
    let fetched = asked.header("sec-fetch-site");
    let same = fetched.is_none_or(|it| matches!(it, "same-origin" | "none"));
    let host = asked.header("host").unwrap_or_default();
    let own = match asked.header("origin") {
        None => true,
        Some(origin) => origin.split_once("://").is_some_and(|(_, it)| it == host),
    };
    same && own
}

fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter if letter.is_control() => safe.push('\u{fffd}'),
            letter => safe.push(letter),
        }
    }
    safe
}
