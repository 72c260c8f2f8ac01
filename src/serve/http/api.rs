//! `/v1/tunnels`, as published.

use axum::http::{HeaderValue, Method};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{App, Asked, json_of, refused};
use crate::serve::limit::Room;
use crate::serve::record::time;
use crate::serve::refusal::Refusal;
use crate::serve::slug;
use crate::serve::token::Caller;

/// The longest name of DNS.
const LONGEST: usize = 253;

/// What a request to the API is.
enum Route<'a> {
    Create,
    List,
    Heartbeat(&'a str),
    Stop(&'a str),
}

impl Route<'_> {
    fn of(asked: &Asked) -> Option<Route<'_>> {
        let rest = asked.path.strip_prefix("/v1/tunnels")?;
        match (&asked.method, rest.strip_prefix('/')) {
            (&Method::POST, None) if rest.is_empty() => Some(Route::Create),
            (&Method::GET, None) if rest.is_empty() => Some(Route::List),
            (&Method::DELETE, Some(id)) if !id.contains('/') => Some(Route::Stop(id)),
            (&Method::POST, Some(id)) => {
                let id = id.strip_suffix("/heartbeat")?;
                (!id.contains('/')).then_some(Route::Heartbeat(id))
            }
            _ => None,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::List => "list",
            Self::Heartbeat(_) => "heartbeat",
            Self::Stop(_) => "delete",
        }
    }
}

impl App {
    pub(super) async fn api(&self, asked: &Asked) -> (&'static str, Response) {
        let Some(route) = Route::of(asked) else {
            return ("none", no_route(asked));
        };
        let name = route.name();
        if let Route::Heartbeat(reference) = route {
            let beat = self.beat(asked, reference);
            return (
                name,
                beat.map_or_else(|it| refused(&it), |it| json_of(200, &it)),
            );
        }
        let caller = match self.service.caller(asked.bearer()) {
            Ok(caller) => caller.clone(),
            Err(refusal) => return (name, refused(&refusal)),
        };
        let room = self
            .service
            .room(&caller.owner, matches!(route, Route::Create));
        let answer = if room.over {
            Err(Refusal::throttled(room.reset))
        } else {
            self.carry(&route, &caller, asked).await
        };
        let response = answer.map_or_else(|it| refused(&it), |it| json_of(200, &it));
        (name, with_room(response, room))
    }

    async fn carry(
        &self,
        route: &Route<'_>,
        caller: &Caller,
        asked: &Asked,
    ) -> Result<Value, Refusal> {
        match route {
            Route::Create => self.create(caller, &asked.body).await,
            Route::List => {
                let mut query = form_urlencoded::parse(asked.query.as_bytes());
                let all = query.any(|(key, value)| {
                    key == "includeInactive" && matches!(value.as_ref(), "true" | "1")
                });
                Ok(Value::Array(self.service.list(&caller.owner, all)))
            }
            Route::Heartbeat(reference) => self.beat(asked, reference),
            Route::Stop(reference) => {
                let reference = identifier(reference)?;
                self.service.stop(caller, &reference).await?;
                Ok(json!({"ok": true}))
            }
        }
    }

    async fn create(&self, caller: &Caller, body: &[u8]) -> Result<Value, Refusal> {
        let (port, asked) = wanted(body)?;
        let created = self.service.create(caller, port, asked).await?;
        let settings = &self.service.settings;
        Ok(json!({
            "tunnelId": created.record.id,
            "hostname": created.record.hostname,
            "cloudflaredToken": created.connector.expose(),
            "tunnelRunToken": created.run.expose(),
            "heartbeatIntervalSec": settings.beat.as_secs(),
            "leaseTimeoutSec": settings.lease.as_secs(),
        }))
    }

    fn beat(&self, asked: &Asked, reference: &str) -> Result<Value, Refusal> {
        let reference = match identifier(reference) {
            Ok(reference) => reference,
            // Who has no token is told nothing of what an identifier is.
            Err(_) if asked.bearer().is_none() => String::new(),
            Err(refusal) => return Err(refusal),
        };
        let expires = self.service.heartbeat(asked.bearer(), &reference)?;
        Ok(json!({"ok": true, "expiresAt": time(expires)}))
    }
}

/// The port and the slug of a create.
fn wanted(body: &[u8]) -> Result<(u16, Option<String>), Refusal> {
    let body: Value =
        serde_json::from_slice(body).map_err(|_| Refusal::input(None, "Expected a JSON object"))?;
    let Value::Object(fields) = body else {
        return Err(Refusal::input(None, "Expected a JSON object"));
    };
    let bad = || Refusal::input(Some("port"), "Expected a whole number from 1 to 65535");
    let port = fields.get("port").and_then(whole).ok_or_else(bad)?;
    let slug = match fields.get("requestedSlug") {
        None => None,
        Some(Value::String(text)) => slug::asked(text)?,
        Some(_) => return Err(Refusal::input(Some("requestedSlug"), "Expected a text")),
    };
    Ok((port, slug))
}

/// JSON has one sort of number: 3000.0 is 3000.
fn whole(value: &Value) -> Option<u16> {
    let number = value.as_f64()?;
    let port = value.as_u64().or_else(|| {
        let is_port = number.fract() == 0.0 && (1.0..=65535.0).contains(&number);
        is_port.then(|| format!("{number:.0}").parse().ok())?
    })?;
    u16::try_from(port).ok().filter(|it| *it > 0)
}

/// What a path names.
///
/// # Errors
/// If it cannot name anything.
pub(super) fn identifier(segment: &str) -> Result<String, Refusal> {
    if segment.is_empty() {
        return Err(Refusal::identifier("Tunnel identifier is required."));
    }
    let bad = || Refusal::identifier("Tunnel identifier is malformed.");
    let escapes = segment.split('%').skip(1).all(|it| {
        let hex = it.as_bytes().get(..2);
        hex.is_some_and(|it| it.iter().all(u8::is_ascii_hexdigit))
    });
    let decoded = percent_decode_str(segment)
        .decode_utf8()
        .map_err(|_| bad())?;
    if !escapes || decoded.chars().any(char::is_control) || decoded.len() > LONGEST {
        return Err(bad());
    }
    Ok(decoded.into_owned())
}

/// As rs-tunnel's framework answers what is no route, with a code besides.
fn no_route(asked: &Asked) -> Response {
    let path: String = asked.path.chars().take(200).collect();
    let message = format!("Route {}:{path} not found", asked.method);
    let body = json!({"message": message, "error": "Not Found", "statusCode": 404, "code": "ROUTE_NOT_FOUND"});
    json_of(404, &body)
}

fn with_room(mut response: Response, room: Room) -> Response {
    let headers = response.headers_mut();
    headers.insert("x-ratelimit-limit", HeaderValue::from(room.limit));
    headers.insert("x-ratelimit-remaining", HeaderValue::from(room.left));
    headers.insert("x-ratelimit-reset", HeaderValue::from(room.reset));
    response
}
