//! What runs a watch elsewhere: the examples for Kubernetes and systemd.

use std::fs;

use clap::Parser as _;
use serde::Deserialize as _;
use serde_json::Value;
use tunctl::cli::{Cli, Command};

use crate::support::tunctl::root;

fn read(name: &str) -> String {
    fs::read_to_string(root().join("examples").join(name)).unwrap()
}

/// The documents of a file.
fn documents(name: &str) -> Vec<Value> {
    let text = read(name);
    let documents = serde_yaml::Deserializer::from_str(&text);
    let documents = documents.map(|it| Value::deserialize(it).expect("valid YAML"));
    documents.collect()
}

fn of_kind<'a>(documents: &'a [Value], kind: &str) -> &'a Value {
    let mut found = documents.iter().filter(|it| it["kind"] == kind);
    found.next().expect("there is one")
}

/// The container of a pod's template, and the command line in it.
fn container(workload: &Value) -> (&Value, Cli) {
    let pod = &workload["spec"]["template"]["spec"];
    let containers = pod["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 1);
    let arguments = containers[0]["args"].as_array().unwrap().iter();
    let arguments = arguments.map(|it| it.as_str().unwrap());
    // Kubernetes fills in what stands in `$(…)`.
    let arguments = arguments.map(|it| it.replace("$(JOB_COMPLETION_INDEX)", "3"));
    let cli = Cli::try_parse_from([String::from("tunctl")].into_iter().chain(arguments));
    (&containers[0], cli.unwrap())
}

/// Nothing that a container of ours needs, and everything that a cluster may demand.
fn assert_restricted(workload: &Value, container: &Value) {
    let pod = &workload["spec"]["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(
        pod["securityContext"]["seccompProfile"]["type"],
        "RuntimeDefault"
    );
    let own = &container["securityContext"];
    assert_eq!(own["readOnlyRootFilesystem"], true);
    assert_eq!(own["allowPrivilegeEscalation"], false);
    assert_eq!(own["capabilities"]["drop"], serde_json::json!(["ALL"]));
    assert_eq!(pod["automountServiceAccountToken"], false);
}

#[test]
fn the_deployment_watches_with_a_shared_store_and_probes_its_own_port() {
    let documents = documents("kubernetes/watch.yaml");
    let deployment = of_kind(&documents, "Deployment");
    let (container, cli) = container(deployment);
    assert_restricted(deployment, container);
    let Command::Watch(arguments) = &cli.command else {
        panic!("it is another command");
    };
    assert!(arguments.apply && cli.global.store.place.starts_with("s3://"));
    let port = container["ports"][0]["containerPort"].as_u64().unwrap();
    assert!(arguments.listen.ends_with(&format!(":{port}")));
    assert_eq!(container["livenessProbe"]["httpGet"]["path"], "/healthz");
    assert_eq!(container["readinessProbe"]["httpGet"]["path"], "/readyz");
    assert!(cli.global.token_file.is_some());
    of_kind(&documents, "NetworkPolicy");
}

#[test]
fn the_indexed_job_has_a_part_for_each_of_its_indices() {
    let documents = documents("kubernetes/sharded-job.yaml");
    let job = of_kind(&documents, "Job");
    let (container, cli) = container(job);
    assert_restricted(job, container);
    assert_eq!(job["spec"]["completionMode"], "Indexed");
    let completions = job["spec"]["completions"].as_u64().unwrap();
    assert_eq!(
        cli.global.shard.unwrap().to_string(),
        format!("3/{completions}")
    );
    assert!(matches!(cli.command, Command::Apply(it) if it.write.auto_approve));
    assert!(!cli.global.store.lock_timeout.is_zero());
}

#[test]
fn the_unit_runs_a_command_line_that_is_one() {
    let unit = read("tunctl-watch.service");
    let start = unit.lines().find_map(|it| it.strip_prefix("ExecStart="));
    let words: Vec<&str> = start.unwrap().split_whitespace().collect();
    let cli = Cli::try_parse_from(words).unwrap();
    assert!(matches!(cli.command, Command::Watch(it) if it.apply));
    for line in [
        "ProtectSystem=strict",
        "NoNewPrivileges=yes",
        "DynamicUser=yes",
    ] {
        assert!(unit.lines().any(|it| it == line), "{line}");
    }
}
