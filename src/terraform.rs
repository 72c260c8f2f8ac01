//! Terraform's state as the inventory of an account, and what is to be taken out of it.
//!
//! Invariant: only attributes that are named here are read, and none of them is a secret.

mod config;
mod inventory;
mod names;
mod state;
mod token;
mod translate;

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::export::{Exported, Inventory, Split, Wish, export};
use crate::problem::Problem;

/// How a state is imported.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The stack that it becomes.
    pub stack: String,
    /// The account; that of most resources unless given.
    pub account: Option<String>,
    /// How tunnels are put into files of their own.
    pub split: Option<Split>,
}

/// A manifest, and what Terraform is to forget.
#[derive(Debug)]
pub struct Imported {
    /// The manifest.
    pub exported: Exported,
    /// Terraform's addresses of what the manifest manages from now on.
    pub handed_over: Vec<String>,
    /// Terraform's addresses of what it declares and ignores at first.
    pub handed_over_later: Vec<String>,
    /// Types of Cloudflare's provider that stay with Terraform, with how many resources.
    pub others: BTreeMap<String, usize>,
}

/// Makes a manifest of a state: the output of `terraform show -json`, or a state file.
///
/// # Errors
/// If it is neither, or has nothing that a manifest could declare.
pub fn import(bytes: &[u8], options: &Options) -> Result<Imported, Problem> {
    let resources = state::read(bytes)?;
    let translated = translate::translate(&resources, options.account.as_deref());
    if translated.lives.is_empty() {
        let message = "the state has nothing that tunctl manages";
        let help = "it wants tunnels of Cloudflare's provider, version 4 or 5, and what belongs \
                    to them";
        return Err(Problem::new("tunctl::terraform_without_tunnels", message).help(help));
    }
    let mut left = translated.left.clone();
    let found = inventory::inventory(&translated, &options.stack, &mut left);
    let wish = Wish {
        account: "${CLOUDFLARE_ACCOUNT_ID}".to_owned(),
        title: vec![format!(
            "What Terraform's state says of account {}, as `tunctl import terraform` found it.",
            found.inventory.scope.account
        )],
        remarks: remarks(&found.origins),
        footer: left
            .iter()
            .map(|(it, why)| format!("{it}: {why}"))
            .collect(),
        split: options.split,
    };
    let exported = export(&found.inventory, &wish);
    let of = |wanted: &dyn Fn(&Address) -> bool| -> Vec<String> {
        let origins = found.origins.iter().filter(|(it, _)| wanted(it));
        let origins: BTreeSet<&String> = origins.flat_map(|(_, origins)| origins).collect();
        origins.into_iter().cloned().collect()
    };
    let managed: BTreeSet<&Address> = exported.managed.iter().collect();
    Ok(Imported {
        handed_over: of(&|it| managed.contains(it)),
        handed_over_later: of(&|it| {
            exported.ignored.contains_key(it) && !exported.left.contains_key(it)
        }),
        others: translated.others,
        exported,
    })
}

fn remarks(origins: &BTreeMap<Address, Vec<String>>) -> BTreeMap<Address, Vec<String>> {
    let remark = |it: &String| format!("Terraform: {it}");
    let origins = origins.iter();
    origins
        .map(|(address, origins)| (address.clone(), origins.iter().map(remark).collect()))
        .collect()
}

/// How many resources one command takes: each command reads and writes the whole state, and a
/// command line has an end.
const AT_ONCE: usize = 100;

/// What lets Terraform forget resources, for a POSIX shell.
#[must_use]
pub fn state_rm(addresses: &[String]) -> String {
    let quoted = |address: &String| format!("  '{}'", address.replace('\'', r"'\''"));
    let command = |addresses: &[String]| {
        let addresses: Vec<String> = addresses.iter().map(quoted).collect();
        format!("terraform state rm \\\n{}\n", addresses.join(" \\\n"))
    };
    addresses.chunks(AT_ONCE).map(command).collect()
}

/// What is known of an account through Terraform.
pub(crate) struct Found {
    inventory: Inventory,
    /// Terraform's addresses of each object.
    origins: BTreeMap<Address, Vec<String>>,
}
