//! A store in S3, Google Cloud Storage or Azure, or whatever speaks like one of them.
//!
//! Invariant: what is added to a log at once is an object of its own, whose name sorts behind all
//! before it.

mod connect;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use object_store::path::Path;
use object_store::{
    Error, GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions,
    PutPayload, UpdateVersion,
};

use super::backend::{Answer, Backend, Found, Line, Mode, Revision, Written};
use super::clocks::Clocks;
use super::log::Log;
use super::name::Name;

/// Entries that are read at the same time.
const READS: usize = 16;

/// How far behind the newest entry the search for it begins: clocks of machines are wrong by less.
const SKEW: SignedDuration = SignedDuration::from_hours(24);

/// The longest error that is shown; some answers are whole documents.
const LONGEST: usize = 300;

/// A store in a cloud.
pub(super) struct Cloud {
    objects: Arc<dyn ObjectStore>,
    /// Empty, or ends with `/`.
    prefix: String,
    clocks: Arc<dyn Clocks>,
    /// The time in the last entry's name, for each log that was written to.
    last: Mutex<BTreeMap<Name, Timestamp>>,
}

impl Cloud {
    /// Reads the settings; connects to nothing yet.
    ///
    /// # Errors
    /// If the settings contradict each other, in words.
    pub(super) fn open(
        scheme: &str,
        rest: &str,
        environment: &BTreeMap<String, String>,
        clocks: &Arc<dyn Clocks>,
    ) -> Result<Self, String> {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err("it names no bucket".to_owned());
        }
        let prefix = Path::parse(prefix).map_err(|error| error.to_string())?;
        let prefix = match prefix.as_ref() {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        };
        Ok(Self {
            objects: connect::objects(scheme, bucket, environment)?,
            prefix,
            clocks: Arc::clone(clocks),
            last: Mutex::default(),
        })
    }

    fn path(&self, name: &Name) -> Path {
        Path::from(format!("{}{name}", self.prefix))
    }

    fn name(&self, meta: &ObjectMeta) -> Option<Name> {
        Name::parse(meta.location.as_ref().strip_prefix(&self.prefix)?)
    }

    async fn found(&self, name: &Name) -> Result<Option<Found>, String> {
        let path = self.path(name);
        let result = match self.objects.get_opts(&path, GetOptions::default()).await {
            Ok(result) => result,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(words(&error)),
        };
        let meta = result.meta.clone();
        let modified = Timestamp::from_millisecond(meta.last_modified.timestamp_millis());
        let bytes = result.bytes().await.map_err(|error| words(&error))?;
        Ok(Some(Found {
            bytes: bytes.to_vec(),
            revision: Revision {
                tag: meta.e_tag,
                version: meta.version,
            },
            modified: modified.map_err(|error| error.to_string())?,
        }))
    }

    /// Writes once. What another try of the client's own made looks like somebody else's.
    async fn put(&self, name: &Name, bytes: &[u8], mode: Mode<'_>) -> Result<Written, String> {
        let mode = match mode {
            Mode::Put => PutMode::Overwrite,
            Mode::Create => PutMode::Create,
            Mode::Replace(Revision { tag, version }) => PutMode::Update(UpdateVersion {
                e_tag: tag.clone(),
                version: version.clone(),
            }),
        };
        let payload = PutPayload::from(bytes.to_vec());
        let options = PutOptions::from(mode);
        match self
            .objects
            .put_opts(&self.path(name), payload, options)
            .await
        {
            Ok(put) => Ok(Written::Done(Revision {
                tag: put.e_tag,
                version: put.version,
            })),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(Written::Refused),
            Err(error) => Err(words(&error)),
        }
    }

    /// Writes, and settles by the contents whether a refusal or an error means that it is there.
    async fn settled(&self, name: &Name, bytes: &[u8], mode: Mode<'_>) -> Result<Written, String> {
        let written = self.put(name, bytes, mode).await;
        if let Ok(Written::Done(_)) = written {
            return written;
        }
        match self.found(name).await {
            Ok(Some(found)) if found.bytes == bytes => Ok(Written::Done(found.revision)),
            Ok(_) | Err(_) => written,
        }
    }

    async fn names(&self, prefix: &Name, after: Option<Path>) -> Result<Vec<Name>, String> {
        let path = self.path(prefix);
        let listed = match after {
            Some(after) => self.objects.list_with_offset(Some(&path), &after),
            None => self.objects.list(Some(&path)),
        };
        let names = listed.try_filter_map(|meta| std::future::ready(Ok(self.name(&meta))));
        names.try_collect().await.map_err(|error| words(&error))
    }

    /// The name of a new entry: behind the last one, whatever the clock says.
    async fn next(&self, log: &Log) -> Result<Name, String> {
        let known = self.last().get(log.name()).copied();
        let last = match known {
            Some(last) => Some(last),
            None => self.newest(log).await?,
        };
        let now = self.clocks.wall();
        let step = SignedDuration::from_micros(1);
        let next = last.and_then(|last| last.checked_add(step).ok());
        let next = next.map_or(now, |next| next.max(now));
        self.last().insert(log.name().clone(), next);
        let random = uuid::Uuid::new_v4().simple().to_string();
        let key = format!("{}-{}.json", key(next), &random[..8]);
        Name::new(
            &[log.name().as_str(), &key]
                .join("/")
                .split('/')
                .collect::<Vec<_>>(),
        )
        .map_err(|error| error.to_string())
    }

    /// The time in the name of the newest entry.
    async fn newest(&self, log: &Log) -> Result<Option<Timestamp>, String> {
        let long_ago = self
            .clocks
            .wall()
            .checked_sub(SKEW)
            .unwrap_or(Timestamp::MIN);
        let after = Path::from(format!("{}/{}", self.path(log.name()), key(long_ago)));
        let names = self.names(log.name(), Some(after)).await?;
        Ok(names.iter().max().and_then(|name| time(name.last())))
    }

    fn last(&self) -> std::sync::MutexGuard<'_, BTreeMap<Name, Timestamp>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backend for Cloud {
    fn read<'a>(&'a self, name: &'a Name) -> Answer<'a, Option<Found>> {
        Box::pin(self.found(name))
    }

    fn write<'a>(&'a self, name: &'a Name, bytes: &'a [u8], mode: Mode<'a>) -> Answer<'a, Written> {
        Box::pin(self.settled(name, bytes, mode))
    }

    fn delete<'a>(&'a self, name: &'a Name) -> Answer<'a, ()> {
        Box::pin(async move {
            match self.objects.delete(&self.path(name)).await {
                Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(words(&error)),
            }
        })
    }

    fn list<'a>(&'a self, prefix: &'a Name) -> Answer<'a, Vec<Name>> {
        Box::pin(self.names(prefix, None))
    }

    fn append<'a>(&'a self, log: &'a Log, line: &'a [u8]) -> Answer<'a, ()> {
        Box::pin(async move {
            let name = self.next(log).await?;
            match self.settled(&name, line, Mode::Create).await? {
                Written::Done(_) => Ok(()),
                Written::Refused => Err(format!("`{name}` is there already")),
            }
        })
    }

    fn lines<'a>(&'a self, log: &'a Log) -> Answer<'a, Vec<Line>> {
        Box::pin(async move {
            let mut names = self.names(log.name(), None).await?;
            names.sort_unstable();
            let lines = names.into_iter().map(|name| async move {
                let found = self.found(&name).await?;
                // One that was deleted since it was listed has no entries any more.
                let bytes = found.map(|found| found.bytes).unwrap_or_default();
                let entries = bytes.split(|byte| *byte == b'\n');
                let entries = entries.filter(|entry| !entry.is_empty());
                let lines = entries.map(|entry| Line {
                    bytes: entry.to_vec(),
                    place: name.to_string(),
                });
                Ok::<Vec<Line>, String>(lines.collect())
            });
            stream::iter(lines).buffered(READS).try_concat().await
        })
    }
}

/// A time as entries are named: sorts as it should, and is a file name everywhere.
fn key(time: Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%S%.6fZ").to_string()
}

/// The time in an entry's name.
fn time(name: &str) -> Option<Timestamp> {
    let (time, _) = name.split_once('-')?;
    jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S%.fZ", time)
        .ok()?
        .to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|time| time.timestamp())
}

/// An error in one line, without what may be a secret: Azure signs in the query of an address.
fn words(error: &Error) -> String {
    let text = error.to_string();
    let words = text
        .split_whitespace()
        .map(|word| match word.split_once('?') {
            Some((address, _)) if address.contains("://") => format!("{address}?…"),
            _ => word.to_owned(),
        });
    let text = words.collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
