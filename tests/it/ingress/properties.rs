//! What holds for every configuration, pattern and request.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use serde_json::{Value, json};
use tunctl::ingress::path::Pattern;
use tunctl::ingress::settings::{settings, tunnel_settings, verifies_access};
use tunctl::ingress::{
    Access, IpRule, Matcher, OriginRequest, Rule, Seconds, Target, Why, canonical, from_wire,
    to_wire, validate_all,
};

const CASES: u32 = 400;

fn seconds() -> impl Strategy<Value = Option<Seconds>> {
    of(prop_oneof![Just(0), Just(10), Just(30), Just(90), -5_i64..100].prop_map(Seconds::new))
}

fn words() -> impl Strategy<Value = Option<String>> {
    of(prop_oneof![Just(""), Just("127.0.0.1"), Just("x")].prop_map(str::to_owned))
}

fn access() -> impl Strategy<Value = Option<Access>> {
    let tags = of(prop_oneof![Just(vec![]), Just(vec!["tag".to_owned()])]);
    of((of(any::<bool>()), words(), tags, words()).prop_map(
        |(required, team_name, aud_tag, environment)| Access {
            required,
            team_name,
            aud_tag,
            environment,
        },
    ))
}

fn ip_rules() -> impl Strategy<Value = Option<Vec<IpRule>>> {
    let prefix = of(
        prop_oneof![Just(""), Just("10.0.0.1/8"), Just("bad"), Just("::/0")]
            .prop_map(str::to_owned),
    );
    let rule = (prefix, of(vec(-1_i64..4, 0..3)), of(any::<bool>()));
    of(vec(
        rule.prop_map(|(prefix, ports, allow)| IpRule {
            prefix,
            ports,
            allow,
        }),
        0..3,
    ))
}

fn origin_request() -> impl Strategy<Value = OriginRequest> {
    let flags = vec(of(any::<bool>()), 6);
    let numbers = (of(99_i64..102), of(0_u64..2));
    (
        vec(seconds(), 4),
        vec(words(), 5),
        flags,
        numbers,
        ip_rules(),
        access(),
    )
        .prop_map(
            |(seconds, words, flags, numbers, ip_rules, access)| OriginRequest {
                connect_timeout: seconds[0],
                tls_timeout: seconds[1],
                tcp_keep_alive: seconds[2],
                keep_alive_timeout: seconds[3],
                no_happy_eyeballs: flags[0],
                match_sni_to_host: flags[1],
                no_tls_verify: flags[2],
                disable_chunked_encoding: flags[3],
                bastion_mode: flags[4],
                http2_origin: flags[5],
                keep_alive_connections: numbers.0,
                proxy_port: numbers.1,
                http_host_header: words[0].clone(),
                origin_server_name: words[1].clone(),
                ca_pool: words[2].clone(),
                proxy_address: words[3].clone(),
                proxy_type: words[4].clone(),
                ip_rules,
                access,
            },
        )
}

fn rule() -> impl Strategy<Value = Rule> {
    let hosts = [
        "",
        "*",
        "a.example.com",
        "*.example.com",
        "A.example.com",
        "é.com",
        "a:1",
    ];
    let paths = ["", "/", "^/a", "[ab]$", "("];
    let services = ["http://a", "http_status:404", "socks-proxy", "bastion", "x"];
    let hostname = of(prop::sample::select(hosts.to_vec()).prop_map(str::to_owned));
    let path = of(prop::sample::select(paths.to_vec()).prop_map(str::to_owned));
    let service = prop::sample::select(services.to_vec()).prop_map(str::to_owned);
    (hostname, path, service, of(origin_request())).prop_map(
        |(hostname, path, service, origin_request)| Rule {
            hostname,
            path,
            service,
            origin_request,
        },
    )
}

fn json_value() -> impl Strategy<Value = Value> {
    let keys = [
        "ingress",
        "originRequest",
        "Service",
        "access",
        "ipRules",
        "ports",
        "x",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z0-9]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        let key = prop::sample::select(keys.to_vec()).prop_map(str::to_owned);
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((key, inner), 0..5).prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_canonical_form_means_the_same_and_is_its_own(
        rules in vec(rule(), 0..4), tunnel in origin_request(),
    ) {
        let (short, short_tunnel) = canonical(&rules, &tunnel);
        prop_assert_eq!(canonical(&short, &short_tunnel), (short.clone(), short_tunnel.clone()));
        prop_assert_eq!(tunnel_settings(&short_tunnel), tunnel_settings(&tunnel));
        for (short, rule) in short.iter().zip(&rules) {
            prop_assert_eq!(settings(short, &short_tunnel), settings(rule, &tunnel));
            prop_assert_eq!(verifies_access(short), verifies_access(rule));
            prop_assert_eq!(short.is_catch_all(), rule.is_catch_all());
        }
        let messages = |rules: &[Rule], tunnel: &OriginRequest| -> Vec<String> {
            validate_all(rules, tunnel).into_iter().map(|fault| fault.message).collect()
        };
        prop_assert_eq!(messages(&short, &short_tunnel), messages(&rules, &tunnel));
    }

    #[test]
    fn the_wire_gives_back_what_it_was_given(
        rules in vec(rule(), 0..4), tunnel in origin_request(),
    ) {
        let wire = from_wire(&to_wire(&rules, &tunnel));
        prop_assert_eq!(&wire.lost, &[]);
        prop_assert_eq!(wire.others.len(), 0);
        prop_assert_eq!((wire.ingress, wire.origin_request), (rules, tunnel));
    }

    #[test]
    fn whatever_is_on_the_wire_is_read_or_reported(value in json_value()) {
        let wire = from_wire(&value);
        let again = from_wire(&to_wire(&wire.ingress, &wire.origin_request));
        prop_assert_eq!(again.lost, []);
        prop_assert_eq!(again.ingress, wire.ingress);
        prop_assert_eq!(again.origin_request, wire.origin_request);
    }

    #[test]
    fn no_pattern_panics(
        pattern in r"([\[\](){}|*+?^$\\.,:<>=!&~-]|[a-z0-9]|[äßſ\u{212a}\n]|\\[pPQExbdDwWsSAzB]|\(\?[imsUP<:]|\{[0-9,]{1,4}\}|\[:\^?[a-z]{1,6}:\]|\\p\{\^?[A-Za-z_ ]{1,6}\}){0,24}",
        path in vec(any::<u8>(), 0..12),
    ) {
        if let Ok(pattern) = Pattern::compile(&pattern) {
            let _ = pattern.is_match(&path);
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let rule = Rule { hostname: Some(text.clone()), path: Some(text.clone()),
            service: text.clone(), origin_request: None };
        let _ = validate_all(&[rule], &OriginRequest::default());
        let _ = Target::parse(&text);
        let _ = Seconds::parse(&text);
    }

    #[test]
    fn the_first_rule_that_matches_alone_wins(
        rules in vec(rule().prop_filter("a path", |rule| rule.path_pattern() != "("), 1..6),
        host in "(a|b|A)\\.example\\.com(:80)?|é\\.com|xn--9ca\\.com", path in "/[ab]{0,2}",
    ) {
        let matcher = Matcher::new(&rules).expect("the paths are valid");
        // Alone before a rule that nothing matches, a rule is chosen only if it matches.
        let nothing = Rule { hostname: Some("-".into()), ..Rule::default() };
        let matches = |rule: &Rule| {
            let alone = Matcher::new(&[rule.clone(), nothing.clone()]).expect("the path is valid");
            alone.route(host.as_bytes(), path.as_bytes()) == Some(0)
        };
        let first = rules.iter().position(matches).unwrap_or(rules.len() - 1);
        prop_assert_eq!(matcher.route(host.as_bytes(), path.as_bytes()), Some(first));
    }
}

#[test]
fn patterns_of_gos_deepest_nesting_run_and_deeper_ones_are_refused() {
    for (open, close) in [
        ("(", ")"),
        ("(?:", ")*"),
        ("(?:a(?:b|", "))"),
        ("(?:^|x(?:", ")+)"),
    ] {
        for depth in [300, 499, 1001, 5000, 100_000] {
            let pattern = format!("{}a{}", open.repeat(depth), close.repeat(depth));
            match Pattern::compile(&pattern) {
                Ok(pattern) => {
                    let _ = pattern.is_match(b"/a");
                    assert!(depth < 1000, "{open} {depth}");
                }
                Err(fault) => {
                    let text = fault.to_string();
                    assert!(text.starts_with("error parsing regexp: expression nests too deeply"));
                    assert!(depth > 300, "{open} {depth}");
                }
            }
        }
    }
}

#[test]
fn a_default_stays_where_it_overrides() {
    let read = |value: Value| from_wire(&value);
    let wire = read(json!({
        "ingress": [
            {"hostname": "a", "service": "http://a", "originRequest":
                {"noTLSVerify": false, "connectTimeout": 30, "tlsTimeout": 10, "access": {}}},
            {"hostname": "", "path": "", "service": "http://b", "originRequest":
                {"ipRules": [], "caPool": ""}},
        ],
        "originRequest": {"noTLSVerify": true, "connectTimeout": 10, "tlsTimeout": 10,
            "access": {"required": false}},
    }));
    let (rules, tunnel) = canonical(&wire.ingress, &wire.origin_request);
    assert_eq!(
        to_wire(&rules, &tunnel),
        json!({
            "ingress": [
                {"hostname": "a", "service": "http://a", "originRequest":
                    {"connectTimeout": 30, "noTLSVerify": false}},
                {"service": "http://b"},
            ],
            "originRequest": {"connectTimeout": 10, "noTLSVerify": true},
        })
    );
}

#[test]
fn what_a_manifest_cannot_hold_is_handed_back() {
    let wire = from_wire(&json!({
        "ingress": [
            {"hostname": "a", "service": "http://a", "id": "7", "ORIGINREQUEST":
                {"connectTimeout": 1.5, "tlsTimeout": "30s", "NoTlsVerify": true, "new": [1]}},
            5,
            {"service": "http_status:404", "originRequest": {"ipRules": [{"ports": [1, "2"]}]}},
        ],
        "originRequest": {"access": {"audTag": "x", "required": null}, "proxyPort": -1},
        "warp-routing": {"enabled": true},
        "version": 3,
    }));
    let lost: Vec<_> = wire.lost.iter().map(|lost| lost.place.as_str()).collect();
    assert_eq!(
        lost,
        [
            "ingress[0].id",
            "ingress[0].ORIGINREQUEST.connectTimeout",
            "ingress[0].ORIGINREQUEST.tlsTimeout",
            "ingress[0].ORIGINREQUEST.new",
            "ingress[1]",
            "ingress[2].originRequest.ipRules[0].ports[1]",
            "originRequest.access.audTag",
            "originRequest.proxyPort",
        ]
    );
    let unknown = wire.lost.iter().filter(|lost| lost.why == Why::UnknownKey);
    assert_eq!(unknown.count(), 2);
    let others: Vec<_> = wire.others.keys().collect();
    assert_eq!(others, ["warp-routing", "version"]);
    let own = wire.ingress[0]
        .origin_request
        .as_ref()
        .expect("it is there");
    assert_eq!(own.no_tls_verify, Some(true));
}

#[test]
fn the_users_form_writes_durations_as_text() {
    let rule: Rule = serde_json::from_value(json!(
        {"service": "http://a", "originRequest": {"connectTimeout": "1m30s"}}))
    .expect("it is a rule");
    let own = rule.origin_request.as_ref().expect("it is there");
    assert_eq!(own.connect_timeout, Some(Seconds::new(90)));
    assert_eq!(
        serde_json::to_value(&rule).expect("it is plain"),
        json!(
        {"service": "http://a", "originRequest": {"connectTimeout": "1m30s"}})
    );
    let schema = schemars::schema_for!(OriginRequest).to_value();
    assert_eq!(
        schema["properties"]["connectTimeout"]["format"],
        "ingress-duration"
    );
}
