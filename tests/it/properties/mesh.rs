//! Random worlds of private networks: routes to tunnels and WARP connectors, and virtual networks.
//! Smaller than those of hostnames, and judged by a model of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};
use tunctl::plan::{Guard, Policy};
use tunctl::problem::Problem;

use super::check;
use super::dice::Dice;
use super::story::{Journal, Tally};
use crate::support::line::Line;
use crate::support::world::{ACCOUNT, Kill, World, actions, mesh};

/// More rounds than any mess takes to be cleared up.
const ROUNDS: usize = 8;

const TUNNELS: [&str; 4] = ["edge-a", "edge-b", "edge-c", "web"];
const CONNECTORS: [&str; 3] = ["edge-o", "edge-p", "office"];
const NETWORKS: [&str; 4] = ["edge-v", "edge-w", "edge-x", "lab"];
const PREFIXES: [&str; 5] = [
    "10.1.0.0/16",
    "10.1.2.0/24",
    "10.2.0.0/16",
    "192.168.7.0/24",
    "fd00:1::/32",
];
const COMMENTS: [&str; 6] = [
    "",
    "ask ops",
    "tunctl:edge",
    "tunctl:edge ask ops",
    "tunctl:other theirs",
    "tunctl:edge-eu",
];

/// One declared route.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Route {
    prefix: &'static str,
    within: Option<&'static str>,
    comment: Option<&'static str>,
}

/// A declared virtual network.
#[derive(Debug, Clone, Default)]
struct Network {
    comment: Option<&'static str>,
    default: Option<bool>,
    previous: Option<&'static str>,
}

/// A manifest.
#[derive(Debug, Clone, Default)]
struct Draft {
    networks: BTreeMap<&'static str, Network>,
    /// Tunnels and WARP connectors; which of both, the name tells.
    parents: BTreeMap<&'static str, Vec<Route>>,
}

impl Draft {
    fn new(dice: &mut Dice) -> Self {
        let mut draft = Self::default();
        for _ in 0..=dice.below(8) {
            draft.edit(dice);
        }
        draft
    }

    /// What a commit does, once.
    fn edit(&mut self, dice: &mut Dice) {
        match dice.below(10) {
            0 | 1 => {
                self.networks.insert(*dice.pick(&NETWORKS), network(dice));
            }
            2 => {
                self.networks.remove(*dice.pick(&NETWORKS));
            }
            3 => {
                let (old, new) = (*dice.pick(&NETWORKS), *dice.pick(&NETWORKS));
                if old != new && !self.networks.contains_key(new) {
                    let known = self.networks.remove(old).unwrap_or_default();
                    let previous = Some(old);
                    self.networks.insert(new, Network { previous, ..known });
                }
            }
            4 => {
                let parent = parent(dice);
                self.parents.remove(parent);
            }
            _ => {
                let route = Route {
                    prefix: dice.pick::<&str>(&PREFIXES),
                    within: dice.chance(60).then(|| *dice.pick(&NETWORKS)),
                    comment: *dice.pick(&[None, Some("lab"), Some("")]),
                };
                let parent = parent(dice);
                self.parents.entry(parent).or_default().push(route);
            }
        }
        self.correct();
    }

    /// Takes out what `validate` refuses.
    fn correct(&mut self) {
        let mut taken = false;
        let names: BTreeSet<&str> = self.networks.keys().copied().collect();
        for network in self.networks.values_mut() {
            // A former name that is declared again is an error once it lives.
            network.previous = network.previous.filter(|it| !names.contains(it));
            if network.default == Some(true) && std::mem::replace(&mut taken, true) {
                network.default = None;
            }
        }
        let default = self.main();
        let networks = &self.networks;
        let mut seen = BTreeSet::new();
        for routes in self.parents.values_mut() {
            routes.retain(|route| {
                let within = route.within.filter(|it| Some(*it) != default);
                let declared = route.within.is_none_or(|it| networks.contains_key(it));
                declared && seen.insert((route.prefix, within))
            });
        }
    }

    fn main(&self) -> Option<&'static str> {
        let mut networks = self.networks.iter();
        let found = networks.find(|(_, network)| network.default == Some(true));
        found.map(|(name, _)| *name)
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (section, wanted) in [("tunnels", false), ("warpConnectors", true)] {
            let parents = self.parents.iter();
            let entries = parents.filter(|(name, _)| is_connector(name) == wanted);
            let entries = entries.map(|(name, routes)| {
                let routes: Vec<Value> = routes.iter().map(Route::written).collect();
                (*name, json!({ "privateRoutes": routes }))
            });
            let entries: BTreeMap<_, _> = entries.collect();
            writeln!(text, "{section}: {}", json!(entries)).expect("a string takes all");
        }
        let networks = self.networks.iter().map(|(name, network)| {
            let mut entry = json!({});
            if let Some(comment) = network.comment {
                entry["comment"] = json!(comment);
            }
            if let Some(default) = network.default {
                entry["default"] = json!(default);
            }
            if let Some(previous) = network.previous {
                entry["previousNames"] = json!([previous]);
            }
            (*name, entry)
        });
        let networks: BTreeMap<_, _> = networks.collect();
        writeln!(text, "virtualNetworks: {}", json!(networks)).expect("a string takes all");
        mesh(&text)
    }

    fn declares(&self, name: &str) -> bool {
        self.networks.contains_key(name) || self.parents.contains_key(name)
    }
}

impl Route {
    fn written(&self) -> Value {
        if self.within.is_none() && self.comment.is_none() {
            return json!(self.prefix);
        }
        let mut written = json!({ "network": self.prefix });
        if let Some(within) = self.within {
            written["virtualNetwork"] = json!(within);
        }
        if let Some(comment) = self.comment {
            written["comment"] = json!(comment);
        }
        written
    }
}

fn network(dice: &mut Dice) -> Network {
    Network {
        comment: *dice.pick(&[None, Some("lab"), Some("")]),
        default: *dice.pick(&[None, None, None, Some(true), Some(false)]),
        previous: None,
    }
}

fn parent(dice: &mut Dice) -> &'static str {
    if dice.chance(60) {
        dice.pick::<&str>(&TUNNELS)
    } else {
        dice.pick::<&str>(&CONNECTORS)
    }
}

fn is_connector(name: &str) -> bool {
    CONNECTORS.contains(&name)
}

/// What lives, read from the raw state.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Live {
    /// Names of tunnels and WARP connectors by id.
    parents: BTreeMap<String, String>,
    /// Virtual networks by id: name, comment, default.
    networks: BTreeMap<String, (String, String, bool)>,
    /// Routes by id: prefix, virtual network, parent, comment.
    routes: BTreeMap<String, [String; 4]>,
}

impl Live {
    fn of(world: &World) -> Self {
        let state = world.state();
        let living = |table: &str| -> BTreeMap<String, Value> {
            let rows = state["tables"][table].as_object().into_iter().flatten();
            let rows = rows.filter(|(_, row)| row["deleted_at"].is_null());
            rows.map(|(id, row)| (id.clone(), row.clone())).collect()
        };
        let text = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
        let name = |(id, row): (String, Value)| (id, text(&row, "name"));
        let parents: BTreeMap<String, String> = living("tunnels").into_iter().map(name).collect();
        let networks = living("networks").into_iter().map(|(id, row)| {
            let default = row["is_default"] == true;
            (id, (text(&row, "name"), text(&row, "comment"), default))
        });
        let fields = ["network", "virtual_network", "tunnel", "comment"];
        let routes = living("routes").into_iter();
        let routes = routes.map(|(id, row)| (id, fields.map(|field| text(&row, field))));
        Self {
            networks: networks.collect(),
            routes: routes.collect(),
            parents,
        }
    }

    fn parent(&self, name: &str) -> Option<&String> {
        let mut parents = self.parents.iter();
        parents.find(|(_, it)| *it == name).map(|(id, _)| id)
    }

    fn network(&self, name: &str) -> Option<&String> {
        let mut networks = self.networks.iter();
        networks.find(|(_, it)| it.0 == name).map(|(id, _)| id)
    }

    fn default(&self) -> Option<&String> {
        let mut networks = self.networks.iter();
        networks.find(|(_, it)| it.2).map(|(id, _)| id)
    }

    /// The same without ids, to compare two worlds.
    fn shape(&self) -> Value {
        let parents: BTreeSet<&String> = self.parents.values().collect();
        let networks: BTreeSet<_> = self.networks.values().collect();
        let name = |id: &String| self.networks.get(id).map(|it| it.0.clone());
        let routes: BTreeSet<_> = self
            .routes
            .values()
            .map(|[prefix, within, parent, comment]| {
                (prefix, name(within), self.parents.get(parent), comment)
            })
            .collect();
        json!([parents, networks, routes])
    }
}

/// Whose mark a comment carries: ours, another's, or none.
fn marked(comment: &str) -> Option<bool> {
    let stack = comment.split(' ').next()?.strip_prefix("tunctl:")?;
    (!stack.is_empty()).then_some(stack == "edge")
}

/// A call by hand: method, path below the account, body.
type Deed = (&'static str, String, Value);

/// One account with its manifest.
pub(super) struct Mesh {
    world: World,
    draft: Draft,
    dice: Dice,
    tally: Tally,
    journal: Journal,
}

impl Mesh {
    pub(super) fn begin(seed: u64, line: Line, journal: Journal) -> Self {
        let mut dice = Dice::new(seed);
        let draft = Draft::new(&mut dice);
        let world = World::over(line, &draft.text(), &[]);
        let mut mesh = Self {
            world,
            draft,
            dice,
            tally: Tally::default(),
            journal,
        };
        mesh.meddle(4);
        mesh
    }

    /// A life of some commits.
    pub(super) fn live(mut self) -> Tally {
        self.come_to_rest();
        for _ in 0..=self.dice.below(3) {
            self.go_on();
            self.come_to_rest();
        }
        if self.dice.chance(15) {
            self.world.policy = Policy::Destroy;
            self.come_to_rest();
        }
        self.tally
    }

    fn go_on(&mut self) {
        for _ in 0..=self.dice.below(5) {
            self.draft.edit(&mut self.dice);
        }
        self.world.declare(&self.draft.text());
        self.meddle(5);
    }

    /// What people and other programs do meanwhile; what Cloudflare refuses is not done.
    fn meddle(&mut self, most: usize) {
        for _ in 0..self.dice.below(most + 1) {
            let live = Live::of(&self.world);
            let deed = match self.dice.below(12) {
                0..=5 => self.with_routes(&live),
                6..=8 => self.with_networks(&live),
                9 => {
                    if let Some(parent) = self.dice.any(live.parents.keys()) {
                        self.bury(parent);
                    }
                    None
                }
                _ => Some(self.make_parent()),
            };
            if let Some((method, path, body)) = deed {
                let path = format!("/accounts/{ACCOUNT}/{path}");
                self.world.try_by_hand(method, &path, &body);
            }
        }
    }

    fn with_routes(&mut self, live: &Live) -> Option<Deed> {
        let parent = self.dice.any(live.parents.keys());
        let within = self.dice.any(live.networks.keys());
        let comment = *self.dice.pick(&COMMENTS);
        let route = self.dice.any(live.routes.keys());
        let route = route.map(|id| format!("teamnet/routes/{id}"));
        Some(match self.dice.below(6) {
            0 | 1 => {
                let prefix = *self.dice.pick(&PREFIXES);
                let new = json!({"network": prefix, "tunnel_id": parent?,
                    "virtual_network_id": within?, "comment": comment});
                ("POST", "teamnet/routes".to_owned(), new)
            }
            2 => ("PATCH", route?, json!({ "comment": comment })),
            3 => ("PATCH", route?, json!({ "tunnel_id": parent? })),
            4 => ("PATCH", route?, json!({ "virtual_network_id": within? })),
            _ => ("DELETE", route?, Value::Null),
        })
    }

    fn with_networks(&mut self, live: &Live) -> Option<Deed> {
        let comment = *self.dice.pick(&COMMENTS);
        let all = "teamnet/virtual_networks";
        let one = self.dice.any(live.networks.keys());
        Some(match self.dice.below(3) {
            0 => {
                let own = json!({"is_default_network": true, "comment": comment});
                ("PATCH", format!("{all}/{}", one?), own)
            }
            1 => {
                let name = *self.dice.pick(&NETWORKS);
                let new = json!({ "name": name, "comment": comment });
                ("POST", all.to_owned(), new)
            }
            _ => {
                let path = format!("{all}/{}?force=true", one?);
                ("DELETE", path, Value::Null)
            }
        })
    }

    fn make_parent(&mut self) -> Deed {
        let name = parent(&mut self.dice);
        let sort = if is_connector(name) {
            "warp_connector"
        } else {
            "cfd_tunnel"
        };
        let new = json!({ "name": name, "config_src": "cloudflare" });
        ("POST", sort.to_owned(), new)
    }

    /// A tunnel goes and its routes stay: what Cloudflare itself would not do.
    fn bury(&self, id: &str) {
        let mut row = self.world.state()["tables"]["tunnels"][id].clone();
        row["deleted_at"] = json!("2026-01-02T00:00:00Z");
        self.world.force("tunnels", id, &row);
    }

    fn note(&self, what: &str) {
        writeln!(self.journal.borrow_mut(), "{what}").expect("a string takes all");
    }

    fn destroy(&self) -> bool {
        self.world.policy == Policy::Destroy
    }

    /// Applies until the account is as the manifest says.
    fn come_to_rest(&mut self) {
        self.clear_the_way();
        let before = Live::of(&self.world);
        let outcome = self.world.apply();
        let after = Live::of(&self.world);
        self.tally.count("applies");
        for (change, _) in &outcome.verdicts {
            let what = format!("{} {}", change.action.name(), change.address.kind);
            self.tally.count(&what);
        }
        let failed = outcome.failed() || outcome.pending() || outcome.stale();
        assert!(!failed, "{outcome:#?}");
        self.only_ours_changes(&before, &after);
        check::nothing_is_left(&self.world);
        self.is_in_force(&after);
    }

    /// Removes every reason against a plan and everything that would make it fail.
    fn clear_the_way(&mut self) {
        for _ in 0..ROUNDS {
            let state = self.world.state();
            let planned = self.world.try_plan();
            assert_eq!(state, self.world.state(), "planning writes");
            self.tally.count("plans");
            let live = Live::of(&self.world);
            let text = self.draft.text();
            match planned {
                Err(problems) => {
                    self.note(&format!("{text}---\n{problems:#?}"));
                    self.excuse(&problems, &live);
                }
                Ok((_, plan)) => {
                    self.note(&format!("{text}---\n{:#?}", actions(&plan)));
                    let mut findings = plan.findings.iter();
                    if !findings.any(|it| it.guard == Guard::Foreign) {
                        return;
                    }
                    self.tally.count("foreign references");
                    self.remove_foreign(&live);
                }
            }
        }
        panic!("there is always something in the way");
    }

    /// Every problem has a cause in the account; all causes are cleared up.
    fn excuse(&mut self, problems: &[Problem], live: &Live) {
        let mut routes = live.routes.values();
        let others = routes.clone().any(|it| marked(&it[3]) == Some(false));
        let unmarked = routes.any(|it| marked(&it[3]).is_none());
        for problem in problems {
            let has_cause = match problem.code {
                "tunctl::other_stack" => others,
                "tunctl::foreign_object" => unmarked,
                "tunctl::rename_of_foreign" => {
                    self.draft.networks.values().any(|it| it.previous.is_some())
                }
                "tunctl::duplicate_route" | "tunctl::default_needed" => self.draft.main().is_none(),
                "tunctl::default_object" => {
                    let default = live.default().map(|id| live.networks[id].0.as_str());
                    let goes = |name: &str| name.starts_with("edge-");
                    default.is_some_and(|it| goes(it) || self.draft.declares(it))
                }
                _ => false,
            };
            assert!(has_cause, "no cause for {problem:#?}");
            self.tally.count(problem.code);
        }
        if problems
            .iter()
            .any(|it| it.code == "tunctl::rename_of_foreign")
        {
            for network in self.draft.networks.values_mut() {
                network.previous = None;
            }
        }
        let about_default =
            |it: &Problem| !it.code.ends_with("stack") && !it.code.ends_with("foreign");
        if problems.iter().any(about_default) {
            self.let_another_be_the_default(live);
        }
        self.remove_foreign(live);
        self.world.declare(&self.draft.text());
    }

    /// A virtual network of somebody else's becomes the default.
    fn let_another_be_the_default(&self, live: &Live) {
        let path = format!("/accounts/{ACCOUNT}/teamnet/virtual_networks");
        let own = json!({"name": "somebody-elses", "is_default_network": true});
        match live.network("somebody-elses") {
            Some(id) => self.world.by_hand("PATCH", &format!("{path}/{id}"), &own),
            None => self.world.by_hand("POST", &path, &own),
        };
    }

    /// Deletes every route that is not ours.
    fn remove_foreign(&self, live: &Live) {
        let foreign = live.routes.iter();
        for (id, _) in foreign.filter(|(_, it)| marked(&it[3]) != Some(true)) {
            let path = format!("/accounts/{ACCOUNT}/teamnet/routes/{id}");
            self.world.by_hand("DELETE", &path, &Value::Null);
        }
    }

    /// What is not ours is as it was.
    fn only_ours_changes(&self, before: &Live, after: &Live) {
        for (id, route) in &before.routes {
            let [prefix, .., comment] = route;
            let mut declared = self.draft.parents.values().flatten();
            let may = marked(comment) == Some(true)
                || marked(comment).is_none() && declared.any(|it| it.prefix == prefix);
            assert!(may || after.routes.get(id) == Some(route), "{route:?}");
        }
        let keeps = |name: &str| !name.starts_with("edge-") && !self.draft.declares(name);
        for (id, name) in before.parents.iter().filter(|(_, name)| keeps(name)) {
            assert_eq!(after.parents.get(id), Some(name));
        }
        for (id, network) in before.networks.iter().filter(|(_, it)| keeps(&it.0)) {
            let now = after.networks.get(id).expect("it stays");
            assert_eq!((&network.0, &network.1), (&now.0, &now.1));
        }
    }

    /// What stands at Cloudflare is what was declared, and nothing of ours besides.
    fn is_in_force(&self, after: &Live) {
        let nothing = Draft::default();
        let draft = if self.destroy() {
            &nothing
        } else {
            &self.draft
        };
        for (name, network) in &draft.networks {
            let id = after.network(name).expect("it is declared");
            let (_, comment, default) = &after.networks[id];
            assert!(network.comment.is_none_or(|it| it == comment), "{name}");
            assert!(network.default.is_none_or(|it| it == *default), "{name}");
        }
        let mut declared = BTreeSet::new();
        for (name, routes) in &draft.parents {
            let parent = after.parent(name).expect("it is declared");
            for route in routes {
                let within = match route.within {
                    Some(name) => after.network(name),
                    None => after.default(),
                };
                let within = within.expect("it is declared, or the default");
                let mut there = after.routes.iter().filter(|(_, it)| {
                    it[0] == route.prefix && it[1] == *within && it[2] == *parent
                });
                let (id, [.., comment]) = there.next().expect("it is declared");
                assert_ne!(marked(comment), Some(false));
                let own = comment.strip_prefix("tunctl:edge").unwrap_or(comment);
                assert!(
                    route.comment.is_none_or(|it| it == own.trim_start()),
                    "{comment}"
                );
                declared.insert(id.clone());
            }
        }
        for (id, route) in &after.routes {
            let orphan = marked(&route[3]) == Some(true) && !declared.contains(id);
            assert!(!orphan, "an orphan: {route:?}");
        }
        // The account always has a default, also when all else is destroyed.
        let networks = after.networks.iter();
        let networks = networks.filter(|(id, _)| after.default() != Some(*id));
        let names = after.parents.values().chain(networks.map(|(_, it)| &it.0));
        for name in names.filter(|name| name.starts_with("edge-")) {
            assert!(draft.declares(name), "{name} is an orphan");
        }
    }

    /// Kills the run that comes next at every single request and runs again: the account ends as
    /// if nothing had happened.
    pub(super) fn die_everywhere(mut self) -> Tally {
        self.come_to_rest();
        self.go_on();
        self.clear_the_way();
        let calm = self.world.fork();
        calm.apply();
        let expected = Live::of(&calm).shape();
        for k in 0..calm.sent() {
            for kill in [Kill::Before(k), Kill::After(k), Kill::Lose(k)] {
                self.note(&format!("killed at {kill:?}"));
                let world = self.world.fork();
                let first = world.apply_and_die(kill);
                let finished = first.is_some_and(|it| !it.failed() && !it.stale());
                if !(matches!(kill, Kill::Lose(_)) && finished) {
                    world.apply();
                }
                self.tally.count("crashes");
                assert_eq!(expected, Live::of(&world).shape(), "the end is another one");
                check::nothing_is_left(&world);
            }
        }
        self.tally
    }
}
