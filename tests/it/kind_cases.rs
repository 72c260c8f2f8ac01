//! The table kinds × cases: for every kind what is planned, what is sent and how it ends when it
//! is created, changed, renamed and so on. A kind that is added needs a row, and a row has a
//! snapshot or a reason for every case.

mod api_token;
mod dns_record;
mod private_route;
/// What a cell shows.
mod scene;
mod service_token;
mod tunnel;
mod tunnel_config;
mod virtual_network;
mod warp_connector;

use std::collections::BTreeSet;
use std::io::Write as _;

use tunctl::kind::KINDS;

/// A case of a kind: shown by a snapshot, or not there for a reason.
type Cell = Result<fn() -> String, &'static str>;

/// All the cases of one kind.
struct Row {
    kind: &'static str,
    /// What an object of the kind has beside its name, as plans show it.
    fields: &'static [&'static str],
    /// Those that are no field of a declared object, or cannot change, each with the reason.
    fixed: &'static [(&'static str, &'static str)],
    create: Cell,
    no_op: Cell,
    change: Cell,
    drift: Cell,
    rename: Cell,
    removal: Cell,
    adoption: Cell,
    duplicate: Cell,
    quota: Cell,
    not_found: Cell,
}

/// Every kind, in the order of [`KINDS`].
const ROWS: &[Row] = &[
    tunnel::ROW,
    tunnel_config::ROW,
    dns_record::ROW,
    virtual_network::ROW,
    warp_connector::ROW,
    private_route::ROW,
    service_token::ROW,
    api_token::ROW,
];

impl Row {
    fn cells(&self) -> [(&'static str, Cell); 10] {
        [
            ("create", self.create),
            ("no-op", self.no_op),
            ("change", self.change),
            ("drift", self.drift),
            ("rename", self.rename),
            ("removal", self.removal),
            ("adoption", self.adoption),
            ("duplicate", self.duplicate),
            ("quota", self.quota),
            ("404", self.not_found),
        ]
    }
}

fn say(text: &str) {
    let mut to = std::io::stderr();
    to.write_all(text.as_bytes())
        .expect("standard error takes it");
}

/// The table, and below it why a case does not exist.
fn table() -> String {
    let line = |kind: &str, cells: Vec<String>| {
        let cells = cells.into_iter().map(|cell| format!(" {cell:<9}"));
        format!("{kind:<16}{}", cells.collect::<String>())
            .trim_end()
            .to_owned()
    };
    let cases = ROWS[0].cells().map(|(case, _)| case.to_owned());
    let mut lines = vec![line("", cases.to_vec())];
    let mut reasons = Vec::new();
    for row in ROWS {
        let cells = row.cells().map(|(case, cell)| match cell {
            Ok(_) => "shown".to_owned(),
            Err(why) => {
                let number = reasons.len() + 1;
                reasons.push(format!("({number}) {} {case}: {why}", row.kind));
                format!("({number})")
            }
        });
        lines.push(line(row.kind, cells.to_vec()));
    }
    lines.append(&mut reasons);
    lines.join("\n")
}

#[test]
fn every_kind_has_a_row_and_every_cell_has_a_snapshot_or_a_reason() {
    let rows: Vec<&str> = ROWS.iter().map(|row| row.kind).collect();
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name()).collect();
    assert_eq!(rows, kinds);
    let empty = ROWS.iter().flat_map(Row::cells);
    let empty = empty.filter(|(_, cell)| matches!(cell, Err(why) if why.len() < 10));
    assert_eq!(empty.count(), 0);
    let table = table();
    say(&format!("\nkinds \u{d7} cases\n{table}\n\n"));
    insta::with_settings!({snapshot_path => "kind_cases", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("table", table);
    });
}

#[test]
fn every_case_of_every_kind_is_as_its_snapshot_shows() {
    for row in ROWS {
        for (case, cell) in row.cells() {
            if let Ok(show) = cell {
                let name = format!("{}--{case}", row.kind);
                insta::with_settings!({
                    snapshot_path => "kind_cases",
                    prepend_module_to_snapshot => false,
                    omit_expression => true,
                }, {
                    insta::assert_snapshot!(name, show());
                });
            }
        }
    }
}

#[test]
fn every_field_is_changed_and_drifts_in_its_snapshots() {
    for row in ROWS {
        let seen = scene::fields(row.kind);
        let fixed: BTreeSet<&str> = row.fixed.iter().map(|(field, _)| *field).collect();
        let listed: BTreeSet<&str> = row.fields.iter().copied().collect();
        let known: BTreeSet<&str> = listed.union(&fixed).copied().collect();
        assert!(
            seen.iter().all(|field| known.contains(field.as_str())),
            "{}: {seen:?}",
            row.kind
        );
        for (case, cell) in [("change", row.change), ("drift", row.drift)] {
            let Ok(show) = cell else {
                assert!(row.fields.is_empty(), "{} has fields", row.kind);
                continue;
            };
            let text = show();
            for field in row.fields {
                let told =
                    text.contains(&format!("    {field}")) || text.contains(&format!("`{field}`"));
                assert!(told, "{} {case} does not show `{field}`", row.kind);
            }
        }
    }
}
