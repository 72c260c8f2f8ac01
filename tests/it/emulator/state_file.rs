use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tunctl::emulator::{Call, Emulator, Options, Rate, StartError, StateFileError};

use super::desk::{ACCOUNT, result};

async fn start(path: &Path) -> Result<Emulator, StartError> {
    let options = Options {
        zones: vec![(ACCOUNT.to_owned(), "example.com".to_owned())],
        state_file: Some(path.to_owned()),
        rate: Some(Rate {
            enforced: false,
            ..Rate::default()
        }),
        ..Options::default()
    };
    Emulator::start(SocketAddr::from(([127, 0, 0, 1], 0)), options).await
}

fn world_file() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("world.json");
    (directory, path)
}

fn state(emulator: &Emulator) -> Value {
    result(&emulator.answer(&Call::new("GET", "/_emulator/state")))
}

fn create(emulator: &Emulator, name: &str) {
    let target = format!("/client/v4/accounts/{ACCOUNT}/cfd_tunnel");
    let call = Call::new("POST", &target).bearer("x");
    result(&emulator.answer(&call.json(&json!({"name": name}))));
}

/// A copy of the file as it is, as if the process had been killed.
fn crashed(path: &Path) -> (tempfile::TempDir, PathBuf) {
    let (directory, copy) = world_file();
    fs::copy(path, &copy).expect("a copy");
    (directory, copy)
}

async fn corrupt(path: &Path) -> String {
    let refused = start(path).await.expect_err("no world can be read");
    match refused {
        StartError::StateFile(StateFileError::Corrupt { reason, .. }) => reason,
        StartError::StateFile(_) | StartError::NotLoopback(_) | StartError::Listen { .. } => {
            panic!("{refused}")
        }
    }
}

#[tokio::test]
async fn the_file_holds_every_answered_write_at_once() {
    let (_directory, path) = world_file();
    let emulator = start(&path).await.unwrap();
    for n in 0..5 {
        create(&emulator, &format!("t{n}"));
        let (_other, copy) = crashed(&path);
        let again = start(&copy).await.unwrap();
        assert_eq!(state(&again), state(&emulator));
    }
}

#[tokio::test]
async fn reads_and_refusals_write_nothing() {
    let (_directory, path) = world_file();
    let emulator = start(&path).await.unwrap();
    create(&emulator, "web");
    let before = fs::read(&path).unwrap();
    let target = format!("/client/v4/accounts/{ACCOUNT}/cfd_tunnel");
    for (method, body) in [("GET", json!(null)), ("POST", json!({"name": "web"}))] {
        let call = Call::new(method, &target).bearer("x").json(&body);
        let _ = emulator.answer(&call);
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_stopped_emulator_leaves_one_document() {
    let (_directory, path) = world_file();
    let emulator = start(&path).await.unwrap();
    create(&emulator, "web");
    let before = state(&emulator);
    emulator.stop().await.unwrap();
    let document: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(document, before);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_last_line_that_was_cut_off_never_happened() {
    let (_directory, path) = world_file();
    let emulator = start(&path).await.unwrap();
    let before = state(&emulator);
    let whole = fs::read(&path).unwrap().len();
    create(&emulator, "web");
    let bytes = fs::read(&path).unwrap();
    for cut in whole + 1..bytes.len() - 1 {
        let (_other, copy) = world_file();
        fs::write(&copy, &bytes[..cut]).unwrap();
        let again = start(&copy).await.unwrap();
        assert_eq!(state(&again), before, "cut at {cut}");
    }
}

#[tokio::test]
async fn a_file_without_end_is_not_read() {
    let (_directory, path) = world_file();
    let file = fs::File::create(&path).unwrap();
    // Takes no room on the disk: nothing is written.
    file.set_len(1 << 40).unwrap();
    assert_eq!(corrupt(&path).await, "it has more than 512 MiB");
}

#[tokio::test]
async fn a_corrupt_file_is_an_error_and_stays_as_it_is() {
    let (_directory, path) = world_file();
    drop(start(&path).await.unwrap());
    let good = fs::read_to_string(&path).unwrap();
    let newer = good.replace("\"format_version\":1", "\"format_version\":9");
    let half = good[..good.len() / 2].to_owned();
    let noise = format!("{good}{{\"tables\":{{\"rockets\":{{}}}}}}\n");
    let broken = format!("{good}nonsense\n{{\"tables\":{{}}}}\n");
    for text in [
        String::new(),
        "{}".to_owned(),
        "nonsense".to_owned(),
        newer,
        half,
        noise,
        broken,
    ] {
        let (_other, copy) = world_file();
        fs::write(&copy, &text).unwrap();
        corrupt(&copy).await;
        assert_eq!(fs::read_to_string(&copy).unwrap(), text);
    }
    let (_other, copy) = world_file();
    fs::write(
        &copy,
        good.replace("\"format_version\":1", "\"format_version\":9"),
    )
    .unwrap();
    assert_eq!(corrupt(&copy).await, "format_version is 9, expected 1");
}

#[tokio::test]
async fn a_state_edited_by_hand_is_loaded() {
    let (_directory, path) = world_file();
    let emulator = start(&path).await.unwrap();
    create(&emulator, "web");
    let before = state(&emulator);
    emulator.stop().await.unwrap();
    fs::write(&path, serde_json::to_string_pretty(&before).unwrap()).unwrap();
    assert_eq!(state(&start(&path).await.unwrap()), before);
}

#[tokio::test]
async fn a_file_has_one_user() {
    let (_directory, path) = world_file();
    let emulator = start(&path).await.unwrap();
    let refused = start(&path).await.unwrap_err();
    assert!(matches!(
        refused,
        StartError::StateFile(StateFileError::InUse { .. })
    ));
    create(&emulator, "web");
    emulator.stop().await.unwrap();
    start(&path).await.unwrap();
}

#[tokio::test]
async fn a_replaced_world_is_kept_too() {
    let (_directory, path) = world_file();
    let emulator = start(&path).await.unwrap();
    let empty = state(&emulator);
    create(&emulator, "web");
    let put = Call::new("PUT", "/_emulator/state").json(&empty);
    assert_eq!(emulator.answer(&put).status, 200);
    create(&emulator, "api");
    let (_other, copy) = crashed(&path);
    assert_eq!(state(&start(&copy).await.unwrap()), state(&emulator));
}

#[tokio::test]
async fn a_file_that_grew_is_folded_on_the_way() {
    let (_directory, path) = world_file();
    let emulator = start(&path).await.unwrap();
    let zone = state(&emulator)["tables"]["zones"].clone();
    let zone = zone.as_object().unwrap().keys().next().unwrap().clone();
    let target = format!("/client/v4/zones/{zone}/dns_records");
    let record = json!({"type": "TXT", "name": "big", "content": "x".repeat(4000)});
    let made = emulator.answer(&Call::new("POST", &target).bearer("x").json(&record));
    let id = result(&made)["id"].as_str().unwrap().to_owned();
    let change = Call::new("PATCH", &format!("{target}/{id}")).bearer("x");
    let mut most = 0;
    for n in 0..2500 {
        let _ = emulator.answer(&change.clone().json(&json!({"comment": n.to_string()})));
        most = most.max(fs::metadata(&path).unwrap().len());
    }
    assert!(most < 6 * 1024 * 1024, "{most}");
    assert_eq!(
        result(&emulator.answer(&Call {
            method: "GET".to_owned(),
            ..change
        }))["comment"],
        json!("2499")
    );
}

#[tokio::test]
async fn what_cannot_be_written_is_not_done() {
    let (directory, path) = world_file();
    let emulator = start(&path).await.unwrap();
    let empty = state(&emulator);
    create(&emulator, "web");
    let before = state(&emulator);
    directory.close().unwrap();
    let reply = emulator.answer(&Call::new("PUT", "/_emulator/state").json(&empty));
    assert_eq!(reply.status, 503, "{}", reply.json());
    assert_eq!(state(&emulator), before);
    assert!(emulator.stop().await.is_err());
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_reads_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let (_directory, path) = world_file();
    let emulator = start(&path).await.unwrap();
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    emulator.stop().await.unwrap();
    assert_eq!(mode(), 0o600);
}

#[tokio::test]
async fn a_directory_is_no_state_file() {
    let directory = tempfile::tempdir().unwrap();
    let refused = start(directory.path()).await.unwrap_err();
    assert!(matches!(
        refused,
        StartError::StateFile(StateFileError::Io { .. })
    ));
    let file = directory.path().join("file");
    fs::File::create(&file).unwrap().write_all(b"x").unwrap();
    assert!(start(&file.join("world.json")).await.is_err());
}
