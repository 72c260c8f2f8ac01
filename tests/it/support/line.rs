//! The way from the client to the emulator, in process or over HTTP; it counts, remembers what
//! writes have done, and can be cut.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use serde_json::Value;
use tunctl::api::base::Base;
use tunctl::api::http::HttpSettings;
use tunctl::api::{Call, Http, Reply, Wire, WireError};
use tunctl::emulator::{self, Emulator, Rate};
use tunctl::request::Method;

/// When the process dies or loses an answer, in requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kill {
    /// Never.
    Never,
    /// The request with this number, from 0, and all later ones are not sent.
    Before(usize),
    /// The request with this number is carried out, its answer is lost, and no later one is sent.
    After(usize),
    /// The request with this number is carried out and its answer is lost; the process lives.
    Lose(usize),
}

/// A write, and the whole account right after it.
pub(crate) struct Moment {
    /// Method and path.
    pub(crate) call: String,
    /// What was sent.
    pub(crate) body: String,
    /// The status of the answer; 0 if there is none.
    pub(crate) status: u16,
    /// The emulator's state.
    pub(crate) state: Value,
}

/// The emulator behind the client's own interface.
#[derive(Clone)]
pub(crate) struct Line {
    end: Rc<End>,
    pub(super) kill: Rc<Cell<Kill>>,
    pub(super) sent: Rc<Cell<usize>>,
    /// Whether the process is dead: it does nothing more then, also nothing that is no request.
    pub(super) dead: Rc<Cell<bool>>,
    moments: Rc<RefCell<Option<Vec<Moment>>>>,
    lie: Rc<RefCell<Option<Box<Lie>>>>,
}

/// What a lying server makes of the `result` of an answer, given the method and the path.
type Lie = dyn FnMut(&str, &str, &mut Value);

enum End {
    InProcess(Box<RefCell<emulator::World>>),
    Loopback {
        emulator: Emulator,
        http: Box<Http>,
        runtime: tokio::runtime::Runtime,
    },
}

/// Nobody is refused: what a limit does is tested elsewhere.
fn unlimited() -> Rate {
    Rate {
        enforced: false,
        ..Rate::default()
    }
}

impl Line {
    fn new(end: End) -> Self {
        Self {
            end: Rc::new(end),
            kill: Rc::new(Cell::new(Kill::Never)),
            dead: Rc::default(),
            sent: Rc::new(Cell::new(0)),
            moments: Rc::default(),
            lie: Rc::default(),
        }
    }

    /// To a world of its own, without a socket. Time stands still there, so that the same calls
    /// lead to the same state.
    pub(crate) fn in_process() -> Self {
        let mut world = emulator::World::with_seed(1);
        world.set_rate(unlimited());
        world.set_clock("2026-01-01T00:00:00Z".parse().ok());
        Self::new(End::InProcess(Box::new(RefCell::new(world))))
    }

    /// To an emulator that listens on a loopback port of its own.
    pub(crate) fn loopback() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime without options");
        let options = emulator::Options {
            seed: Some(1),
            rate: Some(unlimited()),
            ..emulator::Options::default()
        };
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let emulator = runtime.block_on(Emulator::start(any, options));
        let emulator = emulator.expect("a loopback port is free");
        let settings = HttpSettings {
            base: Base::parse(&emulator.base_url).expect("a URL"),
            ..HttpSettings::default()
        };
        let http = Http::new(&settings).expect("HTTP without a CA file");
        Self::new(End::Loopback {
            emulator,
            http: Box::new(http),
            runtime,
        })
    }

    /// Another world in process that is now as this one.
    pub(crate) fn fork(&self) -> Self {
        let fork = Self::in_process();
        let state = self.state();
        let body = state.to_string().into_bytes();
        let mut call = emulator::Call::new("PUT", "/_emulator/state");
        call.body = body;
        assert_eq!(fork.answer(&call).status, 200);
        fork
    }

    /// Runs the client to its end.
    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let mut future = pin!(future);
        let living = poll_fn(|context| {
            let polled = future.as_mut().poll(context);
            if self.dead.get() {
                return Poll::Ready(None);
            }
            polled.map(Some)
        });
        match &*self.end {
            End::InProcess(_) => futures::executor::block_on(living),
            End::Loopback { runtime, .. } => runtime.block_on(living),
        }
    }

    /// The end of the process: nothing behind it ever happens.
    async fn die<T>(&self) -> T {
        self.dead.set(true);
        std::future::pending().await
    }

    /// Asks the emulator past the client, and past the count.
    pub(crate) fn answer(&self, call: &emulator::Call) -> emulator::Reply {
        match &*self.end {
            End::InProcess(world) => world.borrow_mut().answer(call),
            End::Loopback { emulator, .. } => emulator.answer(call),
        }
    }

    /// The emulator's state.
    pub(crate) fn state(&self) -> Value {
        match &*self.end {
            End::InProcess(world) => world.borrow().state(),
            End::Loopback { .. } => {
                let get = emulator::Call::new("GET", "/_emulator/state");
                self.answer(&get).json()["result"].take()
            }
        }
    }

    /// What the emulator's clock shows while it stands still.
    pub(crate) fn time(&self) -> jiff::Timestamp {
        let state = self.state();
        let clock = &state["settings"]["clock"]["frozen"];
        let at = clock.as_str().and_then(|it| it.parse().ok());
        at.unwrap_or_default()
    }

    /// From now on every write is remembered together with the state after it.
    pub(crate) fn watch(&self) {
        *self.moments.borrow_mut() = Some(Vec::new());
    }

    /// What has been remembered; nothing is any more.
    pub(crate) fn watched(&self) -> Vec<Moment> {
        self.moments.borrow_mut().take().unwrap_or_default()
    }

    /// From now on answers are not what the emulator said.
    pub(crate) fn lie(&self, lie: impl FnMut(&str, &str, &mut Value) + 'static) {
        *self.lie.borrow_mut() = Some(Box::new(lie));
    }

    fn told(&self, method: Method, target: &str, mut reply: Reply) -> Reply {
        if let Some(lie) = &mut *self.lie.borrow_mut()
            && let Ok(mut body) = serde_json::from_slice::<Value>(&reply.body)
        {
            lie(method.as_str(), target, &mut body["result"]);
            reply.body = body.to_string().into_bytes();
        }
        reply
    }

    async fn carry(&self, call: Call) -> Result<Reply, WireError> {
        let world = match &*self.end {
            End::InProcess(world) => world,
            End::Loopback { http, .. } => return http.exchange(call).await,
        };
        let target = format!("/client/v4{}", call.target);
        let mut sent = emulator::Call::new(call.method.as_str(), &target);
        for (name, value) in &call.headers {
            sent = sent.header(name, value);
        }
        sent.body = call.body.unwrap_or_default();
        let reply = world.borrow_mut().answer(&sent);
        if reply.reset {
            return Err(WireError::Broken("reset".to_owned()));
        }
        let headers = reply.headers.into_iter();
        Ok(Reply {
            status: reply.status,
            headers: headers
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect(),
            body: reply.body,
        })
    }
}

impl Wire for Line {
    async fn exchange(&self, call: Call) -> Result<Reply, WireError> {
        let number = self.sent.get();
        self.sent.set(number + 1);
        let lost = match self.kill.get() {
            Kill::Before(last) if number >= last => return self.die().await,
            Kill::After(last) if number > last => return self.die().await,
            Kill::After(lost) | Kill::Lose(lost) => number == lost,
            Kill::Before(_) | Kill::Never => false,
        };
        let written = (call.method != Method::Get).then(|| {
            let body = String::from_utf8_lossy(call.body.as_deref().unwrap_or_default());
            let line = format!("{} {}", call.method.as_str(), call.target);
            (line, body.into_owned())
        });
        let (method, target) = (call.method, call.target.clone());
        let reply = self.carry(call).await;
        let reply = reply.map(|reply| self.told(method, &target, reply));
        if let (Some((call, body)), Some(moments)) = (written, &mut *self.moments.borrow_mut()) {
            let state = self.state();
            let status = reply.as_ref().map_or(0, |reply| reply.status);
            moments.push(Moment {
                call,
                body,
                status,
                state,
            });
        }
        if lost && matches!(self.kill.get(), Kill::After(_)) {
            return self.die().await;
        }
        if lost {
            return Err(WireError::Broken("reset".to_owned()));
        }
        reply
    }
}
