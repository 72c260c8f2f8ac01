use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::desk::Desk;

/// What is known about Cloudflare's API, statement by statement, and the test that shows that
/// the emulator does it. Those about service tokens and account-owned API tokens are the names
/// of the tests in the files of that name.
const CHECKLIST: &[(&str, &str)] = &[
    // Where Cloudflare's own description is wrong.
    (
        "failures have one schema, successes another",
        "openapi::every_operation_answers_as_described_when_called_rightly_and_wrongly",
    ),
    (
        "DELETE of connections answers null",
        "configurations::connections_are_deleted_all_or_of_one_connector",
    ),
    (
        "DELETE takes no body or any object",
        "checklist::a_delete_takes_no_body_or_any",
    ),
    (
        "a catch-all rule has no hostname",
        "configurations::a_put_echoes_the_document_adds_warp_routing_and_counts",
    ),
    (
        "times that are not are null, not absent",
        "tunnels::a_new_tunnel_looks_as_recorded",
    ),
    (
        "config is null before the first PUT",
        "configurations::a_fresh_tunnel_has_version_0_and_no_document",
    ),
    (
        "without is_deleted, a list has active objects only",
        "tunnels::a_deleted_tunnel_stays_readable_and_leaves_the_list",
    ),
    (
        "tunnels have no connections since 2026-10-05",
        "tunnels::tunnels_show_their_connections_in_the_shape_from_before_october_2026",
    ),
    (
        "routes by network are gone since 2026-10-05",
        "routes::the_endpoints_that_name_a_route_by_its_network_are_gone",
    ),
    (
        "cascade deletes what depends on a tunnel",
        "tunnels::live_connections_stop_a_delete_unless_it_cascades",
    ),
    (
        "cascade deletes routes too",
        "routes::living_routes_stop_the_delete_of_a_tunnel_unless_it_cascades",
    ),
    (
        "connections have is_pending_reconnect",
        "configurations::pending_connections_are_listed_but_do_not_stop_a_delete",
    ),
    (
        "connectors of cloudflared have ha_status null",
        "configurations::a_connector_is_shown_with_its_connections",
    ),
    (
        "a create answers token and credentials_file",
        "tunnels::the_token_is_the_same_in_the_create_answer_and_from_its_path",
    ),
    // Tunnels: list.
    (
        "name filters exactly, prefixes and status filter",
        "tunnels::lists_are_filtered",
    ),
    (
        "cloudflared's name_prefix filters",
        "tunnels::lists_are_filtered",
    ),
    (
        "existed_at, was_active_at, was_inactive_at filter",
        "tunnels::lists_know_the_past",
    ),
    (
        "result_info has no total_pages",
        "tunnels::lists_are_paged_without_total_pages",
    ),
    // Tunnels: create.
    (
        "config_src is local unless it is said",
        "tunnels::the_token_is_the_same_in_the_create_answer_and_from_its_path",
    ),
    (
        "a secret has 32 bytes at least and is optional",
        "tunnels::a_server_made_secret_has_32_bytes_and_differs_from_tunnel_to_tunnel",
    ),
    (
        "a short secret, a missing name: 400, 1001",
        "tunnels::wrong_fields_are_400_1001_and_create_nothing",
    ),
    (
        "a taken name is 409, 1013 and reusable after a delete",
        "tunnels::a_name_is_unique_among_the_living_of_an_account",
    ),
    (
        "the first tunnel brings a default virtual network",
        "virtual_networks::the_first_tunnel_of_an_account_brings_a_default_virtual_network",
    ),
    // Tunnels: read, change, delete.
    (
        "a deleted tunnel is read with 200",
        "tunnels::a_deleted_tunnel_stays_readable_and_leaves_the_list",
    ),
    (
        "an id that never was is 404, 1003",
        "tunnels::a_tunnel_is_of_its_account_only",
    ),
    (
        "PATCH changes name and secret, never config_src",
        "tunnels::a_patch_changes_what_it_names_and_nothing_else",
    ),
    (
        "a new secret locks out connectors only when they come back",
        "configurations::a_connector_comes_back_until_the_secret_is_another",
    ),
    (
        "live connections refuse a delete with 1022",
        "tunnels::live_connections_stop_a_delete_unless_it_cascades",
    ),
    (
        "living routes refuse a delete with 1023",
        "routes::living_routes_stop_the_delete_of_a_tunnel_unless_it_cascades",
    ),
    (
        "deleting twice answers as the first time",
        "tunnels::a_deleted_tunnel_stays_readable_and_leaves_the_list",
    ),
    (
        "cascade leaves DNS records dangling",
        "checklist::a_cascade_leaves_dns_records_dangling",
    ),
    (
        "inactive, healthy, degraded, down follow the connections",
        "configurations::the_status_follows_the_connections",
    ),
    // Configurations.
    (
        "version 0 and the tunnel's time before the first PUT",
        "configurations::a_fresh_tunnel_has_version_0_and_no_document",
    ),
    (
        "a deleted tunnel's configuration is 404, 1055",
        "configurations::a_deleted_tunnel_has_no_configuration",
    ),
    (
        "created_at is the time of the last PUT",
        "configurations::a_put_echoes_the_document_adds_warp_routing_and_counts",
    ),
    (
        "a PUT replaces all and counts, also when it is equal",
        "configurations::a_put_echoes_the_document_adds_warp_routing_and_counts",
    ),
    (
        "a PUT adds warp-routing and nothing else",
        "configurations::a_put_echoes_the_document_adds_warp_routing_and_counts",
    ),
    (
        "a bad one is 400, 1056 in cloudflared's words",
        "configurations::a_bad_configuration_is_refused_in_cloudflareds_words",
    ),
    (
        "a PUT on a local tunnel makes it a remote one",
        "configurations::a_put_makes_a_local_tunnel_a_remote_one",
    ),
    // cloudflared's own way to DNS.
    (
        "a hostname's record is new, updated or unchanged",
        "hostnames::a_hostname_that_is_free_gets_a_record_and_then_stays",
    ),
    (
        "a taken hostname is 1003 without overwrite_existing",
        "hostnames::a_hostname_that_is_taken_is_overwritten_only_on_demand",
    ),
    (
        "a tunnel joins a pool of a load balancer",
        "hostnames::a_tunnel_joins_pools_of_load_balancers",
    ),
    (
        "a load balancer that is not proxied is 1004",
        "hostnames::a_load_balancer_that_is_not_proxied_takes_no_tunnel",
    ),
    // All tunnels and WARP connectors.
    (
        "the list of all types is filtered by tun_types",
        "warp_connectors::the_list_of_all_types_is_filtered_by_type_and_as_each_list_is",
    ),
    (
        "WARP connectors have no config_src and no remote_config",
        "warp_connectors::a_warp_connector_is_a_tunnel_without_a_source_of_configuration",
    ),
    (
        "PATCH renames a WARP connector or changes its secret",
        "warp_connectors::a_warp_connector_is_renamed_and_gets_another_secret",
    ),
    (
        "ha_status is active, passive or offline",
        "warp_connectors::one_connected_client_is_active_and_the_others_wait",
    ),
    (
        "a failover needs HA and a linked client",
        "warp_connectors::a_failover_makes_a_linked_client_of_a_highly_available_one_active",
    ),
    (
        "each ha_mode has its own config",
        "warp_connectors::the_settings_of_high_availability_are_checked_by_mode_and_counted",
    ),
    (
        "1013 applies to WARP connectors",
        "warp_connectors::names_are_unique_among_living_warp_connectors_and_not_across_types",
    ),
    (
        "WARP connectors have permissions of their own",
        "warp_connectors::a_warp_connector_takes_permissions_of_its_own",
    ),
    (
        "ten WARP connectors per account",
        "warp_connectors::an_account_has_room_for_ten_warp_connectors",
    ),
    // DNS batches.
    (
        "deletes, patches, puts, posts, in this order",
        "dns_batch::a_batch_deletes_patches_puts_and_posts_in_this_order",
    ),
    (
        "one transaction, and the first error",
        "dns_batch::a_batch_that_fails_anywhere_does_nothing_and_tells_the_first_error",
    ),
    (
        "200 operations on Free, 3,500 on paid plans",
        "dns_batch::a_batch_is_as_large_as_the_plan_allows",
    ),
    // DNS errors.
    (
        "81053, 81054, 81056, 81057, 81058",
        "dns::records_that_cannot_stand_together_are_refused",
    ),
    ("81044 with 404", "dns::a_deleted_record_is_gone"),
    ("9300 for tags on Free", "dns::tags_are_for_paying_plans"),
    (
        "1004 with a chain for invalid values",
        "dns::contents_are_checked_by_type",
    ),
    ("81045 in a full zone", "dns::a_full_zone_takes_no_more"),
    (
        "quotas of records by plan and birthday",
        "zones::quotas_follow_plan_and_birthday",
    ),
    // Routes.
    (
        "filters of routes",
        "routes::every_filter_of_routes_filters",
    ),
    (
        "a route's comment has 100 characters at most",
        "routes::comments_of_routes_have_100_characters_at_most",
    ),
    (
        "the default virtual network, unless one is named",
        "routes::a_route_is_in_the_default_virtual_network_unless_another_is_named",
    ),
    (
        "lists add tun_type, tunnel_name, virtual_network_name",
        "routes::a_route_is_in_the_default_virtual_network_unless_another_is_named",
    ),
    (
        "PATCH and DELETE of a route",
        "routes::a_deleted_route_stays_readable_and_leaves_the_list",
    ),
    (
        "the route of an address",
        "routes::an_address_has_the_route_with_the_longest_prefix_in_its_virtual_network",
    ),
    (
        "host bits are refused",
        "routes::networks_of_routes_have_no_host_bits_and_one_form",
    ),
    (
        "409, 1014 for the same network",
        "routes::the_same_network_is_routed_once_in_a_virtual_network",
    ),
    (
        "unknown tunnels and virtual networks are refused",
        "routes::a_route_leads_to_a_living_tunnel_of_its_account",
    ),
    (
        "routes first, then the tunnel",
        "routes::a_tunnel_whose_routes_are_deleted_can_be_deleted",
    ),
    (
        "1,000 routes per account",
        "routes::an_account_has_room_for_a_thousand_routes_unless_told_otherwise",
    ),
    // Virtual networks.
    (
        "names and comments of 256 characters",
        "virtual_networks::names_and_comments_of_virtual_networks_have_256_characters_at_most",
    ),
    (
        "filters, is_default as the old name",
        "virtual_networks::virtual_networks_are_filtered_and_come_a_thousand_a_page",
    ),
    (
        "force deletes in spite of routes",
        "virtual_networks::a_virtual_network_with_routes_is_deleted_only_by_force_and_with_them",
    ),
    (
        "exactly one default",
        "virtual_networks::exactly_one_virtual_network_is_the_default_one",
    ),
    (
        "400, 1049 for the default one",
        "virtual_networks::the_default_virtual_network_cannot_be_deleted",
    ),
    (
        "1,000 virtual networks per account",
        "virtual_networks::an_account_has_room_for_a_thousand_virtual_networks_unless_told_otherwise",
    ),
    // What clients really depend on.
    (
        "bare strings for tokens",
        "tunnels::the_token_is_the_same_in_the_create_answer_and_from_its_path",
    ),
    (
        "200 on create",
        "openapi::every_operation_answers_as_described_when_called_rightly_and_wrongly",
    ),
    (
        "409 for conflicts of names",
        "tunnels::a_name_is_unique_among_the_living_of_an_account",
    ),
    (
        "409 for conflicts of routes",
        "routes::the_same_network_is_routed_once_in_a_virtual_network",
    ),
    (
        "soft deletes: read by id, hidden from lists",
        "tunnels::a_deleted_tunnel_stays_readable_and_leaves_the_list",
    ),
    (
        "per_page is 1000 unless it is said",
        "tunnels::lists_are_paged_without_total_pages",
    ),
    (
        "an empty page past the end",
        "tunnels::lists_are_paged_without_total_pages",
    ),
    (
        "Ratelimit headers on every answer",
        "envelope::every_answer_has_the_rate_limits_headers_and_a_ray",
    ),
    (
        "Retry-After on 429",
        "rate::who_uses_up_the_quota_is_blocked_for_five_minutes",
    ),
    (
        "the shape of tunnels before 2026-10-05 on demand",
        "tunnels::tunnels_show_their_connections_in_the_shape_from_before_october_2026",
    ),
    (
        "both management paths",
        "tunnels::management_tokens_come_from_both_paths",
    ),
    (
        "cascade=true",
        "routes::living_routes_stop_the_delete_of_a_tunnel_unless_it_cascades",
    ),
    (
        "DELETE with or without a body",
        "checklist::a_delete_takes_no_body_or_any",
    ),
    (
        "a line break ends the messages of 1056",
        "configurations::a_bad_configuration_is_refused_in_cloudflareds_words",
    ),
    (
        "the version counts from 0 with config null",
        "configurations::a_fresh_tunnel_has_version_0_and_no_document",
    ),
    (
        "batches: transaction and order",
        "dns_batch::a_batch_that_fails_anywhere_does_nothing_and_tells_the_first_error",
    ),
    (
        "secrets only once: never in lists and reads",
        "tunnels::a_new_tunnel_looks_as_recorded",
    ),
    (
        "unknown query parameters are ignored",
        "tunnels::lists_are_filtered",
    ),
    ("faults: 429", "faults::a_429_carries_retry_after"),
    (
        "faults: 5xx and pages of proxies",
        "faults::any_answer_can_stand_in_before_or_after_the_commit",
    ),
    (
        "faults: a timeout after the commit",
        "faults::a_reset_comes_before_or_after_the_commit",
    ),
    (
        "the race into 1022 after a cleanup",
        "checklist::a_connector_that_comes_back_makes_a_delete_after_a_cleanup_fail",
    ),
];

/// Every test of the emulator as `file::name`.
fn tests() -> BTreeSet<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/emulator");
    let files = std::fs::read_dir(directory).expect("the directory of the tests");
    let mut tests = BTreeSet::new();
    for file in files {
        let path = file.expect("a file").path();
        let source = std::fs::read_to_string(&path).expect("a source file");
        let module = path.file_stem().expect("a name").to_string_lossy();
        let mut lines = source.lines();
        while lines.any(|line| line == "#[test]" || line.starts_with("#[tokio::test")) {
            let mut rest = lines.by_ref().skip_while(|line| !line.contains("fn "));
            let line = rest.next().unwrap_or_default();
            let name = line.split(['(', ' ']).find(|word| word.contains('_'));
            tests.extend(name.map(|name| format!("{module}::{name}")));
        }
    }
    tests
}

#[test]
fn every_statement_of_the_checklist_has_its_test() {
    let tests = tests();
    assert!(tests.len() > 100, "{}", tests.len());
    let missing: Vec<_> = CHECKLIST
        .iter()
        .filter(|(_, test)| !tests.contains(*test))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
    let statements: BTreeSet<&str> = CHECKLIST.iter().map(|(statement, _)| *statement).collect();
    assert_eq!(statements.len(), CHECKLIST.len());
}

#[test]
fn a_delete_takes_no_body_or_any() {
    for body in [Value::Null, json!({}), json!({"anything": [1]})] {
        let (mut desk, zone) = Desk::with_zone("example.com");
        let record = desk.record(&zone, "www", "192.0.2.1");
        let (tunnel, _) = desk.tunnel("web");
        for target in [
            format!("{tunnel}/connections"),
            tunnel,
            format!("/zones/{zone}/dns_records/{record}"),
        ] {
            desk.ok("DELETE", &target, &body);
        }
    }
}

#[test]
fn a_cascade_leaves_dns_records_dangling() {
    let (mut desk, zone) = Desk::with_zone("example.com");
    let (tunnel, id) = desk.tunnel("web");
    let records = format!("/zones/{zone}/dns_records");
    let content = format!("{id}.cfargotunnel.com");
    let record = json!({"type": "CNAME", "name": "www", "content": content, "proxied": true});
    desk.ok("POST", &records, &record);
    desk.ok("DELETE", &format!("{tunnel}?cascade=true"), &Value::Null);
    assert_eq!(desk.get(&records)[0]["content"], json!(content));
}

#[test]
fn a_connector_that_comes_back_makes_a_delete_after_a_cleanup_fail() {
    let mut desk = Desk::new();
    let (tunnel, id) = desk.tunnel("web");
    let connectors = format!("/tunnels/{id}/connectors");
    desk.control("POST", &connectors, &json!({"reconnects": true}));
    desk.ok("DELETE", &format!("{tunnel}/connections"), &Value::Null);
    assert_eq!(desk.refused("DELETE", &tunnel, &Value::Null).1, 1022);
    desk.control("DELETE", &connectors, &Value::Null);
    desk.ok("DELETE", &tunnel, &Value::Null);
}
