//! Configurations of tunnels.

use insta::assert_snapshot;
use serde_json::json;
use tunctl::cloudflare::configuration;

use super::{ACCOUNT, id, sent};

#[test]
fn a_configuration_is_read_again_but_never_sent_again() {
    let config = json!({"ingress": [{"service": "http_status:404"}]});
    let lines = [
        sent(&configuration::get(ACCOUNT, &id("T"))),
        sent(&configuration::put(ACCOUNT, &id("T"), &config)),
    ];
    assert_snapshot!(lines.join("\n"), @r#"
        GET /accounts/ACCOUNT/cfd_tunnel/T/configurations
        PUT /accounts/ACCOUNT/cfd_tunnel/T/configurations once
        {"config":{"ingress":[{"service":"http_status:404"}]}}
    "#);
}
