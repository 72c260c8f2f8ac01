//! The operations against the OpenAPI document: none is missing and none is made up.

use std::collections::BTreeSet;

use serde_json::Value;

use super::every::{Case, every};

/// Real, and not in the document: `/dns_records/usage` of a whole account, and what the token of
/// a user says of itself.
const BESIDE: [&str; 2] = [
    "GET /accounts/00000000000000000000000000000001/dns_records/usage",
    "GET /user/tokens/verify",
];

/// What of a path's item is an operation.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// What the document calls its operations: `GET /zones/{zone_id}`.
fn documented() -> BTreeSet<String> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/cloudflare-openapi.json"
    );
    let text = std::fs::read_to_string(path).expect("a fixture");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let paths = document["paths"].as_object().expect("paths").iter();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flat_map(|item| item.keys());
        let methods = methods.filter(|it| METHODS.contains(&it.as_str()));
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    operations.collect()
}

fn fits(template: &str, line: &str) -> bool {
    let (template, line) = (template.split('/'), line.split('/'));
    template.clone().count() == line.clone().count()
        && template
            .zip(line)
            .all(|(part, word)| part.starts_with('{') || part == word)
}

/// The documented operation that a request is: of several, the one with the fewest variables.
fn meant<'d>(documented: &'d BTreeSet<String>, case: &Case) -> Result<&'d String, String> {
    let line = format!("{} {}", case.request.method.as_str(), case.request.path);
    let fitting = documented.iter().filter(|it| fits(it, &line));
    fitting
        .min_by_key(|template| template.matches('{').count())
        .ok_or(line)
}

#[test]
fn every_documented_operation_can_be_said_and_no_other() {
    let documented = documented();
    let (mut said, mut others) = (BTreeSet::new(), Vec::new());
    for case in every() {
        match meant(&documented, &case) {
            Ok(operation) => {
                said.insert(operation);
            }
            Err(line) => others.push(line),
        }
    }
    let missing: Vec<&String> = documented.iter().filter(|it| !said.contains(it)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    assert_eq!(said.len(), 66);
    assert_eq!(others, BESIDE);
}
