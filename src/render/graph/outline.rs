//! The topology as text.

use std::io::{self, Write};

use super::{about_name, heading, host, notes, of_trace, within};
use crate::graph::{Graph, Tunnel};
use crate::render::text::{escaped, word};

/// Writes the topology for people: each tunnel with its names, and below each name its rules.
///
/// # Errors
/// If it cannot be written.
pub fn outline(to: &mut dyn Write, graph: &Graph) -> io::Result<()> {
    writeln!(to, "{}", heading(graph))?;
    for tunnel in &graph.tunnels {
        writeln!(to)?;
        write_tunnel(to, tunnel, graph.stacks.len())?;
    }
    for (name, trace) in &graph.empty_networks {
        let about = bracketed(of_trace(*trace));
        writeln!(to, "\nvirtual_network.{} (no routes){about}", escaped(name))?;
    }
    Ok(())
}

fn write_tunnel(to: &mut dyn Write, tunnel: &Tunnel, stacks: usize) -> io::Result<()> {
    let notes = notes(tunnel, stacks).join(", ");
    let notes = Some(notes.as_str()).filter(|it| !it.is_empty());
    let address = tunnel.address.to_string();
    writeln!(to, "{}{}", escaped(&address), bracketed(notes))?;
    for name in &tunnel.names {
        writeln!(
            to,
            "  {}{}",
            escaped(host(name)),
            bracketed(about_name(name))
        )?;
        for rule in &name.rules {
            let path = rule.path.iter().map(|it| format!("{} ", word(it)));
            let path: String = path.collect();
            let (position, service) = (rule.position, word(&rule.service));
            let about = bracketed(of_trace(rule.trace));
            writeln!(to, "    {position}: {path}-> {service}{about}")?;
        }
    }
    for network in &tunnel.networks {
        let name = escaped(&network.network);
        let about = bracketed(of_trace(network.trace));
        writeln!(to, "  {name} in {}{about}", escaped(within(network)))?;
    }
    Ok(())
}

fn bracketed(about: Option<&str>) -> String {
    about
        .map(|it| format!(" ({})", escaped(it)))
        .unwrap_or_default()
}
