//! Every kind has all that belongs to a kind, and the schema says so. What is missing is named, so
//! that this is the checklist for a new one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tunctl::kind::KINDS;
use tunctl::manifest;
use tunctl::manifest::shape::Shape;

/// What lies in `src/kind` and is no kind.
const NO_KINDS: [&str; 8] = [
    "entry",
    "erased",
    "export",
    "lifecycle",
    "mark",
    "secrecy",
    "step",
    "view",
];

fn path(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

/// The names of the files of a folder with an extension, without it.
fn stems(folder: &str, extension: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(path(folder)).into_iter().flatten();
    let paths = entries.map(|entry| entry.expect("readable").path());
    let files = paths.filter(|path| path.extension().is_some_and(|it| it == extension));
    files
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect()
}

fn kinds() -> BTreeSet<String> {
    KINDS.iter().map(|kind| kind.name().to_owned()).collect()
}

/// The examples as JSON, with their file's name.
fn examples() -> Vec<(String, Value)> {
    let names = stems("examples", "yaml").into_iter();
    let examples: Vec<_> = names
        .map(|name| {
            let text = fs::read_to_string(path(&format!("examples/{name}.yaml"))).expect("text");
            (name, serde_yaml::from_str(&text).expect("YAML"))
        })
        .collect();
    assert!(!examples.is_empty());
    examples
}

#[test]
fn every_file_of_a_kind_is_registered_and_every_kind_has_a_file() {
    let mut files = stems("src/kind", "rs");
    for other in NO_KINDS {
        assert!(files.remove(other), "src/kind/{other}.rs");
    }
    assert_eq!(files, kinds());
    assert_eq!(kinds().len(), KINDS.len(), "a name twice");
}

#[test]
fn every_kind_has_its_tests() {
    assert_eq!(stems("tests/it/kind", "rs"), kinds());
}

#[test]
fn every_kind_has_recorded_answers() {
    for kind in kinds() {
        let folder = format!("tests/fixtures/api/{kind}");
        let answers = stems(&folder, "json");
        assert!(
            answers.len() >= 2,
            "{folder}: what is listed, and what a write answers"
        );
        for answer in answers {
            let text = fs::read_to_string(path(&format!("{folder}/{answer}.json"))).expect("text");
            serde_json::from_str::<Value>(&text).expect("JSON");
        }
    }
}

#[test]
fn every_kind_has_a_place_in_the_schema_with_a_description_for_every_field() {
    let schema = manifest::schema();
    for kind in KINDS {
        assert!(!kind.sections().is_empty(), "{}", kind.name());
        for section in kind.sections() {
            let entry = &schema["properties"][section]["additionalProperties"];
            let mut generator = schemars::SchemaGenerator::default();
            let facet = kind.surface(&mut generator).to_value();
            for field in facet["properties"].as_object().expect("fields").keys() {
                let description = &entry["properties"][field]["description"];
                assert!(
                    description.is_string(),
                    "{section}.*.{field} has no description"
                );
            }
        }
    }
}

#[test]
fn every_kind_has_an_example() {
    for kind in KINDS {
        for section in kind.sections() {
            let used = examples()
                .iter()
                .any(|(_, example)| example[section].is_object());
            assert!(used, "no example uses `{section}` of {}", kind.name());
        }
    }
}

#[test]
fn the_schema_is_checked_in_full() {
    let shape = Shape::from_schema(&manifest::schema()).expect("every keyword is understood");
    assert!(!shape.formats().is_empty());
}

#[test]
fn the_schema_of_the_repository_is_the_one_of_the_types() {
    let file = path("schema/tunctl.schema.json");
    let written = fs::read_to_string(file).expect("text");
    let current = serde_json::to_string_pretty(&manifest::schema()).expect("JSON") + "\n";
    let differs = written
        .lines()
        .zip(current.lines())
        .find(|(old, new)| old != new);
    assert_eq!(differs, None, "write it anew with `tunctl schema`");
    assert_eq!(
        written.len(),
        current.len(),
        "write it anew with `tunctl schema`"
    );
}

#[test]
fn the_schema_is_a_schema() {
    let schema = manifest::schema();
    jsonschema::meta::validate(&schema).expect("valid against its meta-schema");
    jsonschema::draft202012::new(&schema).expect("every reference resolves");
}

#[test]
fn an_editor_finds_no_mistake_in_the_examples() {
    let schema = jsonschema::draft202012::new(&manifest::schema()).expect("a schema");
    for (name, example) in examples() {
        let mistakes: Vec<String> = schema
            .iter_errors(&example)
            .map(|error| format!("{name}: {error}"))
            .collect();
        assert_eq!(mistakes, [""; 0]);
    }
}

#[test]
fn an_editor_finds_a_mistake_where_there_is_one() {
    let schema = jsonschema::draft202012::new(&manifest::schema()).expect("a schema");
    let (_, example) = examples().remove(0);
    let broken: [fn(&mut Value); 4] = [
        |it| it["stack"] = "Capital".into(),
        |it| it["account"] = "not hex".into(),
        |it| it["tunnels"]["edge"]["ingres"] = Value::Null,
        |it| it["version"] = 2.into(),
    ];
    for (index, breaking) in broken.iter().enumerate() {
        let mut example = example.clone();
        breaking(&mut example);
        assert!(!schema.is_valid(&example), "{index}");
    }
}
