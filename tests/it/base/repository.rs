//! What `git` is asked, in repositories made for it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use tunctl::files;
use tunctl::git::{Commit, GitError, Repository};
use tunctl::manifest::Manifest;
use tunctl::manifest::yaml::Budget;
use tunctl::problem::Problem;
use tunctl::source::Sources;

/// A manifest of stack `edge`.
const EDGE: &str = "version: 1
stack: edge
account: 0123456789abcdef0123456789abcdef
";

/// Runs git in a directory as nobody in particular.
pub(crate) fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args([
            "-c",
            "init.defaultBranch=main",
            "-c",
            "protocol.file.allow=always",
        ])
        .arg("-C")
        .arg(directory)
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_DIR")
        .envs(["AUTHOR", "COMMITTER"].into_iter().flat_map(|who| {
            [
                (format!("GIT_{who}_NAME"), "somebody"),
                (format!("GIT_{who}_EMAIL"), "somebody@example.com"),
                (format!("GIT_{who}_DATE"), "2026-01-01T00:00:00Z"),
            ]
        }))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// A repository in a directory of its own.
struct Work(TempDir);

impl Work {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        git(directory.path(), &["init", "-q"]);
        Self(directory)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(self.path(), arguments)
    }

    fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn repository(&self) -> Repository {
        Repository::of(self.path(), Vec::new()).unwrap()
    }

    /// The manifest at a path of HEAD.
    fn load(&self, path: &str) -> Result<Manifest, Vec<Problem>> {
        let repository = self.repository();
        let head = repository.commit("HEAD").unwrap();
        let snapshot = repository.snapshot(&head);
        let path = Path::new(path);
        files::load_at(&snapshot, path, &BTreeMap::new(), &mut Sources::default())
    }

    /// Where HEAD has manifests, of which stack.
    fn find(&self) -> Result<Vec<(PathBuf, String)>, Problem> {
        let repository = self.repository();
        let head = repository.commit("HEAD").unwrap();
        let found = files::manifests(&repository.snapshot(&head), &BTreeMap::new())?;
        Ok(found.into_iter().map(|it| (it.path, it.stack)).collect())
    }
}

fn codes(result: Result<Manifest, Vec<Problem>>) -> Vec<&'static str> {
    let problems = result.map(|_| ()).expect_err("it is refused");
    problems.iter().map(|it| it.code).collect()
}

#[test]
fn a_commit_is_read_as_it_would_be_on_disk_and_the_work_tree_is_not() {
    let work = Work::new();
    work.write(
        "infra/tunctl.yaml",
        &format!("{EDGE}include: ['tunnels/**/*.yaml', one.yaml]\n"),
    );
    work.write("infra/tunnels/a/b/web.yaml", "tunnels: {edge-web: {}}\n");
    work.write("infra/one.yaml", "tunnels: {edge-one: {}}\n");
    work.commit();
    work.write("infra/tunnels/a/b/web.yaml", "not: [valid\n");
    fs::remove_file(work.path().join("infra/one.yaml")).unwrap();
    let manifest = work.load("infra/tunctl.yaml").expect("it was valid");
    let names: Vec<&str> = manifest.desired.names("tunnel").collect();
    assert_eq!(names, ["edge-one", "edge-web"]);
    assert_eq!(work.git(&["status", "--porcelain"]).lines().count(), 2);
}

#[test]
fn includes_of_a_commit_stay_below_the_manifest() {
    let work = Work::new();
    let parts =
        "parts/up.yaml, parts/root.yaml, parts/inside.yaml, parts/loop.yaml, parts/top.yaml";
    let main = format!("{EDGE}include: [{parts}, 'out/*.yaml', gone.yaml]\n");
    work.write("infra/tunctl.yaml", &main);
    work.write("secret/x.yaml", "tunnels: {edge-x: {}}\n");
    // What an absolute link must not be taken for.
    work.write("infra/real.yaml", "tunnels: {edge-real: {}}\n");
    fs::create_dir_all(work.path().join("infra/parts")).unwrap();
    let link = |to: &str, at: &str| symlink(to, work.path().join(at)).unwrap();
    link("../../secret/x.yaml", "infra/parts/up.yaml");
    link("/usr/bin/env", "infra/parts/root.yaml");
    link("../real.yaml", "infra/parts/inside.yaml");
    link("loop.yaml", "infra/parts/loop.yaml");
    link(
        "../../../../../../../../usr/bin/env",
        "infra/parts/top.yaml",
    );
    link("../secret", "infra/out");
    work.commit();
    let found = codes(work.load("infra/tunctl.yaml"));
    let disk = files::load(
        &work.path().join("infra/tunctl.yaml"),
        &BTreeMap::new(),
        &mut Sources::default(),
        &mut Budget::default(),
    );
    let outside = "tunctl::include_outside";
    let expected = [
        outside,
        outside,
        "tunctl::unreadable_file",
        outside,
        outside,
        "tunctl::include_matches_nothing",
    ];
    assert_eq!(found, expected);
    assert_eq!(found, codes(disk), "both follow the same rules");
}

#[test]
fn a_link_inside_is_followed() {
    let work = Work::new();
    work.write(
        "infra/tunctl.yaml",
        &format!("{EDGE}include: [parts/inside.yaml]\n"),
    );
    work.write("infra/real.yaml", "tunnels: {edge-real: {}}\n");
    fs::create_dir_all(work.path().join("infra/parts")).unwrap();
    symlink("../real.yaml", work.path().join("infra/parts/inside.yaml")).unwrap();
    work.commit();
    let manifest = work.load("infra/tunctl.yaml").expect("it stays inside");
    assert_eq!(
        manifest.desired.names("tunnel").collect::<Vec<_>>(),
        ["edge-real"]
    );
}

#[test]
fn a_file_larger_than_the_budget_is_not_read() {
    let work = Work::new();
    work.write(
        "tunctl.yaml",
        &format!("{EDGE}include: [big.yaml, small.yaml]\n"),
    );
    let big = fs::File::create(work.path().join("big.yaml")).unwrap();
    big.set_len(65 * 1024 * 1024).unwrap();
    work.write("small.yaml", "tunnels: {edge-a: {}}\nx: y\n");
    work.commit();
    let found = codes(work.load("tunctl.yaml"));
    assert_eq!(found, ["tunctl::file_too_large", "tunctl::unknown_key"]);
}

#[test]
fn manifests_are_told_from_other_files() {
    let work = Work::new();
    work.write("old/place.yml", EDGE);
    work.write("other.yaml", &EDGE.replace("edge", "edge-eu"));
    work.write("broken.yaml", "version: 1\nstack: [edge\naccount: x\n");
    work.write("part.yaml", "# version, stack, account\ntunnels: {}\n");
    work.write("edge.txt", EDGE);
    work.write("dir.yaml/keep", "");
    let link = work.path().join("link.yaml");
    symlink("old/place.yml", link).unwrap();
    work.commit();
    let found = [("old/place.yml", "edge"), ("other.yaml", "edge-eu")];
    let found = found.map(|(path, stack)| (PathBuf::from(path), stack.to_owned()));
    assert_eq!(work.find().expect("few files"), found);
}

/// A tree in which every directory holds ten times the same one, so that a few objects are more
/// paths than anybody can walk.
#[test]
fn a_bomb_of_directories_ends_within_the_budget() {
    let work = Work::new();
    work.commit();
    let make = |input: &str| {
        use std::io::Write as _;
        let mut child = Command::new("git")
            .arg("-C")
            .arg(work.path())
            .arg("mktree")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let mut tree = make("");
    for _ in 0..12 {
        let entries = (0..10).map(|index| format!("040000 tree {tree}\td{index}\n"));
        tree = make(&entries.collect::<String>());
    }
    let commit = work.git(&["commit-tree", "-m", "bomb", &tree]);
    work.git(&["update-ref", "HEAD", &commit]);
    let problem = work.find().expect_err("too much to look through");
    assert_eq!(problem.code, "tunctl::too_many_files");
    let deep = (0..80).fold(make(""), |tree, _| {
        make(&format!("040000 tree {tree}\td\n"))
    });
    let commit = work.git(&["commit-tree", "-m", "deep", &deep]);
    work.git(&["update-ref", "HEAD", &commit]);
    let problem = work.find().expect_err("too deep");
    assert_eq!(problem.code, "tunctl::unreadable_file");
}

#[test]
fn revisions_are_never_flags() {
    let work = Work::new();
    work.commit();
    let repository = work.repository();
    for revision in [
        "--all",
        "-h",
        "--output=x",
        "",
        "nope",
        "HEAD:",
        "HEAD..HEAD",
        "HEAD\n",
    ] {
        let error = repository.commit(revision).expect_err(revision);
        assert!(
            matches!(error, GitError::UnknownCommit(_)),
            "{revision}: {error}"
        );
    }
    work.git(&["tag", "-a", "-m", "x", "v1"]);
    assert_eq!(repository.commit("v1").ok(), repository.commit("HEAD").ok());
    let error = Repository::of(tempfile::tempdir().unwrap().path(), Vec::new());
    assert!(matches!(error, Err(GitError::NoRepository(_))));
}

#[test]
fn ancestors_are_told_from_others() {
    let work = Work::new();
    let first = work.commit();
    let second = work.commit();
    work.git(&["checkout", "-q", "-b", "side", &first]);
    work.write("x", "");
    let side = work.commit();
    let repository = work.repository();
    let commit = |id: &str| Commit::parse(id).unwrap();
    let is = |older: &str, newer: &str| {
        repository
            .is_ancestor(&commit(older), &commit(newer))
            .unwrap()
    };
    assert!(is(&first, &second) && is(&first, &side) && is(&first, &first));
    assert!(!is(&second, &first) && !is(&second, &side));
    let base = repository
        .merge_base(&commit(&second), &commit(&side))
        .unwrap();
    assert_eq!(base, Some(commit(&first)));
    work.git(&["checkout", "-q", "--orphan", "alone"]);
    let alone = work.commit();
    assert_eq!(
        repository
            .merge_base(&commit(&alone), &commit(&side))
            .unwrap(),
        None
    );
    let gone = commit(&"1".repeat(40));
    assert!(matches!(
        repository.is_ancestor(&gone, &commit(&side)),
        Err(GitError::Failed(_))
    ));
}

#[test]
fn replacement_objects_hooks_and_helpers_are_left_alone() {
    let work = Work::new();
    work.write(
        "tunctl.yaml",
        &format!("{EDGE}tunnels: {{edge-true: {{}}}}\n"),
    );
    work.write(
        ".gitattributes",
        "*.yaml filter=evil diff=evil text eol=crlf\n",
    );
    let head = work.commit();
    work.write(
        "tunctl.yaml",
        &format!("{EDGE}tunnels: {{edge-false: {{}}}}\n"),
    );
    let other = work.commit();
    work.git(&["reset", "-q", "--hard", &head]);
    work.git(&["replace", &head, &other]);
    let proof = work.path().join("proof");
    let run = format!("touch {}", proof.display());
    for key in [
        "filter.evil.smudge",
        "filter.evil.clean",
        "diff.evil.textconv",
        "diff.external",
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
    ] {
        work.git(&["config", key, &run]);
    }
    let manifest = work.load("tunctl.yaml").expect("it is valid");
    assert_eq!(
        manifest.desired.names("tunnel").collect::<Vec<_>>(),
        ["edge-true"]
    );
    assert!(work.find().is_ok());
    assert!(!proof.exists(), "something was run");
}

#[test]
fn what_a_partial_clone_left_out_is_not_fetched() {
    let origin = Work::new();
    origin.write("tunctl.yaml", EDGE);
    origin.commit();
    origin.git(&["config", "uploadpack.allowFilter", "true"]);
    origin.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let clone = tempfile::tempdir().unwrap();
    let url = format!("file://{}", origin.path().display());
    git(
        clone.path(),
        &[
            "clone",
            "-q",
            "--no-checkout",
            "--filter=blob:none",
            &url,
            ".",
        ],
    );
    let work = Work(clone);
    let missing = || work.git(&["rev-list", "--objects", "--missing=print", "HEAD"]);
    assert!(missing().contains('?'), "{}", missing());
    assert_eq!(codes(work.load("tunctl.yaml")), ["tunctl::unreadable_file"]);
    assert!(missing().contains('?'), "it was fetched");
}
