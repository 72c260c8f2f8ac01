//! A world behind a socket.
//!
//! Invariant: an answer is sent after what it says has been written to the state file.

mod line;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use miette::Diagnostic;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use url::form_urlencoded;

use super::call::{Call, Reply};
use super::envelope::seal;
use super::failure::Failure;
use super::rate::Rate;
use super::state_file::{StateFile, StateFileError};
use super::world::World;
use line::{Cut, Lines};

/// How an emulator starts.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Zones that shall exist, as account and name. Those that do not are made, see
    /// [`World::ensure_zone`].
    pub zones: Vec<(String, String)>,
    /// Where the world is kept. Without it, it ends with the emulator.
    pub state_file: Option<PathBuf>,
    /// Makes the ids of a new world repeat themselves.
    pub seed: Option<u64>,
    /// The rate limit of the world; as it was left, or Cloudflare's, if absent.
    pub rate: Option<Rate>,
}

/// A running emulator. Dropping it ends it too, but does not wait for requests in flight.
#[derive(Debug)]
pub struct Emulator {
    /// Where it listens.
    pub addr: SocketAddr,
    /// What clients take for `https://api.cloudflare.com/client/v4`.
    pub base_url: String,
    shared: Arc<Mutex<Kept>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Why an emulator does not start.
#[derive(Debug, Error, Diagnostic)]
pub enum StartError {
    /// Other machines could reach it, and it asks nobody for a password.
    #[error("the emulator listens on loopback addresses only, not on {0}")]
    #[diagnostic(
        code(tunctl::emulator_not_loopback),
        help("listen on 127.0.0.1 or [::1]")
    )]
    NotLoopback(SocketAddr),
    /// The address is taken, or is not ours.
    #[error("failed to listen on {addr}")]
    #[diagnostic(code(tunctl::emulator_listen))]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The world cannot be loaded or kept.
    #[error(transparent)]
    #[diagnostic(transparent)]
    StateFile(#[from] StateFileError),
}

/// A world and where it is kept.
#[derive(Debug)]
struct Kept {
    world: World,
    file: Option<StateFile>,
}

/// Larger bodies are refused; Cloudflare's limit is not published.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// How long `stop` waits for requests in flight.
const GRACE: Duration = Duration::from_secs(5);
/// The headers that a world reads.
const HEADERS: [&str; 5] = [
    "authorization",
    "content-type",
    "x-auth-email",
    "x-auth-key",
    "x-auth-user-service-key",
];

impl Emulator {
    /// Loads or makes the world and serves it, on any free port if the port is 0.
    ///
    /// # Errors
    ///
    /// If the address is not loopback or not free, or the state file cannot be used.
    pub async fn start(listen: SocketAddr, options: Options) -> Result<Self, StartError> {
        if !listen.ip().is_loopback() {
            return Err(StartError::NotLoopback(listen));
        }
        let failed = |source| StartError::Listen {
            addr: listen,
            source,
        };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Mutex::new(Kept::open(&options)?));
        let router = Router::new()
            .fallback(handle)
            .with_state(Arc::clone(&shared));
        let service = router.into_make_service_with_connect_info::<Cut>();
        let (stop, stopped) = oneshot::channel();
        let serving = axum::serve(Lines(listener), service).with_graceful_shutdown(async {
            // An emulator that is dropped ends as one that is stopped.
            stopped.await.unwrap_or_default();
        });
        let task = tokio::spawn(async { serving.await.unwrap_or_default() });
        Ok(Self {
            addr,
            base_url: format!("http://{addr}/client/v4"),
            shared,
            stop,
            task,
        })
    }

    /// Answers a call without the socket; whatever it changes is kept.
    #[must_use]
    pub fn answer(&self, call: &Call) -> Reply {
        answer(&self.shared, call)
    }

    /// Ends it, after the requests in flight or a few seconds, and leaves the state file as
    /// one document.
    ///
    /// # Errors
    ///
    /// If the state file cannot be written; it still holds every answered write.
    pub async fn stop(self) -> Result<(), StateFileError> {
        let Self {
            shared, stop, task, ..
        } = self;
        drop(stop);
        let abort = task.abort_handle();
        if tokio::time::timeout(GRACE, task).await.is_err() {
            abort.abort();
        }
        let kept = &mut *shared.lock().unwrap_or_else(PoisonError::into_inner);
        kept.file
            .take()
            .map_or(Ok(()), |mut file| file.fold(&kept.world))
    }
}

impl Kept {
    fn open(options: &Options) -> Result<Self, StateFileError> {
        let fresh = || options.seed.map_or_else(World::new, World::with_seed);
        let prepare = |world: &mut World| {
            for (account, zone) in &options.zones {
                world.ensure_zone(account, zone);
            }
            if let Some(rate) = options.rate {
                world.set_rate(rate);
            }
        };
        let Some(path) = &options.state_file else {
            let mut world = fresh();
            prepare(&mut world);
            return Ok(Self { world, file: None });
        };
        let (file, world) = StateFile::open(path, fresh, prepare)?;
        Ok(Self {
            world,
            file: Some(file),
        })
    }

    fn answer(&mut self, call: &Call) -> Reply {
        let reply = self.world.answer(call);
        let Some(file) = &mut self.file else {
            return reply;
        };
        let written = self.world.written();
        match written.map_or(Ok(()), |written| file.write(&self.world, &written)) {
            Ok(()) => reply,
            Err(error) => {
                self.world.undo();
                seal(Err(Failure::new(503, 1000, error.to_string())))
            }
        }
    }
}

fn answer(shared: &Mutex<Kept>, call: &Call) -> Reply {
    let mut kept = shared.lock().unwrap_or_else(PoisonError::into_inner);
    kept.answer(call)
}

async fn handle(
    State(shared): State<Arc<Mutex<Kept>>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
) -> Response {
    let reply = match read(request).await {
        Ok(call) => answer(&shared, &call),
        Err(failure) => seal(Err(failure)),
    };
    if !reply.delay.is_zero() {
        tokio::time::sleep(reply.delay).await;
    }
    if reply.reset {
        cut.cut();
    }
    response(reply)
}

async fn read(request: Request) -> Result<Call, Failure> {
    let (parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    let headers: BTreeMap<String, String> = HEADERS
        .into_iter()
        .filter_map(|name| {
            let value = parts.headers.get(name)?;
            let value = String::from_utf8_lossy(value.as_bytes());
            Some((name.to_owned(), value.into_owned()))
        })
        .collect();
    let body = to_bytes(body, MOST_BYTES).await;
    let body = body.map_err(|_| Failure::new(413, 1001, "the request body is too large"))?;
    Ok(Call {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        headers,
        body: body.to_vec(),
    })
}

fn response(reply: Reply) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in reply.headers {
        let name = HeaderName::try_from(name);
        let value = HeaderValue::try_from(value);
        if let (Ok(name), Ok(value)) = (name, value) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
