//! One case as text: the plan, what carrying it out sends, how it ends, and the plan after that.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tunctl::observe::Survey;
use tunctl::plan::{Plan, fingerprint};
use tunctl::problem::Problem;

use crate::support::describe::{describe, ends};
use crate::support::world::{ACCOUNT, World, keeping, mesh, scrubbed};

/// One of each kind.
const ALL: &str = "virtualNetworks: {edge-staging: {comment: staging, default: false}}
tunnels:
  edge-web:
    ingress: [{hostname: app.example.com, service: http://web:3000}]
    privateRoutes: [{network: 10.30.0.0/16, virtualNetwork: edge-staging, comment: lab}]
warpConnectors: {edge-office: {privateRoutes: [192.168.7.0/24]}}
serviceTokens: {edge-ci: {duration: 8760h, sink: local}}
apiTokens:
  edge-deploy:
    policies: [{permissions: [DNS Write], resources: {zone: example.com}}]
    condition: {ip: {in: [203.0.113.0/24]}}
    notBefore: 2025-01-01T00:00:00Z
    expiresOn: 2027-06-30T00:00:00Z
    sink: local
sinks: {local: {file: \"{kind}-{name}.json\"}}
";

/// The fields that live objects of a kind have in plans.
pub(super) fn fields(kind: &str) -> BTreeSet<String> {
    let (survey, _) = World::mesh(ALL).try_plan().expect("a plan");
    let objects = survey
        .observed
        .iter()
        .filter(|(address, _)| address.kind == kind);
    let specs = objects.filter_map(|(_, object)| object.spec.as_object().cloned());
    specs
        .flat_map(|spec| spec.into_iter().map(|(field, _)| field))
        .collect()
}

/// An account where nothing is, and what is declared.
pub(super) fn fresh(sections: &str) -> World {
    World::new(&mesh(sections), &["example.com"])
}

/// An account that is as the first sections say, and the second ones declared.
pub(super) fn redeclared(before: &str, after: &str) -> World {
    let mut world = World::mesh(before);
    world.declare(&mesh(after));
    world
}

/// The same for a stack whose secrets go to files.
pub(super) fn tokens(sections: &str) -> World {
    World::new(&keeping(sections), &["example.com"])
}

/// An account that is as such a stack says.
pub(super) fn kept(sections: &str) -> World {
    World::converged(&keeping(sections), &["example.com"])
}

/// The same, and other sections declared.
pub(super) fn kept_as(before: &str, after: &str) -> World {
    let mut world = kept(before);
    world.declare_tokens(after);
    world
}

/// The id of a row of the emulator's state by its name.
pub(super) fn row_of(world: &World, table: &str, name: &str) -> String {
    let state = world.state();
    let rows = state["tables"][table].as_object().expect("a table");
    let mut found = rows.iter().filter(|(_, row)| row["name"] == name);
    found.next().expect("a row").0.clone()
}

/// The plan alone.
pub(super) fn planned(world: &World) -> String {
    snapshot_agrees(world);
    format!("plan\n{}", describe(&world.plan()))
}

/// Why there is no plan.
pub(super) fn refused(world: &World) -> String {
    snapshot_agrees(world);
    format!("no plan\n{}", world.refused())
}

/// In every case of every kind a snapshot gives the same plan as the account does, or the same
/// reasons why there is none.
fn snapshot_agrees(world: &World) {
    let words = |planned: Result<(Survey, Plan), Vec<Problem>>| match planned {
        Ok((survey, plan)) => Ok((
            fingerprint::of_plan(&plan),
            describe(&plan),
            survey.observed.objects,
        )),
        Err(problems) => Err(problems
            .into_iter()
            .map(|it| it.message)
            .collect::<Vec<_>>()),
    };
    let live = words(world.try_plan());
    assert_eq!(words(world.try_plan_from_snapshot()), live);
}

/// The plan carried out.
pub(super) fn applied(world: &World) -> String {
    carried_out(world, || ())
}

/// The plan carried out after something has happened that it does not know of.
pub(super) fn carried_out(world: &World, meanwhile: impl FnOnce()) -> String {
    snapshot_agrees(world);
    let made = world.try_plan().expect("a plan");
    meanwhile();
    world.watch();
    let outcome = world.carry_out(&made, &|_| {});
    let requests = world.watched().into_iter().map(|moment| {
        let call = moment.call.replace("%2F", "/");
        let body = match moment.body.as_str() {
            "" => String::new(),
            body => format!("\n  {body}"),
        };
        format!("{call} {}{body}", moment.status)
    });
    let requests: Vec<String> = requests.collect();
    let requests = scrubbed(&world.named(&requests.join("\n")));
    let after = match world.try_plan() {
        Ok((_, plan)) => describe(&plan),
        Err(_) => world.refused(),
    };
    let plan = describe(&made.1);
    format!(
        "plan\n{plan}\n\nsent\n{requests}\n\nend\n{}\n\nplan after it\n{after}",
        ends(&outcome)
    )
}

/// Several cases under each other.
pub(super) fn each(cases: &[(&str, String)]) -> String {
    let texts = cases
        .iter()
        .map(|(title, text)| format!("## {title}\n{text}"));
    texts.collect::<Vec<_>>().join("\n\n")
}

/// Lets the account have no more than so many of a sort: `tunnel_quota`.
pub(super) fn limit(world: &World, quota: &str, most: u64) {
    world.force("accounts", ACCOUNT, &json!({ quota: most }));
}

/// Lets an object vanish without a trace.
pub(super) fn vanish(world: &World, table: &str, id: &str) {
    world.force(table, id, &Value::Null);
}

/// Makes a second row with the words of a first one, which Cloudflare itself does not allow.
pub(super) fn twin(world: &World, table: &str, id: &str) {
    let row = world.state()["tables"][table][id].clone();
    world.force(table, "ffffffff-0000-4000-8000-000000000000", &row);
}
