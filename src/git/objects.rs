//! Objects by their names, through one `git cat-file --batch`.

use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use super::Repository;

/// The longest line before an object: its id, its type and its size.
const HEADER: u64 = 256;

/// An object's type, as git writes it, and its content.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) kind: String,
    pub(super) bytes: Vec<u8>,
}

/// The program, started when it is needed first.
#[derive(Debug)]
pub(super) struct Objects<'r> {
    repository: &'r Repository,
    process: Option<Process>,
}

#[derive(Debug)]
struct Process {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl<'r> Objects<'r> {
    pub(super) fn new(repository: &'r Repository) -> Self {
        Self {
            repository,
            process: None,
        }
    }

    /// An object of at most so many bytes.
    ///
    /// # Errors
    /// `NotFound` if it is not here, `FileTooLarge` if it has more, else why it cannot be read.
    pub(super) fn read(&mut self, name: &str, most: u64) -> io::Result<Object> {
        let mut process = match self.process.take() {
            Some(process) => process,
            None => Process::start(self.repository)?,
        };
        let object = process.read(name, most);
        // After any other failure nobody knows where the next answer begins.
        let goes_on = match &object {
            Ok(_) => true,
            Err(error) => error.kind() == ErrorKind::NotFound,
        };
        if goes_on {
            self.process = Some(process);
        }
        object
    }
}

impl Process {
    fn start(repository: &Repository) -> io::Result<Self> {
        let mut git = repository.git();
        git.args(["cat-file", "--batch"]);
        git.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = git.stderr(Stdio::null()).spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (questions, answers) = pipes.expect("both are piped");
        Ok(Self {
            child,
            questions,
            answers: BufReader::new(answers),
        })
    }

    fn read(&mut self, name: &str, most: u64) -> io::Result<Object> {
        let odd =
            |what: &str| io::Error::new(ErrorKind::InvalidData, format!("git answered {what}"));
        if name.contains(['\n', '\0']) {
            return Err(odd("nothing: the name is no name"));
        }
        self.questions.write_all(format!("{name}\n").as_bytes())?;
        self.questions.flush()?;
        let mut header = String::new();
        (&mut self.answers).take(HEADER).read_line(&mut header)?;
        let words: Vec<&str> = header.trim_end().rsplit(' ').collect();
        let (size, kind) = match words.as_slice() {
            ["missing", ..] => return Err(ErrorKind::NotFound.into()),
            [size, kind, _] => (size.parse::<u64>().ok(), (*kind).to_owned()),
            _ => (None, String::new()),
        };
        let size = size.ok_or_else(|| odd("without a size"))?;
        if size > most {
            return Err(ErrorKind::FileTooLarge.into());
        }
        let mut bytes = Vec::new();
        (&mut self.answers).take(size).read_to_end(&mut bytes)?;
        let mut end = [0];
        self.answers.read_exact(&mut end)?;
        if bytes.len() as u64 != size || end != *b"\n" {
            return Err(odd("with another size than it said"));
        }
        Ok(Object { kind, bytes })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be in the middle of a large object that nobody reads.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
