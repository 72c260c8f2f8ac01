//! The program itself: its size, how fast it starts, and how it takes hostile files.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use tunctl::emulator::DEFAULT_ACCOUNT;

use super::Failure;
use super::estate::Size;
use super::stopwatch::middle;
use super::table::Row;

/// How often a start is measured.
const STARTS: usize = 30;

/// How often a hostile file is read; the fastest run counts.
const READINGS: usize = 3;

/// The design's budget for a start, in milliseconds.
const START: f64 = 10.0;

/// The design's budget for the program, in megabytes.
const SIZE: f64 = 15.0;

const MEBIBYTE: usize = 1024 * 1024;

/// The program in its release form.
struct Program(PathBuf);

/// Starts, size, hostile files.
pub(crate) fn rows() -> Result<Vec<Row>, Failure> {
    let program = Program::built()?;
    let directory = tempfile::tempdir()?;
    let small = directory.path().join("tunctl.yaml");
    let size = Size {
        tunnels: 1,
        hosts: 3,
        zones: 1,
    };
    fs::write(&small, size.manifest())?;
    let mut rows = vec![
        program.start("start of `tunctl --version`", &["--version".as_ref()])?,
        program.start(
            "start of `tunctl validate` on a small file",
            &["validate".as_ref(), small.as_os_str()],
        )?,
        Row::new("the program", program.megabytes()?, "MB").within(SIZE),
    ];
    for (what, text) in hostile() {
        rows.push(program.refusal(what, directory.path(), &text)?);
    }
    Ok(rows)
}

impl Program {
    /// Has Cargo build it, in the directory where it built this: a benchmark gets the programs
    /// of its own package only.
    fn built() -> Result<Self, Failure> {
        let own = env::current_exe()?;
        let release = own.ancestors().nth(2).ok_or("Cargo put this elsewhere")?;
        let target = release.parent().ok_or("Cargo put this elsewhere")?;
        let status = Command::new(env!("CARGO"))
            .args([
                "build",
                "--release",
                "--locked",
                "--quiet",
                "--bin",
                "tunctl",
            ])
            .arg("--target-dir")
            .arg(target)
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .status()?;
        if !status.success() {
            return Err("the program could not be built".into());
        }
        Ok(Self(release.join("tunctl")))
    }

    fn megabytes(&self) -> Result<f64, Failure> {
        let bytes = fs::metadata(&self.0)?.len();
        Ok(f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1e6)
    }

    fn start(&self, what: &str, arguments: &[&OsStr]) -> Result<Row, Failure> {
        let mut times = Vec::new();
        for _ in 0..STARTS {
            let (time, succeeded) = self.run(arguments)?;
            if !succeeded {
                return Err(format!("{what} failed").into());
            }
            times.push(time);
        }
        Ok(Row::new(what, middle(times), "ms").within(START))
    }

    /// Runs it. Milliseconds on the wall, and whether it succeeded.
    fn run(&self, arguments: &[&OsStr]) -> Result<(f64, bool), Failure> {
        let start = Instant::now();
        let status = Command::new(&self.0)
            .args(arguments)
            .env_clear()
            .env("CLOUDFLARE_ACCOUNT_ID", DEFAULT_ACCOUNT)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        Ok((start.elapsed().as_secs_f64() * 1000.0, status.success()))
    }

    /// How long it takes until a file has been refused, the message included.
    fn refusal(&self, what: &str, directory: &Path, text: &str) -> Result<Row, Failure> {
        let file: PathBuf = directory.join("hostile.yaml");
        fs::write(&file, text)?;
        let mut fastest = f64::INFINITY;
        for _ in 0..READINGS {
            let (time, succeeded) = self.run(&["validate".as_ref(), file.as_os_str()])?;
            if succeeded {
                return Err(format!("{what}: the file was not refused").into());
            }
            fastest = fastest.min(time);
        }
        Ok(Row::new(format!("refuse {what}"), fastest, "ms"))
    }
}

/// Files that nobody writes by accident.
fn hostile() -> Vec<(&'static str, String)> {
    let keys: Vec<String> = (0..200_000).map(|it| format!("key-{it}: 1\n")).collect();
    let line = "text without end, over and over\n";
    vec![
        ("a billion laughs", laughs()),
        ("100,000 brackets inside each other", "[".repeat(100_000)),
        ("100,000 lists inside each other", "- ".repeat(100_000)),
        (
            "60 MiB of text",
            format!(
                "stack: |\n{}",
                format!("  {line}").repeat(60 * MEBIBYTE / 34)
            ),
        ),
        ("200,000 keys", keys.concat()),
        ("64 MiB and one byte", "#".repeat(64 * MEBIBYTE + 1)),
    ]
}

/// Ten levels of ten aliases each.
fn laughs() -> String {
    let level = |level: usize| {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        format!("a{level}: &a{level} [{aliases}]\n")
    };
    let levels: Vec<String> = (1..=10).map(level).collect();
    format!("a0: &a0 ha\n{}", levels.concat())
}
