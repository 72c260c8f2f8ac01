//! What random worlds have found, each as a small world of its own.

use crate::support::world::{World, actions};

#[test]
fn a_tunnel_that_goes_waits_for_its_records_also_while_names_swap() {
    let before = "
version: 1
stack: edge
account: ${CLOUDFLARE_ACCOUNT_ID}
owns: {tunnels: [edge-*]}
tunnels:
  edge-a: {ingress: [{hostname: one.example.com, service: http://one:80}]}
  edge-b: {ingress: [{hostname: two.example.com, service: http://two:80}]}
  edge-0: {ingress: [{hostname: old.example.com, service: http://old:80}]}
";
    let after = "
version: 1
stack: edge
account: ${CLOUDFLARE_ACCOUNT_ID}
owns: {tunnels: [edge-*]}
tunnels:
  edge-a:
    ingress:
      - {hostname: two.example.com, service: http://two:80}
      - {hostname: old.example.com, service: http://old:80}
  edge-b: {ingress: [{hostname: one.example.com, service: http://one:80}]}
";
    let mut world = World::converged(before, &["example.com"]);
    let plan = world.declare(after).plan();
    assert_eq!(
        actions(&plan),
        [
            "tunnel_config.edge-a: update",
            "dns_record.old.example.com: update",
            "dns_record.two.example.com: update",
            "tunnel.edge-0: delete",
            "tunnel_config.edge-b: update",
            "dns_record.one.example.com: update",
        ]
    );
    let warnings: Vec<&str> = plan.warnings.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(
        warnings,
        ["`tunnel_config.edge-a` changes before `dns_record.one.example.com` has left it"]
    );
}
