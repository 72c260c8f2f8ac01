//! Stacks that share an account and a store, and are never planned together.

use super::place::Place;

fn stack(name: &str, owns: &str, sections: &str) -> String {
    let owns = format!("owns: {{tunnels: [\"{owns}\"]}}");
    format!("version: 1\nstack: {name}\naccount: ${{CLOUDFLARE_ACCOUNT_ID}}\n{owns}\n{sections}")
}

fn tunnel(name: &str, host: &str) -> String {
    format!("tunnels: {{{name}: {{ingress: [{{hostname: {host}, service: 'http://web:1'}}]}}}}\n")
}

#[test]
fn overlapping_owns_are_an_error_that_names_both_stacks() {
    let place = Place::new();
    let one = stack("edge", "edge-*", &tunnel("edge-web", "web.example.com"));
    let other = stack(
        "edge-eu",
        "edge-eu-*",
        &tunnel("edge-eu-web", "eu.example.com"),
    );
    place.apply(&one).code(0);
    let ran = place.apply(&other).code(1);
    ran.complains("stacks `edge-eu` and `edge` both own every `tunnel` that `edge-eu-*` and `edge-*` cover together");
    let narrow = stack("edge", "edge-us-*", &tunnel("edge-web", "web.example.com"));
    place.apply(&narrow).code(0);
    place.apply(&other).code(0);
}

#[test]
fn what_another_stack_declares_is_never_deleted_whatever_a_pattern_says() {
    let place = Place::new();
    let declares = "version: 1\nstack: edge-eu\naccount: ${CLOUDFLARE_ACCOUNT_ID}\n".to_owned()
        + &tunnel("edge-eu-web", "eu.example.com");
    place.apply(&declares).code(0);
    let owner = stack("edge", "edge-*", &tunnel("edge-web", "web.example.com"));
    place
        .apply(&owner)
        .code(0)
        .says("3 added, 0 changed, 0 destroyed");
    assert!(place.tunnel("edge-eu-web").is_some());
    let same = stack("edge", "edge-*", &tunnel("edge-eu-web", "us.example.com"));
    let ran = place.apply(&same).code(1);
    ran.complains("stack `edge-eu` declares `tunnel.edge-eu-web` too");
}

#[test]
fn a_stack_that_is_destroyed_claims_nothing_any_more() {
    let place = Place::new();
    let one = stack("edge", "edge-*", &tunnel("edge-web", "web.example.com"));
    place.apply(&one).code(0);
    place.run(&one, &["destroy", "--auto-approve"]).code(0);
    let other = stack("edge-eu", "edge-*", &tunnel("edge-eu", "eu.example.com"));
    place.apply(&other).code(0);
}
