//! Ingress semantics against cloudflared 2026.8's own answers, a sample that came from running
//! it (`tests/fixtures/ingress`), and properties that hold for everything.

mod order;
mod properties;
mod re2;
mod shadow;

use serde_json::{Value, json};
use tunctl::cloudflared::effective::effective;
use tunctl::cloudflared::{self, Dialect};
use tunctl::ingress::service::service;
use tunctl::ingress::{
    Field, Matcher, OriginRequest, Rule, Target, from_wire, validate, validate_all,
};

fn cases(name: &str) -> Vec<Value> {
    let path = format!("tests/fixtures/ingress/{name}.jsonl");
    let text = std::fs::read_to_string(path).expect("the fixture is there");
    let cases = text.lines().map(serde_json::from_str);
    cases.collect::<Result<_, _>>().expect("a case a line")
}

/// Fails with every case that is not answered as cloudflared does.
fn check(name: &str, count: usize, answer: impl Fn(&Value) -> Value, expected: &[&str]) {
    let cases = cases(name);
    assert_eq!(cases.len(), count);
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let answer = answer(case);
            let wanted: Value = expected
                .iter()
                .map(|key| ((*key).to_owned(), case[key].clone()))
                .collect();
            (answer != wanted).then(|| format!("{case}\n    answered {answer}"))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn text<'c>(case: &'c Value, key: &str) -> &'c str {
    case[key].as_str().expect("the case has the text")
}

fn rules(case: &Value) -> Vec<Rule> {
    let wire = from_wire(&json!({"ingress": case["ingress"]}));
    assert_eq!(wire.lost, [], "{case}");
    wire.ingress
}

#[test]
fn validation_is_cloudflareds() {
    let answer = |case: &Value| {
        let verdict = validate(&rules(case), &OriginRequest::default());
        let error = verdict.err().map(|fault| fault.message);
        json!({"ok": error.is_none(), "error": error})
    };
    check("validate", 679, answer, &["ok", "error"]);
}

/// Where a case's host and path go, and the service there as cloudflared prints it.
fn routed(case: &Value, host: &[u8], path: &[u8]) -> Value {
    let rules = rules(case);
    let matcher = Matcher::new(&rules).expect("the rules are valid");
    let rule = matcher.route(host, path).expect("there are rules");
    let service = service(&rules[rule], &OriginRequest::default()).expect("the service is valid");
    json!({"rule": rule, "service": service.to_string()})
}

#[test]
fn urls_go_to_the_rule_that_cloudflared_says() {
    let answer = |case: &Value| match Target::parse(text(case, "url")) {
        Ok(target) => routed(case, &target.host, &target.path),
        Err(message) => message.into(),
    };
    check("match", 933, answer, &["rule", "service"]);
}

#[test]
fn requests_go_to_the_rule_that_cloudflared_says() {
    let answer = |case: &Value| {
        let (host, path) = (text(case, "host"), text(case, "path"));
        routed(case, host.as_bytes(), path.as_bytes())
    };
    check("match-host", 22, answer, &["rule", "service"]);
}

#[test]
fn urls_are_refused_in_cloudflareds_words() {
    let answer = |case: &Value| {
        let fault = Target::parse(text(case, "url")).err();
        json!({"error": fault})
    };
    check("url-error", 40, answer, &["error"]);
}

/// The recorded configurations in all three forms: verdict, the rules' own faults, warnings and
/// what is in force. What Go's decoders say about a text that is no configuration is not compared.
#[test]
fn configurations_mean_what_they_mean_to_cloudflared() {
    let cases = cases("config");
    for case in &cases {
        let dialect = match text(case, "format") {
            "json-remote" => Dialect::JsonRemote,
            "json-cli" => Dialect::JsonCli,
            _ => Dialect::Yaml,
        };
        let read = cloudflared::read(text(case, "text").as_bytes(), dialect);
        match (&read, case["ok"] == json!(true)) {
            (Ok(configuration), true) => {
                assert_eq!(
                    effective(&configuration.document),
                    case["effective"],
                    "{case}"
                );
                assert_eq!(json!(configuration.warnings), case["warnings"], "{case}");
            }
            (Err(message), false) => {
                let error = text(case, "error");
                if let Some(wanted) = error.strip_prefix("Validation failed: ") {
                    assert_eq!(message, wanted, "{case}");
                }
            }
            (Err(message), true) => panic!("refused: {message}\n{case}"),
            (Ok(_), false) => panic!("accepted: {case}"),
        }
    }
    assert_eq!(cases.len(), 271);
}

#[test]
fn all_faults_are_one_for_each_faulty_rule_and_begin_with_cloudflareds() {
    for case in cases("validate") {
        let rules = rules(&case);
        let tunnel = OriginRequest::default();
        let all = validate_all(&rules, &tunnel);
        assert_eq!(all.first().cloned(), validate(&rules, &tunnel).err());
        let places: Vec<_> = all.iter().map(|fault| fault.rule).collect();
        assert!(places.is_sorted_by(|one, next| one < next), "{case}");
    }
}

#[test]
fn a_fault_names_the_field_that_is_wrong() {
    let field = |ingress: Value| {
        let rules = from_wire(&json!({"ingress": ingress})).ingress;
        let fault = validate(&rules, &OriginRequest::default()).expect_err("it is faulty");
        (fault.rule, fault.field)
    };
    let last = json!({"service": "http_status:404"});
    let one = |rule: Value| field(json!([rule, last]));
    assert_eq!(field(json!([])), (None, Field::Rules));
    assert_eq!(one(json!({"service": "x"})), (Some(0), Field::Service));
    assert_eq!(one(last.clone()), (Some(0), Field::Rule));
    let rule = json!({"hostname": "*", "service": "http://a"});
    assert_eq!(one(rule), (Some(0), Field::Hostname));
    let rule = json!({"path": "/", "service": "http://a"});
    assert_eq!(field(json!([rule])), (Some(0), Field::Path));
    let rule = json!({"hostname": "a", "service": "socks-proxy", "originRequest":
        {"ipRules": [{"prefix": "10.0.0.0/8"}, {"prefix": "10.0.0.1"}]}});
    assert_eq!(one(rule), (Some(0), Field::IpRule(1)));
    let rule = json!({"hostname": "a", "service": "http://a", "originRequest":
        {"access": {"required": true, "audTag": ["x"]}}});
    assert_eq!(one(rule), (Some(0), Field::Access));
}
