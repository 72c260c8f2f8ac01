//! A secret in a file that git tracks is a secret that is published. Asks the `git` program,
//! because only it knows all the places where something may be ignored.

use std::path::Path;
use std::process::{Command, Stdio};

use super::SinkError;

/// Refuses a file that git tracks or would track. Outside of a work tree there is nothing to
/// refuse.
pub(super) fn refuse(sink: &str, directory: &Path, file: &str) -> Result<(), SinkError> {
    let path = directory.join(file);
    let Some(parent) = existing(&path).filter(|parent| is_in_work_tree(parent)) else {
        return Ok(());
    };
    let target = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
    let says = |arguments: &[&str]| {
        let mut git = git(parent);
        let status = git.args(arguments).arg("--").arg(&target).status();
        status.map(|status| status.code())
    };
    let refused = |tracks: &'static str, help: String| {
        Err(SinkError::Tracked {
            sink: sink.to_owned(),
            tracks,
            path: file.to_owned(),
            help,
        })
    };
    match says(&["ls-files", "--error-unmatch"]) {
        Ok(Some(0)) => {
            return refused(
                "tracks",
                format!(
                    "`git rm --cached {file}`, add it to `.gitignore`, and rotate what was in it"
                ),
            );
        }
        Ok(_) => {}
        Err(error) => return refused("may track", format!("git does not run: {error}")),
    }
    match says(&["check-ignore", "--quiet"]) {
        Ok(Some(0)) => Ok(()),
        Ok(_) | Err(_) => refused(
            "would track",
            format!("add `{}` to `.gitignore`", ignored(file)),
        ),
    }
}

/// What to ignore: the whole directory, where there is one.
fn ignored(file: &str) -> &str {
    let directory = file.rfind('/').map(|end| &file[..=end]);
    directory
        .filter(|it| !it.starts_with("..") && !it.starts_with('/'))
        .unwrap_or(file)
}

/// The nearest directory above a file that exists.
fn existing(path: &Path) -> Option<&Path> {
    path.ancestors().skip(1).find(|it| {
        let shown = if it.as_os_str().is_empty() {
            Path::new(".")
        } else {
            it
        };
        shown.is_dir()
    })
}

/// Whether a directory belongs to a work tree. Without git there is none that could be published
/// from here, unless somebody put one there.
fn is_in_work_tree(directory: &Path) -> bool {
    match git(directory)
        .args(["rev-parse", "--is-inside-work-tree"])
        .status()
    {
        Ok(status) => status.success(),
        Err(_) => std::path::absolute(directory)
            .is_ok_and(|it| it.ancestors().any(|it| it.join(".git").exists())),
    }
}

fn git(directory: &Path) -> Command {
    let mut command = Command::new("git");
    if !directory.as_os_str().is_empty() {
        command.arg("-C").arg(directory);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}
