//! How many requests a large stack costs, counted by the server (design, section 10).

use tunctl::kind::KINDS;
use tunctl::observe::Survey;
use tunctl::plan::forecast::{Forecast, Rate, forecast};
use tunctl::plan::{Input, Plan};

use crate::support::world::{World, edge, record};

const ZONES: [&str; 3] = ["example.com", "example.net", "example.org"];
const TUNNELS: usize = 50;
const HOSTS: usize = 20;

/// 50 tunnels with 20 hostnames each, spread over 3 zones.
fn large() -> String {
    let rule = |tunnel: usize, host: usize| {
        let zone = ZONES[(tunnel * HOSTS + host) % ZONES.len()];
        let port = 8000 + host;
        format!("      - {{hostname: t{tunnel}-h{host}.{zone}, service: http://x:{port}}}")
    };
    let entry = |tunnel: usize| {
        let rules: Vec<String> = (0..HOSTS).map(|host| rule(tunnel, host)).collect();
        format!("  edge-{tunnel:02}:\n    ingress:\n{}", rules.join("\n"))
    };
    let entries: Vec<String> = (0..TUNNELS).map(entry).collect();
    edge(&format!("tunnels:\n{}\n", entries.join("\n")))
}

/// Reads and writes since the log was emptied.
fn counted(world: &World) -> (usize, usize) {
    let requests = world.requests();
    let reads = requests.iter().filter(|it| it["method"] == "GET").count();
    world.forget_requests();
    (reads, requests.len() - reads)
}

#[test]
fn a_large_stack_stays_within_the_budget_of_requests() {
    let budget = TUNNELS + 2 * ZONES.len() + 8;
    let world = World::new(&large(), &ZONES);
    let planned = world.try_plan().expect("a plan");
    let first_plan = counted(&world);
    let outcome = world.carry_out(&planned, &|_| {});
    assert!(!outcome.failed());
    let first_apply = counted(&world);
    assert!(world.plan().is_empty());
    let second_plan = counted(&world);
    assert!(world.apply().verdicts.is_empty());
    let second_apply = counted(&world);
    let table = format!(
        "first plan {first_plan:?}, first apply {first_apply:?}, second plan {second_plan:?}, \
         second apply {second_apply:?} (reads, writes)"
    );
    assert!(first_plan.0 <= budget && first_plan.1 == 0, "{table}");
    assert!(first_apply.1 <= 2 * TUNNELS + 6, "{table}");
    assert!(second_plan.0 <= budget && second_plan.1 == 0, "{table}");
    assert_eq!(second_apply, second_plan, "{table}");
    insta::assert_snapshot!(table, @"first plan (7, 0), first apply (0, 106), second plan (57, 0), second apply (57, 0) (reads, writes)");
    assert_eq!(forecasted(&world, &planned), first_apply);
}

/// Reads and writes that the plan forecasts.
fn forecasted(world: &World, (survey, plan): &(Survey, Plan)) -> (usize, usize) {
    let manifest = world.manifest();
    let input = Input {
        kinds: KINDS,
        scope: &survey.scope,
        desired: &manifest.desired,
        observed: &survey.observed,
        ownership: &manifest.ownership,
        limits: &manifest.limits,
        policy: world.policy,
        selection: &world.selection,
        rotate: None,
        base: None,
    };
    let Forecast { reads, writes, .. } = forecast(&input, plan, Rate::default());
    let count = |it: u64| usize::try_from(it).expect("few");
    (count(reads), count(writes))
}

#[test]
fn an_adoption_that_displaces_an_address_is_two_operations_of_a_batch() {
    let names: Vec<String> = (0..101).map(|it| format!("h{it}.example.com")).collect();
    let rules: Vec<String> = names
        .iter()
        .map(|name| format!("      - {{hostname: {name}, service: http://x:1}}"))
        .collect();
    let (adopt, rules) = (names.join(", "), rules.join("\n"));
    let entry = format!("  edge-web:\n    dns: {{adopt: [{adopt}]}}\n    ingress:\n{rules}\n");
    let world = World::new(&edge(&format!("tunnels:\n{entry}")), &["example.com"]);
    for name in &names {
        world.add_record("example.com", &record("A", name, "192.0.2.1"));
    }
    let planned = world.try_plan().expect("a plan");
    world.forget_requests();
    assert!(!world.carry_out(&planned, &|_| {}).failed());
    let sent = counted(&world);
    assert_eq!(
        sent,
        (1, 4),
        "tunnel, configuration, 202 operations in two batches"
    );
    assert_eq!(forecasted(&world, &planned), sent);
}
