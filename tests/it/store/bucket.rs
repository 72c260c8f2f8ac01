//! A small S3 in process: one bucket, conditional writes that are atomic, and answers that get
//! lost after the deed is done.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use tokio::runtime::{Builder, Runtime};

/// A bucket that lives as long as this.
pub(crate) struct Bucket {
    _runtime: Runtime,
    url: String,
    shelf: Arc<Mutex<Shelf>>,
}

#[derive(Default)]
struct Shelf {
    objects: BTreeMap<String, (Bytes, String)>,
    writes: u64,
    /// How many answers to writes are replaced by "internal error" after the write was done.
    lost: u32,
}

impl Bucket {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().unwrap();
        let shelf = Arc::new(Mutex::new(Shelf::default()));
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shelf));
        let url = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(async move { axum::serve(listener, app).await });
            format!("http://{address}")
        });
        Self {
            _runtime: runtime,
            url,
            shelf,
        }
    }

    /// What the environment of a run says about it.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        environment(&self.url)
    }

    /// Loses the next answers to writes.
    pub(crate) fn lose(&self, answers: u32) {
        self.shelf.lock().unwrap().lost = answers;
    }
}

/// The settings of an S3 at an address of this machine.
pub(crate) fn environment(url: &str) -> BTreeMap<String, String> {
    let pairs = [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", "planted-key-id"),
        ("AWS_SECRET_ACCESS_KEY", "the-planted-secret-key"),
        ("AWS_REGION", "us-east-1"),
    ];
    let texts = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    BTreeMap::from(texts)
}

async fn answer(
    State(shelf): State<Arc<Mutex<Shelf>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let mut shelf = shelf.lock().unwrap();
    let query: BTreeMap<String, String> =
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let (_, key) = uri.path()[1..].split_once('/').unwrap_or_default();
    match method {
        Method::GET if query.contains_key("list-type") => shelf.list(&query),
        Method::GET => shelf.get(key),
        Method::PUT => shelf.put(key, &headers, body),
        Method::POST => {
            let text = String::from_utf8(body.to_vec()).unwrap();
            let parts = text.split("<Key>").skip(1);
            let keys = parts.map(|part| part.split("</Key>").next().unwrap());
            let mut deleted = String::new();
            for key in keys {
                shelf.objects.remove(key);
                write!(deleted, "<Deleted><Key>{key}</Key></Deleted>").unwrap();
            }
            let result = format!("<DeleteResult>{deleted}</DeleteResult>");
            reply(StatusCode::OK, &result)
        }
        _ => reply(StatusCode::METHOD_NOT_ALLOWED, ""),
    }
}

impl Shelf {
    fn get(&self, key: &str) -> Response<Body> {
        match self.objects.get(key) {
            Some((bytes, tag)) => Response::builder()
                .header("etag", tag)
                .header("last-modified", "Fri, 27 Nov 2026 05:00:00 GMT")
                .body(Body::from(bytes.clone()))
                .unwrap(),
            None => reply(
                StatusCode::NOT_FOUND,
                "<Error><Code>NoSuchKey</Code></Error>",
            ),
        }
    }

    fn put(&mut self, key: &str, headers: &HeaderMap, body: Bytes) -> Response<Body> {
        let there = self.objects.get(key).map(|(_, tag)| tag.as_str());
        let is_free = !headers.contains_key("if-none-match") || there.is_none();
        let wanted = headers.get("if-match").map(|it| it.to_str().unwrap());
        if !is_free || (wanted.is_some() && wanted != there) {
            return reply(StatusCode::PRECONDITION_FAILED, "");
        }
        self.writes += 1;
        let tag = format!("\"{}\"", self.writes);
        self.objects.insert(key.to_owned(), (body, tag.clone()));
        if self.lost > 0 {
            self.lost -= 1;
            return reply(StatusCode::INTERNAL_SERVER_ERROR, "");
        }
        let done = Response::builder().header("etag", tag);
        done.body(Body::empty()).unwrap()
    }

    fn list(&self, query: &BTreeMap<String, String>) -> Response<Body> {
        let of = |name: &str| query.get(name).map_or("", String::as_str);
        let mut text = String::from("<ListBucketResult><IsTruncated>false</IsTruncated>");
        let keys = self
            .objects
            .iter()
            .filter(|(key, _)| key.starts_with(of("prefix")));
        for (key, (bytes, tag)) in keys.filter(|(key, _)| key.as_str() > of("start-after")) {
            let size = bytes.len();
            write!(
                text,
                "<Contents><Key>{key}</Key><LastModified>2026-11-27T05:00:00.000Z</LastModified>\
                 <ETag>{}</ETag><Size>{size}</Size></Contents>",
                tag.replace('"', "&quot;")
            )
            .unwrap();
        }
        text.push_str("</ListBucketResult>");
        reply(StatusCode::OK, &text)
    }
}

fn reply(status: StatusCode, text: &str) -> Response<Body> {
    let builder = Response::builder().status(status);
    builder.body(Body::from(text.to_owned())).unwrap()
}
