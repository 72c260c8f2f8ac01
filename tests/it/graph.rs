//! `tunctl graph`: what leads where, as a picture.

mod hostile;
mod live;
mod sizes;

use std::fs;

use serde_json::{Value, json};

use crate::support::tunctl::{Tunctl, root};

const MANIFEST: &str = "\
version: 1
stack: edge
account: ${CLOUDFLARE_ACCOUNT_ID}
virtualNetworks: {edge-lab: {}, edge-spare: {}}
tunnels:
  edge-web:
    dns: {exclude: [inner.example.com], hostnames: [x.dev.example.com]}
    ingress:
      - {hostname: app.example.com, path: ^/api/, service: 'http://api:8080'}
      - {hostname: app.example.com, service: 'http://web:3000'}
      - {hostname: inner.example.com, service: 'http://web:3000'}
      - {hostname: '*.dev.example.com', path: ^/x, service: 'http://dev:1'}
    privateRoutes: [10.20.0.0/16, {network: 10.3.0.0/16, virtualNetwork: edge-lab}]
  edge-kept: {}
";

fn tunctl() -> Tunctl {
    Tunctl::in_ci(MANIFEST)
}

#[test]
fn people_read_each_tunnel_with_its_names_and_rules() {
    let ran = tunctl().run(&["graph"]).code(0);
    insta::assert_snapshot!(ran.out, @r"
    Topology of edge: 4 hostnames, 2 private networks, 2 tunnels

    tunnel.edge-kept

    tunnel.edge-web
      app.example.com
        0: ^/api/ -> http://api:8080
        1: -> http://web:3000
      *.dev.example.com
        3: ^/x -> http://dev:1
      x.dev.example.com
        3: ^/x -> http://dev:1
        4: -> http_status:404
      inner.example.com (no record of DNS leads here)
        2: -> http://web:3000
      (any host)
        4: -> http_status:404
      10.20.0.0/16 in default virtual network
      10.3.0.0/16 in edge-lab

    virtual_network.edge-spare (no routes)
    ");
}

#[test]
fn programs_read_the_same() {
    let ran = tunctl().run(&["graph", "--format", "json"]).code(0);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    let web = &json["tunnels"][1];
    assert_eq!(web["address"], "tunnel.edge-web");
    assert_eq!(
        web["hostnames"][0],
        json!({
            "hostname": "app.example.com", "record": "declared", "rules": [
                {"rule": 0, "path": "^/api/", "service": "http://api:8080", "trace": "declared"},
                {"rule": 1, "path": null, "service": "http://web:3000", "trace": "declared"},
            ],
        })
    );
    assert_eq!(web["hostnames"][3]["record"], Value::Null, "`exclude`");
    assert_eq!(web["hostnames"][4]["hostname"], Value::Null, "any host");
    assert_eq!(web["health"], Value::Null);
    let within = ["/private_networks/0", "/private_networks/1"]
        .map(|it| &web.pointer(it).unwrap()["virtual_network"]);
    assert_eq!(within, [&Value::Null, &json!("edge-lab")]);
    assert_eq!(
        (&json["live"], &json["stacks"]),
        (&json!(false), &json!(["edge"]))
    );
}

#[test]
fn mermaid_draws_a_subgraph_for_each_tunnel() {
    let ran = tunctl().run(&["graph", "--format", "mermaid"]).code(0);
    insta::assert_snapshot!("mermaid", ran.out);
}

#[test]
fn graphviz_draws_a_cluster_for_each_tunnel() {
    let ran = tunctl().run(&["graph", "--format", "dot"]).code(0);
    insta::assert_snapshot!("dot", ran.out);
}

#[test]
fn the_pictures_in_the_documentation_are_current_and_small() {
    let page = fs::read_to_string(root().join("docs/graph.md")).unwrap();
    for number in [5, 50] {
        let manifest = format!("tests/fixtures/graph/hostnames-{number}.yaml");
        let picture = format!("docs/graph-{number}.svg");
        let command = format!("graph {manifest} -o {picture}");
        assert!(page.contains(&command), "no `{command}`");
        assert!(page.contains(&format!("(graph-{number}.svg)")));
        let tunctl = Tunctl::new();
        tunctl.write(
            "it.yaml",
            &fs::read_to_string(root().join(&manifest)).unwrap(),
        );
        let ran = tunctl.run(&["graph", "--format", "svg", "it.yaml"]).code(0);
        let committed = fs::read_to_string(root().join(&picture)).unwrap();
        assert!(committed == ran.out, "make {picture} anew with `{command}`");
        assert!(
            committed.len() <= 200_000,
            "{picture}: {} bytes",
            committed.len()
        );
    }
}

#[test]
fn the_ending_of_a_file_says_its_format_and_only_own_pictures_are_replaced() {
    let tunctl = tunctl();
    for (file, begin) in [
        ("a.svg", "<svg "),
        ("a.dot", "// made by tunctl graph"),
        ("a.gv", "// made by tunctl graph"),
        ("a.mmd", "%% made by tunctl graph"),
    ] {
        for _ in 0..2 {
            tunctl
                .run(&["graph", "-o", file])
                .code(0)
                .complains("Wrote");
            let text = fs::read_to_string(tunctl.path(file)).unwrap();
            assert!(text.starts_with(begin), "{file}: {text}");
        }
    }
    tunctl
        .run(&["graph", "--format", "dot", "-o", "b.svg"])
        .code(0);
    let text = fs::read_to_string(tunctl.path("b.svg")).unwrap();
    assert!(text.starts_with("// made"), "what is asked for wins");
    for file in ["tunctl.yaml", "."] {
        let ran = tunctl.run(&["graph", "--format", "svg", "-o", file]);
        ran.code(1).complains("cannot write");
    }
    let manifest = fs::read_to_string(tunctl.path("tunctl.yaml")).unwrap();
    assert_eq!(manifest, MANIFEST);
}

#[test]
fn pictures_are_only_for_graph_and_pages_are_not() {
    let tunctl = tunctl();
    for arguments in [
        ["validate", "svg"],
        ["plan", "mermaid"],
        ["test", "dot"],
        ["graph", "html"],
    ] {
        let [command, format] = arguments;
        let ran = tunctl.run(&[command, "--format", format]).code(1);
        ran.complains("this command has no format");
    }
}

#[test]
fn several_stacks_are_one_picture() {
    let tunctl = tunctl();
    tunctl.write(
        "b.yaml",
        "version: 1\nstack: back\naccount: ${CLOUDFLARE_ACCOUNT_ID}\ntunnels: {back-web: {}}\n",
    );
    let ran = tunctl.run(&["graph", "tunctl.yaml", "b.yaml"]).code(0);
    let ran = ran.says("Topology of edge, back: 4 hostnames");
    ran.says("tunnel.edge-web (stack edge)")
        .says("tunnel.back-web (stack back)");
}
