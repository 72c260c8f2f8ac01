//! The service over HTTP/1.1: connections with limits and deadlines, on a thread of its own, so
//! that neither a slow store nor a slow client holds anybody else up.

mod api;
mod openapi;
mod page;
mod sessions;
pub mod tls;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use axum::response::Response;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

pub use self::openapi::document;
use self::sessions::Sessions;
use super::refusal::Refusal;
use super::service::Service;

/// How connections are treated.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at a time; more wait.
    pub connections: usize,
    /// How long the head of a request, its body, or a handshake may take.
    pub patience: Duration,
    /// The longest body in bytes.
    pub body: usize,
    /// How long requests may go on after the end was asked for.
    pub farewell: Duration,
}

impl Default for Limits {
    /// A body is a port and a slug; 16 KiB are plenty.
    fn default() -> Self {
        Self {
            connections: 1024,
            patience: Duration::from_secs(10),
            body: 16 * 1024,
            farewell: Duration::from_secs(30),
        }
    }
}

/// The longest head of a request in bytes, and the most headers. Hyper takes no less than 8 KiB.
const HEAD: usize = 16 * 1024;
const HEADERS: usize = 64;

/// What answers requests.
pub(super) struct App {
    service: Arc<Service>,
    sessions: Sessions,
    limits: Limits,
    is_secure: bool,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub addr: SocketAddr,
    stop: watch::Sender<bool>,
    thread: std::thread::JoinHandle<()>,
}

impl Server {
    /// Begins to listen.
    ///
    /// # Errors
    /// If the address cannot be had.
    pub fn start(
        listen: SocketAddr,
        service: Arc<Service>,
        limits: Limits,
        tls: Option<TlsAcceptor>,
    ) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = watch::channel(false);
        let app = Arc::new(App {
            service,
            sessions: Sessions::default(),
            limits,
            is_secure: tls.is_some(),
        });
        let thread = std::thread::Builder::new().name("serve-http".to_owned());
        let thread = thread.spawn(move || {
            runtime.block_on(async move {
                match TcpListener::from_std(listener) {
                    Ok(listener) => listen_to(listener, app, tls, stopped).await,
                    Err(error) => tracing::error!(%error, "cannot listen"),
                }
            });
        })?;
        Ok(Self { addr, stop, thread })
    }

    /// Takes no more connections, and waits for the requests that are under way.
    pub fn stop(self) {
        self.stop.send_replace(true);
        // A panic in it was printed already.
        let _ = self.thread.join();
    }
}

async fn listen_to(
    listener: TcpListener,
    app: Arc<App>,
    tls: Option<TlsAcceptor>,
    mut stopped: watch::Receiver<bool>,
) {
    let slots = Arc::new(Semaphore::new(app.limits.connections));
    let all = u32::try_from(app.limits.connections).unwrap_or(u32::MAX);
    loop {
        let accepted = tokio::select! {
            accepted = async {
                let slot = Arc::clone(&slots).acquire_owned().await;
                (slot, listener.accept().await)
            } => accepted,
            () = asked_to_stop(&mut stopped) => break,
        };
        let (Ok(slot), Ok((stream, _))) = accepted else {
            // Out of file descriptors, or a client that was gone at once.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (app, tls, stopped) = (Arc::clone(&app), tls.clone(), stopped.clone());
        tokio::spawn(async move {
            // Answers are short: waiting to fill packets only makes them late.
            let _ = stream.set_nodelay(true);
            match tls {
                None => connection(stream, app, stopped).await,
                Some(tls) => {
                    let shaken = tokio::time::timeout(app.limits.patience, tls.accept(stream));
                    if let Ok(Ok(stream)) = shaken.await {
                        connection(stream, app, stopped).await;
                    }
                }
            }
            drop(slot);
        });
    }
    let ended = slots.acquire_many(all);
    let _ = tokio::time::timeout(app.limits.farewell, ended).await;
}

async fn asked_to_stop(stopped: &mut watch::Receiver<bool>) {
    // Without a sender there is nobody to wait for either.
    let _ = stopped.wait_for(|it| *it).await;
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    app: Arc<App>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(app.limits.patience)
        .max_buf_size(HEAD)
        .max_headers(HEADERS);
    let answer = service_fn(|request: Request<hyper::body::Incoming>| {
        let app = Arc::clone(&app);
        async move { Ok::<_, std::convert::Infallible>(app.answer(request.map(Body::new)).await) }
    });
    let mut connection = pin!(server.serve_connection(TokioIo::new(stream), answer));
    // A connection that ends badly is its client's business.
    let is_over = tokio::select! {
        _ = connection.as_mut() => true,
        () = asked_to_stop(&mut stopped) => false,
    };
    if !is_over {
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

/// What is known of a request once all of it has come.
pub(super) struct Asked {
    method: Method,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Asked {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }
}

impl App {
    async fn answer(&self, request: Request<Body>) -> Response {
        let method = request.method().clone();
        let (route, mut response) = match self.take(request).await {
            Ok(asked) => self.dispatch(&asked).await,
            Err(refusal) => ("unread", refused(&refusal)),
        };
        let headers = response.headers_mut();
        let set = [
            (header::CACHE_CONTROL, "no-store"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            // Not `no-referrer`: a browser would say `Origin: null` of our own forms.
            (header::REFERRER_POLICY, "same-origin"),
        ];
        for (name, value) in set {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let status = response.status().as_u16();
        tracing::info!(method = known(&method), route, status, "request");
        let series =
            format!("tunctl_serve_requests_total{{route=\"{route}\",status=\"{status}\"}}");
        self.service.metrics.count(&series);
        response
    }

    /// Reads a request to its end, within the limits.
    async fn take(&self, request: Request<Body>) -> Result<Asked, Refusal> {
        let (head, body) = request.into_parts();
        if head.headers.contains_key(header::TRANSFER_ENCODING) {
            // Where two parties disagree on where a body ends, a request is smuggled; a length
            // leaves nothing to disagree on.
            let message = "Send a Content-Length instead of a Transfer-Encoding.";
            return Err(Refusal::new(411, "LENGTH_REQUIRED", message));
        }
        let long = || Refusal::new(413, "PAYLOAD_TOO_LARGE", "The body is too long.");
        let length = head.headers.get(header::CONTENT_LENGTH);
        let length = length.and_then(|it| it.to_str().ok()?.parse::<usize>().ok());
        if length.is_some_and(|it| it > self.limits.body) {
            return Err(long());
        }
        let read = tokio::time::timeout(self.limits.patience, to_bytes(body, self.limits.body));
        let late = |_| Refusal::new(408, "REQUEST_TIMEOUT", "The body did not come in time.");
        let body = read.await.map_err(late)?.map_err(|_| long())?;
        Ok(Asked {
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            body: body.to_vec(),
        })
    }

    async fn dispatch(&self, asked: &Asked) -> (&'static str, Response) {
        let get = asked.method == Method::GET || asked.method == Method::HEAD;
        match asked.path.as_str() {
            "/healthz" if get => ("healthz", self.health()),
            "/metrics" if get => (
                "metrics",
                text("text/plain; version=0.0.4", self.service.metrics()),
            ),
            "/openapi.json" if get => ("openapi", json_of(200, &document())),
            "/" | "/login" | "/logout" | "/stop" => ("page", self.page(asked, get).await),
            _ => self.api(asked).await,
        }
    }

    /// Whether it can do its work: 503 once it is ending, or has lost its lock.
    fn health(&self) -> Response {
        match self.service.ready() {
            Ok(()) => json_of(200, &json!({"ok": true})),
            Err(refusal) => refused(&refusal),
        }
    }
}

/// A method that is one of the few; others are whatever a client likes.
fn known(method: &Method) -> &'static str {
    let all = ["GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"];
    all.into_iter()
        .find(|it| *it == method.as_str())
        .unwrap_or("OTHER")
}

fn refused(refusal: &Refusal) -> Response {
    let mut response = json_of(refusal.status, &refusal.body());
    if let Some(seconds) = refusal.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    if matches!(refusal.status, 408 | 411 | 413) {
        // What is left of the body is not read.
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}

fn json_of(status: u16, body: &Value) -> Response {
    let mut response = text("application/json; charset=utf-8", body.to_string());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

fn text(kind: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
