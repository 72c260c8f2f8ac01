//! Answers that were recorded, played back: the client without a network and without an account.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::rc::Rc;

use tunctl::api::{Call, Reply, Wire, WireError};

use super::Failure;
use super::account::Exchange;

/// Where the bodies stand, by target.
type Index = BTreeMap<String, (u64, usize)>;

/// Recorded reads, over memory or over a file.
pub(crate) struct Tape<R> {
    index: Rc<Index>,
    bodies: Rc<RefCell<R>>,
}

impl<R> Clone for Tape<R> {
    fn clone(&self) -> Self {
        Self {
            index: Rc::clone(&self.index),
            bodies: Rc::clone(&self.bodies),
        }
    }
}

impl Tape<Cursor<Vec<u8>>> {
    /// Records what an account answered to reads, all of which it must have granted.
    pub(crate) fn record(seen: &[Exchange]) -> Result<Self, Failure> {
        let mut index = Index::new();
        let mut bodies = Vec::new();
        for Exchange { target, reply, .. } in seen {
            if reply.status != 200 {
                return Err(format!("{target} was answered with {}", reply.status).into());
            }
            index.insert(target.clone(), (bodies.len() as u64, reply.body.len()));
            bodies.extend_from_slice(&reply.body);
        }
        Ok(Self::new(index, Cursor::new(bodies)))
    }

    /// Puts the tape into a directory.
    pub(crate) fn save(&self, directory: &Path) -> io::Result<()> {
        let mut index = String::new();
        for (target, (start, length)) in &*self.index {
            let _ = writeln!(index, "{start} {length} {target}");
        }
        fs::write(directory.join("index"), index)?;
        fs::write(directory.join("bodies"), self.bodies.borrow().get_ref())
    }
}

impl Tape<File> {
    /// Takes a tape from a directory, without loading it.
    pub(crate) fn open(directory: &Path) -> Result<Self, Failure> {
        let mut index = Index::new();
        for line in fs::read_to_string(directory.join("index"))?.lines() {
            let mut words = line.splitn(3, ' ');
            let mut word = || words.next().ok_or("the index is broken");
            let (start, length) = (word()?.parse()?, word()?.parse()?);
            index.insert(word()?.to_owned(), (start, length));
        }
        Ok(Self::new(index, File::open(directory.join("bodies"))?))
    }
}

impl<R: Read + Seek> Tape<R> {
    fn new(index: Index, bodies: R) -> Self {
        Self {
            index: Rc::new(index),
            bodies: Rc::new(RefCell::new(bodies)),
        }
    }

    fn body(&self, target: &str) -> io::Result<Vec<u8>> {
        let (start, length) = *self.index.get(target).ok_or(io::ErrorKind::NotFound)?;
        let mut body = vec![0; length];
        let mut bodies = self.bodies.borrow_mut();
        bodies.seek(SeekFrom::Start(start))?;
        bodies.read_exact(&mut body)?;
        Ok(body)
    }
}

impl<R: Read + Seek> Wire for Tape<R> {
    async fn exchange(&self, call: Call) -> Result<Reply, WireError> {
        let body = self.body(&call.target);
        let body = body.map_err(|error| WireError::Unsendable(error.to_string()))?;
        Ok(Reply {
            status: 200,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body,
        })
    }
}
