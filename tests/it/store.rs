//! The store: a directory, an S3 in process, and with `TUNCTL_TEST_S3` a real one.

/// A small S3.
#[cfg(feature = "cloud-stores")]
pub(crate) mod bucket;
/// What a killed process leaves in a log.
mod killed;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use miette::Diagnostic as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tunctl::store::{Clocks, Log, MachineClocks, Name, Store, StoreError};

/// The variable with the address of an S3 that `tests/store/run` started; it has a bucket `store`.
pub(crate) const S3: &str = "TUNCTL_TEST_S3";

pub(crate) const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

/// Somewhere to keep things, that goes when it is dropped.
pub(crate) struct Place {
    pub(crate) address: String,
    pub(crate) environment: BTreeMap<String, String>,
    _directory: TempDir,
    #[cfg(feature = "cloud-stores")]
    pub(crate) bucket: Option<bucket::Bucket>,
}

impl Place {
    /// A directory that is not there yet.
    pub(crate) fn directory() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self {
            address: directory.path().join("store").to_str().unwrap().to_owned(),
            environment: BTreeMap::new(),
            _directory: directory,
            #[cfg(feature = "cloud-stores")]
            bucket: None,
        }
    }

    /// An S3 in process.
    #[cfg(feature = "cloud-stores")]
    pub(crate) fn bucket() -> Self {
        let bucket = bucket::Bucket::new();
        Self {
            address: "s3://store/team/tunctl".to_owned(),
            environment: bucket.environment(),
            bucket: Some(bucket),
            ..Self::directory()
        }
    }

    /// A real S3, if there is one; each time another part of it.
    #[cfg(feature = "cloud-stores")]
    pub(crate) fn real() -> Option<Self> {
        let url = std::env::var_os(S3)?.into_string().unwrap();
        Some(Self {
            address: format!("s3://store/{}", uuid::Uuid::new_v4()),
            environment: bucket::environment(&url),
            ..Self::directory()
        })
    }

    /// A place that another process named.
    pub(crate) fn named(address: String, s3: Option<String>) -> Self {
        #[cfg(feature = "cloud-stores")]
        let environment = s3.map(|url| bucket::environment(&url)).unwrap_or_default();
        #[cfg(not(feature = "cloud-stores"))]
        let environment = s3.into_iter().map(|url| (url.clone(), url)).collect();
        Self {
            address,
            environment,
            ..Self::directory()
        }
    }

    /// One of each sort.
    #[cfg(feature = "cloud-stores")]
    fn all() -> Vec<Self> {
        let mut all = vec![Self::directory(), Self::bucket()];
        all.extend(Self::real());
        all
    }

    #[cfg(not(feature = "cloud-stores"))]
    fn all() -> Vec<Self> {
        vec![Self::directory()]
    }

    /// The store, by a clock that is wrong.
    pub(crate) fn open_at(&self, ahead: i64) -> Store {
        let clocks = Arc::new(Wrong::by(ahead));
        Store::open_by(&self.address, &self.environment, clocks).unwrap()
    }

    /// The store.
    pub(crate) fn open(&self) -> Store {
        self.open_at(0)
    }
}

/// The machine's clocks, with the wrong time of day.
pub(crate) struct Wrong {
    clocks: MachineClocks,
    ahead: SignedDuration,
}

impl Wrong {
    pub(crate) fn by(ahead: i64) -> Self {
        Self {
            clocks: MachineClocks::default(),
            ahead: SignedDuration::from_secs(ahead),
        }
    }
}

impl Clocks for Wrong {
    fn now(&self) -> Duration {
        self.clocks.now()
    }

    fn wall(&self) -> Timestamp {
        self.clocks.wall() + self.ahead
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.clocks.sleep(duration)
    }
}

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap().block_on(future)
}

fn claim(stack: &str) -> Name {
    Name::claim(ACCOUNT, stack).unwrap()
}

fn journal() -> Log {
    Log::journal(ACCOUNT).unwrap()
}

fn code(error: &StoreError) -> String {
    error.code().unwrap().to_string()
}

#[test]
fn an_object_is_made_once_replaced_listed_and_removed() {
    for place in Place::all() {
        let store = place.open();
        run(async {
            let name = claim("edge");
            assert_eq!(store.get(&name).await.unwrap(), None, "{}", store.place());
            assert!(store.create(&name, b"first").await.unwrap());
            assert!(!store.create(&name, b"second").await.unwrap());
            assert_eq!(store.get(&name).await.unwrap().unwrap(), b"first");
            store.put(&name, b"third").await.unwrap();
            assert_eq!(store.get(&name).await.unwrap().unwrap(), b"third");
            store.put(&claim("apps"), b"fourth").await.unwrap();
            let claims = Name::new(&[ACCOUNT, "claims"]).unwrap();
            let names = store.list(&claims).await.unwrap();
            assert_eq!(names, [claim("apps"), claim("edge")]);
            store.delete(&name).await.unwrap();
            store.delete(&name).await.unwrap();
            assert_eq!(store.list(&claims).await.unwrap(), [claim("apps")]);
            let none = Name::new(&["nobody"]).unwrap();
            assert_eq!(store.list(&none).await.unwrap(), []);
        });
    }
}

#[test]
fn of_many_who_make_one_object_one_has_made_it() {
    for place in Place::all() {
        let made: usize = std::thread::scope(|scope| {
            let makers: Vec<_> = (0..8)
                .map(|maker: u8| {
                    let place = &place;
                    scope.spawn(move || run(place.open().create(&claim("edge"), &[maker])).unwrap())
                })
                .collect();
            let ends = makers.into_iter().map(|maker| maker.join().unwrap());
            ends.filter(|made| *made).count()
        });
        assert_eq!(made, 1, "{}", place.address);
    }
}

#[test]
fn entries_come_back_in_the_order_they_were_added_whatever_the_clocks_say() {
    for place in Place::all() {
        run(async {
            for (ahead, entry) in [(0, 1), (5, 2), (-5, 3), (0, 4)] {
                let store = place.open_at(ahead);
                store
                    .append(&journal(), &[json!({"n": entry})])
                    .await
                    .unwrap();
                store
                    .append(&journal(), &[json!({"n": entry, "more": "é\n"})])
                    .await
                    .unwrap();
            }
            let store = place.open();
            let entries = store.entries(&journal()).await.unwrap();
            let numbers: Vec<i64> = entries.iter().map(|it| it["n"].as_i64().unwrap()).collect();
            assert_eq!(numbers, [1, 1, 2, 2, 3, 3, 4, 4], "{}", place.address);
            assert_eq!(entries[1]["more"], "é\n");
            let audit = Log::audit(ACCOUNT).unwrap();
            assert_eq!(store.entries(&audit).await.unwrap(), [] as [Value; 0]);
            store.append(&audit, &[json!(1), json!(2)]).await.unwrap();
            store.append(&audit, &[]).await.unwrap();
            store.append(&audit, &[json!(3)]).await.unwrap();
            let entries = store.entries(&audit).await.unwrap();
            assert_eq!(entries, [json!(1), json!(2), json!(3)]);
        });
    }
}

#[test]
fn a_log_in_a_directory_is_a_file_of_lines() {
    let place = Place::directory();
    run(place.open().append(&journal(), &[json!({"op": "a"})])).unwrap();
    run(place.open().append(&journal(), &[json!({"op": "b"})])).unwrap();
    let path = Path::new(&place.address)
        .join(ACCOUNT)
        .join("journal.jsonl");
    assert_eq!(
        fs::read_to_string(path).unwrap(),
        "{\"op\":\"a\"}\n{\"op\":\"b\"}\n"
    );
}

#[test]
fn a_torn_last_line_is_no_entry_and_the_next_entry_takes_its_place() {
    let place = Place::directory();
    let store = place.open();
    let path = Path::new(&place.address)
        .join(ACCOUNT)
        .join("journal.jsonl");
    run(store.append(&journal(), &[json!({"n": 1})])).unwrap();
    let tear = |text: &str| {
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    tear("{\"n\": 2, \"wo");
    assert_eq!(run(store.entries(&journal())).unwrap(), [json!({"n": 1})]);
    run(store.append(&journal(), &[json!({"n": 3})])).unwrap();
    // A whole entry whose end of line somebody's editor cut off.
    tear("{\"n\":4}");
    assert_eq!(run(store.entries(&journal())).unwrap().len(), 3);
    run(store.append(&journal(), &[json!({"n": 5})])).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text, "{\"n\":1}\n{\"n\":3}\n{\"n\":4}\n{\"n\":5}\n");
}

#[test]
fn damage_inside_a_log_is_told_with_its_line() {
    let place = Place::directory();
    let path = Path::new(&place.address).join(ACCOUNT);
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("journal.jsonl"), "{}\nnonsense\n{}\n").unwrap();
    let error = run(place.open().entries(&journal())).unwrap_err();
    assert_eq!(code(&error), "tunctl::store_corrupt");
    assert!(
        error.to_string().contains("journal.jsonl line 2"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_what_is_in_a_directory() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::directory();
    run(place.open().append(&journal(), &[json!({})])).unwrap();
    run(place.open().put(&claim("edge"), b"{}")).unwrap();
    let mode = |name: &str| {
        let path = Path::new(&place.address).join(name);
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode(""), 0o700);
    assert_eq!(mode(ACCOUNT), 0o700);
    assert_eq!(mode(&format!("{ACCOUNT}/journal.jsonl")), 0o600);
    assert_eq!(mode(&format!("{ACCOUNT}/claims/edge.json")), 0o600);
}

#[test]
fn opening_makes_nothing() {
    let place = Place::directory();
    let store = place.open();
    assert_eq!(run(store.entries(&journal())).unwrap(), [] as [Value; 0]);
    assert!(!fs::exists(&place.address).unwrap());
}

#[test]
fn what_cannot_be_a_store_is_told() {
    let environment = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        let texts = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        texts.collect()
    };
    let cases = [
        ("", "", "it is empty"),
        (
            "ftp://host/path",
            "",
            "there are no stores of the sort `ftp`",
        ),
        ("s3:///prefix", "", "it names no bucket"),
        (
            "s3://store",
            "http://storage.example.com",
            "plain http is for this machine only",
        ),
    ];
    for (place, endpoint, reason) in cases {
        let environment =
            environment(&[("AWS_ENDPOINT_URL", endpoint), ("AWS_ALLOW_HTTP", "true")]);
        let error = Store::open(place, &environment).unwrap_err();
        assert_eq!(code(&error), "tunctl::bad_store");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[cfg(feature = "cloud-stores")]
#[test]
fn every_cloud_is_opened_by_its_own_variables_and_asked_nothing_yet() {
    let secret = "c2VjcmV0LXBsYW50ZWQ=";
    let pairs = [
        ("AZURE_STORAGE_ACCOUNT_NAME", "planted"),
        ("AZURE_STORAGE_ACCOUNT_KEY", secret),
        ("AWS_ACCESS_KEY_ID", "planted"),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("GOOGLE_SKIP_SIGNATURE", "true"),
    ];
    let texts = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let environment = BTreeMap::from(texts);
    for place in ["s3://bucket", "gs://bucket/a/b", "az://container/a/"] {
        let store = Store::open(place, &environment).unwrap();
        assert_eq!((store.place(), store.is_local()), (place, false));
    }
    assert!(Store::open(".tunctl", &environment).unwrap().is_local());
}

#[test]
fn names_stay_below_the_store() {
    for parts in [
        &["..", "x"][..],
        &["a/b"],
        &[""],
        &[],
        &[".guard"],
        &["a b"],
        &["\u{1b}"],
    ] {
        let error = Name::new(parts).unwrap_err();
        assert_eq!(code(&error), "tunctl::bad_store", "{parts:?}");
    }
}

#[cfg(feature = "cloud-stores")]
#[test]
fn a_write_whose_answer_is_lost_is_done_once() {
    let place = Place::bucket();
    let store = place.open();
    let bucket = place.bucket.as_ref().unwrap();
    run(async {
        bucket.lose(1);
        assert!(store.create(&claim("edge"), b"mine").await.unwrap());
        assert!(!store.create(&claim("edge"), b"theirs").await.unwrap());
        for n in 0..3 {
            bucket.lose(1);
            store.append(&journal(), &[json!({"n": n})]).await.unwrap();
        }
        assert_eq!(store.entries(&journal()).await.unwrap().len(), 3);
    });
}

#[cfg(feature = "cloud-stores")]
#[test]
fn a_store_that_does_not_answer_is_named_without_its_credentials() {
    // Nothing listens on port 1.
    let environment = bucket::environment("http://127.0.0.1:1");
    let store = Store::open("s3://store/prefix", &environment).unwrap();
    let error = run(store.get(&claim("edge"))).unwrap_err();
    assert_eq!(code(&error), "tunctl::store_failed");
    let text = format!("{error} {error:?} {store:?}");
    assert!(text.contains("s3://store/prefix"), "{text}");
    assert!(!text.contains("planted"), "{text}");
}
