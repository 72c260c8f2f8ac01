//! `tunctl serve`: the lifecycle as a service, for as long as it holds its lock.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tracing_subscriber::filter::LevelFilter;

use super::console::{self, Console, Trouble};
use super::session::Session;
use super::{environment, runtime, signals};
use crate::apply::Stop;
use crate::claim::Claim;
use crate::cli::{Global, HashToken, ServeArgs, ServeHelper};
use crate::desired::Drain;
use crate::exit::Exit;
use crate::kind::Kind as _;
use crate::kind::tunnel::Tunnel;
use crate::problem::Problem;
use crate::serve::http::{Limits, Server, tls};
use crate::serve::{Engine, Estate, Service, Settings, Shelf, Tokens, token};
use crate::source::Sources;
use crate::store::{Holder, MachineClocks, Name};

/// The command `serve`: until a signal, or at once for its helper.
pub(super) fn run(
    console: &Console,
    global: &Global,
    arguments: &ServeArgs,
) -> Result<Exit, Trouble> {
    if let Some(ServeHelper::HashToken(wanted)) = &arguments.helper {
        return hash_token(wanted);
    }
    let (settings, tokens) = checked(global, arguments)?;
    if global.verbose == 0 && !global.quiet {
        console.log(LevelFilter::INFO);
    }
    let hosts = tokens.domains().chain([settings.domain.as_str()]);
    let hosts: BTreeSet<_> = hosts
        .map(|host| (settings.account.clone(), host.to_owned()))
        .collect();
    let runtime = runtime()?;
    let end = runtime.block_on(async {
        let session = Session::open_for(console, global, hosts).await?;
        let stop = Stop::default();
        let lock = BTreeSet::from([Shelf::lock(&settings.account, &settings.stack)]);
        let work = serve(&session, &stop, (settings, tokens), arguments);
        let locked = session
            .locks
            .holding(console, (&session, &stop), &lock, work);
        let end = signals::heed(console, &stop, Box::pin(locked)).await;
        let closed = session.close().await;
        let end = end?;
        closed.map(|()| end)
    });
    runtime.shutdown_background();
    end
}

/// Serves while the lock is held.
async fn serve(
    session: &Session,
    stop: &Stop,
    (settings, tokens): (Settings, Tokens),
    arguments: &ServeArgs,
) -> Result<Exit, Trouble> {
    let store = &session.locks.store;
    claim(session, &settings).await?;
    let shelf = Shelf::new(store.clone(), &settings.account, &settings.stack);
    let records = shelf.load().await.map_err(Trouble::report)?;
    let estate = Estate {
        client: &session.client,
        clock: session.clock.as_ref(),
        clocks: Arc::new(MachineClocks::default()),
        store,
        account: settings.account.clone(),
        stack: settings.stack.clone(),
        drain: settings.drain,
        scope: RefCell::new(None),
    };
    let fence = Arc::clone(&session.fence);
    let permit = Box::new(move || fence.is_open());
    let clocks = Arc::clone(&estate.clocks);
    let (service, jobs) = Service::new(settings, tokens, clocks, permit);
    service.load(records);
    let tls = match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(chain), Some(key)) => Some(tls::acceptor(chain, key)?),
        (None, _) | (_, None) => None,
    };
    let scheme = if tls.is_some() { "https" } else { "http" };
    let server = Server::start(
        arguments.listen,
        Arc::clone(&service),
        Limits::default(),
        tls,
    )?;
    console::print(&format!(
        "Tunnels are served at {scheme}://{}\n",
        server.addr
    ))?;
    let engine = Engine {
        service,
        estate,
        shelf,
    };
    engine.run(jobs, stop).await;
    server.stop();
    Ok(Exit::Success)
}

/// Writes down that every tunnel named like ours is ours, so that no stack of a manifest takes one
/// for its own.
///
/// # Errors
/// If another stack owns such names already, or the store does not answer.
async fn claim(session: &Session, settings: &Settings) -> Result<(), Trouble> {
    let store = &session.locks.store;
    let pattern = format!("{}-*", settings.stack);
    let own = Claim {
        stack: settings.stack.clone(),
        at: Timestamp::now(),
        commit: None,
        declares: Vec::new(),
        owns: [(Tunnel::NAME.to_owned(), vec![pattern])].into(),
    };
    let read = session.locks.claims(&settings.account, &settings.stack);
    for other in read.await.map_err(Trouble::report)? {
        let prefix = format!("{}-", settings.stack);
        let mut declared = other.declares.iter();
        let declares = declared.find(|it| it.kind == Tunnel::NAME && it.name.starts_with(&prefix));
        if let Some(address) = declares {
            let message = format!("stack `{}` declares `{address}`", other.stack);
            return Err(Problem::new("tunctl::overlapping_owns", message)
                .help("give the service another `--stack`: its tunnels' names begin with it")
                .into());
        }
        if let Some(clash) = own.contradiction(&other) {
            return Err(clash.into());
        }
    }
    let name = Name::claim(&settings.account, &settings.stack).map_err(Trouble::report)?;
    let bytes = serde_json::to_vec_pretty(&own).expect("a claim is plain data");
    store.put(&name, &bytes).await.map_err(Trouble::report)
}

/// What the command line says, if the service can be run so. All mistakes at once.
fn checked(global: &Global, arguments: &ServeArgs) -> Result<(Settings, Tokens), Trouble> {
    let variables = environment::for_manifests(global)?;
    let account = variables.get(environment::ACCOUNT);
    let account = account.map(|it| it.to_lowercase()).unwrap_or_default();
    let mut problems = mistakes(&account, arguments);
    let domain = token::domain(arguments.base_domain.as_deref().unwrap_or_default());
    let domain = domain.unwrap_or_else(|why| {
        let help = "write a name such as tunnel.example.com";
        problems.push(wrong(format!("--base-domain {why}"), help));
        String::new()
    });
    let tokens = read(arguments.tokens.as_deref().unwrap_or(Path::new("")));
    let tokens = tokens.unwrap_or_else(|more| {
        problems.extend(more);
        Tokens::default()
    });
    if !problems.is_empty() {
        return Err(Trouble::Problems(problems, Sources::default()));
    }
    let seconds = arguments.drain_timeout.as_secs();
    let settings = Settings {
        stack: arguments.stack.clone(),
        account,
        domain,
        lease: arguments.lease,
        beat: arguments.heartbeat,
        drain: Drain::Wait { seconds },
        total: usize::try_from(arguments.max_tunnels).unwrap_or(usize::MAX),
        creates: arguments.creates_per_minute,
        requests: arguments.requests_per_minute,
        background: usize::from(global.parallelism),
        host: Holder::here(&environment::for_stores()).host,
    };
    Ok((settings, tokens))
}

fn mistakes(account: &str, arguments: &ServeArgs) -> Vec<Problem> {
    let mut problems = Vec::new();
    if account.len() != 32 || !account.bytes().all(|it| it.is_ascii_hexdigit()) {
        let message = "CLOUDFLARE_ACCOUNT_ID does not say which account".to_owned();
        problems.push(wrong(message, "export the account's id, 32 hex digits"));
    }
    let letter = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit();
    let stack = &arguments.stack;
    let fits = (1..=32).contains(&stack.len())
        && stack.bytes().all(|it| letter(it) || it == b'-')
        && stack.bytes().next().is_some_and(letter);
    if !fits {
        let help = "1 to 32 of a-z, 0-9 and `-`, beginning with a letter or a digit";
        problems.push(wrong(format!("`{stack}` is no name of a stack"), help));
    }
    if arguments.heartbeat >= arguments.lease {
        let message = "--heartbeat is not shorter than --lease".to_owned();
        let help = "a third of the lease leaves room for two that are lost";
        problems.push(wrong(message, help));
    }
    let is_open = !arguments.listen.ip().is_loopback();
    if is_open && arguments.tls_cert.is_none() && !arguments.behind_proxy {
        let listen = arguments.listen;
        let message =
            format!("{listen} is not only this machine, and tokens would go there in plain text");
        let help = "give --tls-cert and --tls-key, or say --behind-proxy if a proxy speaks TLS";
        problems.push(wrong(message, help));
    }
    problems
}

fn wrong(message: String, help: &str) -> Problem {
    Problem::new("tunctl::bad_serve", message).help(help.to_owned())
}

fn read(path: &Path) -> Result<Tokens, Vec<Problem>> {
    let text = fs::read_to_string(path).map_err(|error| {
        let message = format!(
            "cannot read the file of tokens `{}`: {error}",
            path.display()
        );
        let help = "`tunctl serve hash-token OWNER` prints a line of it";
        vec![Problem::new("tunctl::bad_tokens", message).help(help)]
    })?;
    Tokens::parse(&text)
}

/// The command `serve hash-token`.
fn hash_token(wanted: &HashToken) -> Result<Exit, Trouble> {
    let bad = |message: String, help: &str| {
        Trouble::from(Problem::new("tunctl::bad_tokens", message).help(help.to_owned()))
    };
    if !token::is_owner(&wanted.owner) {
        let message = format!("`{}` is no owner's name", wanted.owner);
        return Err(bad(
            message,
            "1 to 64 of A-Z, a-z, 0-9, `.`, `_`, `@` and `-`",
        ));
    }
    let mut text = String::new();
    io::stdin().take(4096).read_to_string(&mut text)?;
    let token = text.trim();
    if token.len() < token::SHORTEST || token.contains(char::is_whitespace) {
        let message = format!(
            "the token on standard input has not {} characters or more, or has blanks",
            token::SHORTEST
        );
        return Err(bad(
            message,
            "make one that nobody can guess: `openssl rand -base64 32`",
        ));
    }
    let mut line = format!("{} sha256:{}", wanted.owner, token::hashed(token));
    if let Some(max) = wanted.max {
        line = format!("{line} max={max}");
    }
    if let Some(domain) = &wanted.domain {
        let domain = token::domain(domain);
        let domain = domain.map_err(|why| {
            bad(
                format!("--domain {why}"),
                "write a name such as dev.example.com",
            )
        })?;
        line = format!("{line} domain={domain}");
    }
    console::print(&format!("{line}\n"))?;
    Ok(Exit::Success)
}
