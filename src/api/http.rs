//! The real wire: HTTP/1.1 and HTTP/2 over TLS. Follows no redirect and repeats nothing by
//! itself.

use std::error::Error as StdError;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::stream;
use miette::Diagnostic;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, ClientBuilder, redirect, retry};
use thiserror::Error;

use crate::api::base::Base;
use crate::api::envelope::printable;
use crate::api::wire::{Call, Reply, Wire, WireError};
use crate::request::Method;

/// The longest answer that is read. A full zone of 1,000,000 records comes in pages of 5,000,
/// each of a few megabytes.
const LONGEST_REPLY: usize = 256 * 1024 * 1024;

/// A connection that takes longer than this will not come.
const CONNECT: Duration = Duration::from_secs(10);

/// Shorter than servers and proxies usually keep an idle connection, so that we rarely write
/// into one that they are closing.
const IDLE: Duration = Duration::from_secs(30);

/// The most of a foreign error text that is shown, in characters.
const TROUBLE: usize = 300;

/// How to reach the API.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Where it is.
    pub base: Base,
    /// PEM certificates to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// For each request, from connecting to the last byte.
    pub timeout: Duration,
    /// The longest answer that is read, in bytes, decompressed.
    pub longest_reply: usize,
}

/// A pool of connections to one API.
pub struct Http {
    client: reqwest::Client,
    base: Base,
    longest_reply: usize,
    permit: Option<LastPermit>,
}

/// Says whether a write may still be sent.
pub type LastPermit = Arc<dyn Fn() -> bool + Send + Sync>;

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// Why there can be no connection at all.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum HttpError {
    /// The file of `--ca-file` cannot be read.
    #[error("cannot read the certificates in {path}: {trouble}")]
    #[diagnostic(
        code(tunctl::bad_ca_file),
        help("--ca-file takes one or more certificates in PEM form")
    )]
    CaFile {
        /// As it was given.
        path: String,
        /// What is wrong.
        trouble: String,
    },
    /// Nothing to check a server's certificate with.
    #[error("this system has no CA certificates to trust")]
    #[diagnostic(
        code(tunctl::no_ca_certificates),
        help("install the package `ca-certificates`, or name a file with --ca-file")
    )]
    NoCertificates,
    /// Anything else.
    #[error("cannot set up HTTP: {0}")]
    #[diagnostic(code(tunctl::http_setup))]
    Setup(String),
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            base: Base::default(),
            ca_file: None,
            timeout: Duration::from_secs(30),
            longest_reply: LONGEST_REPLY,
        }
    }
}

impl Http {
    /// Sets up TLS and the pool; connects to nothing yet.
    ///
    /// # Errors
    /// When the certificates to trust are missing or unreadable.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpError> {
        install_crypto();
        let mut builder = ClientBuilder::new()
            .user_agent(concat!("tunctl/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .gzip(true)
            .connect_timeout(CONNECT.min(settings.timeout))
            .timeout(settings.timeout)
            .pool_idle_timeout(IDLE);
        if settings.base.is_loopback() {
            builder = builder.no_proxy();
        }
        if let Some(path) = &settings.ca_file {
            builder = builder.tls_certs_merge(certificates(path)?);
        }
        Ok(Self {
            client: builder.build().map_err(|error| setup(&error))?,
            base: settings.base.clone(),
            longest_reply: settings.longest_reply,
            permit: None,
        })
    }

    /// Asks before the body of each write, when the connection stands and all else is on its way.
    /// A process may be stopped at any moment before that, and for long; without its body a request
    /// is none. Writes without a body are not asked about here.
    #[must_use]
    pub fn asking(mut self, permit: LastPermit) -> Self {
        self.permit = Some(permit);
        self
    }

    async fn body(&self, mut response: reqwest::Response) -> Result<Vec<u8>, WireError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| trouble(&error))? {
            if body.len() + chunk.len() > self.longest_reply {
                return Err(WireError::TooLarge {
                    most: self.longest_reply,
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

impl Wire for Http {
    async fn exchange(&self, call: Call) -> Result<Reply, WireError> {
        let url = self.base.join(&call.target).ok_or_else(|| {
            WireError::Unsendable("the path does not stay what it is in a URL".to_owned())
        })?;
        let mut builder = self
            .client
            .request(method(call.method), url)
            .headers(headers(&call)?);
        builder = match (call.body, &self.permit) {
            (Some(body), Some(permit)) if call.method != Method::Get => builder
                .header(CONTENT_LENGTH, body.len())
                .body(last_moment(body, Arc::clone(permit))),
            (Some(body), _) => builder.body(body),
            (None, _) => builder,
        };
        let response = builder.send().await.map_err(|error| trouble(&error))?;
        Ok(Reply {
            status: response.status().as_u16(),
            headers: received(response.headers()),
            body: self.body(response).await?,
        })
    }
}

/// Chooses ring for TLS, once for the process. A second call, or another choice made before,
/// changes nothing.
pub(crate) fn install_crypto() {
    drop(rustls::crypto::ring::default_provider().install_default());
}

/// The longest file of certificates: all that browsers trust take a quarter of a megabyte.
const LONGEST_BUNDLE: u64 = 4 * 1024 * 1024;

fn certificates(path: &Path) -> Result<Vec<Certificate>, HttpError> {
    let problem = |trouble: String| HttpError::CaFile {
        path: path.display().to_string(),
        trouble,
    };
    let found = fs::metadata(path).map_err(|error| problem(error.to_string()))?;
    if !found.is_file() {
        // Opening a pipe would wait, and reading a device would not end.
        return Err(problem("it is not a file".to_owned()));
    }
    let mut pem = Vec::new();
    let read = File::open(path)
        .and_then(|file| file.take(LONGEST_BUNDLE + 1).read_to_end(&mut pem))
        .map_err(|error| problem(error.to_string()))?;
    if read as u64 > LONGEST_BUNDLE {
        let long = "it is too long for certificates: more than 4 MiB";
        return Err(problem(long.to_owned()));
    }
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| problem(root(&error)))?;
    if certificates.is_empty() {
        return Err(problem("no certificate in it".to_owned()));
    }
    Ok(certificates)
}

fn setup(error: &reqwest::Error) -> HttpError {
    let text = root(error);
    // rustls-platform-verifier has no type for it, only this text.
    if text.contains("No CA certificates") {
        HttpError::NoCertificates
    } else {
        HttpError::Setup(text)
    }
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

/// The call's headers, all marked as sensitive, so that no library logs or indexes them.
fn headers(call: &Call) -> Result<HeaderMap, WireError> {
    call.headers
        .iter()
        .map(|(name, value)| {
            let mut value = HeaderValue::from_str(value).map_err(|_| {
                WireError::Unsendable(format!("the header `{name}` has a forbidden character"))
            })?;
            value.set_sensitive(true);
            Ok((HeaderName::from_static(name), value))
        })
        .collect()
}

fn received(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect()
}

/// Why a body did not come.
#[derive(Debug, Clone, Copy, Error)]
#[error("the time in which it may be sent was over before it was whole")]
struct TooLate;

/// A body that comes only if it may, asked for by whoever writes it to the connection.
fn last_moment(body: Vec<u8>, permit: LastPermit) -> reqwest::Body {
    let body = async move { if permit() { Ok(body) } else { Err(TooLate) } };
    reqwest::Body::wrap_stream(stream::once(body))
}

fn trouble(error: &reqwest::Error) -> WireError {
    if sources(error).any(<dyn StdError>::is::<TooLate>) {
        return WireError::Fenced;
    }
    if error.is_builder() {
        return WireError::Unsendable(root(error));
    }
    if is_certificate(error) {
        return WireError::Certificate(root(error));
    }
    if error.is_connect() {
        return WireError::Connect(root(error));
    }
    if error.is_timeout() {
        return WireError::Timeout;
    }
    WireError::Broken(root(error))
}

fn is_certificate(error: &reqwest::Error) -> bool {
    sources(error).any(|source| {
        // An I/O error hides what it wraps from `source`, and there may be several.
        let mut source = source;
        while let Some(inner) = source
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            source = inner;
        }
        matches!(
            source.downcast_ref(),
            Some(rustls::Error::InvalidCertificate(_))
        )
    })
}

/// The text of the innermost cause; the outer ones name our own libraries, or the URL.
fn root(error: &reqwest::Error) -> String {
    let text = sources(error)
        .last()
        .map_or_else(|| error.to_string(), ToString::to_string);
    printable(&text, TROUBLE)
}

fn sources(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(error.source(), |&error| error.source())
}
