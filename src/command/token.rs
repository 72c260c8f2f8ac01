//! `tunctl token`: prints a token of a tunnel, to a pipe.

use std::io::IsTerminal as _;

use serde_json::json;

use super::console::{self, Console, Trouble};
use super::session::Session;
use super::{runtime, stacks, tunnel};
use crate::cli::{Global, ManagementResource, Token};
use crate::cloudflare::tunnel as tunnels;
use crate::exit::Exit;
use crate::problem::Problem;

/// The command `token`.
pub(super) fn run(console: &Console, global: &Global, what: &Token) -> Result<Exit, Trouble> {
    let arguments = match what {
        Token::Run(arguments) => arguments,
        Token::Management(management) => &management.token,
    };
    if std::io::stdout().is_terminal() && !arguments.show {
        let message = "a token is a secret, and this is a terminal";
        return Err(Problem::new("tunctl::token_on_terminal", message)
            .help("send it to a program or a file, or add `--show`")
            .into());
    }
    let loaded = stacks::load(global, &arguments.of.files)?;
    runtime()?.block_on(async {
        let session = Session::open(console, global, &loaded.stacks).await?;
        let found = tunnel::find(&session, &loaded.stacks, &arguments.of.tunnel).await;
        let told = match found {
            Ok(found) => {
                let request = match what {
                    Token::Run(_) => tunnels::token(&found.account, &found.id).request,
                    Token::Management(management) => match management.resource {
                        ManagementResource::Logs => {
                            tunnels::management_token(&found.account, &found.id).request
                        }
                    },
                };
                let answer = session.client.send(&request).await;
                answer.map(|it| (found, it)).map_err(Trouble::report)
            }
            Err(trouble) => Err(trouble),
        };
        session.close().await?;
        let (found, answer) = told?;
        let Some(token) = answer.as_str() else {
            let message = "Cloudflare answered with success, and without a token";
            return Err(Problem::new("tunctl::unexpected_answer", message).into());
        };
        if console.is_for_programs() {
            console::print_json(&json!({
                "tunnel": found.name, "id": found.id, "token": token,
            }))?;
        } else {
            console::print(&format!("{token}\n"))?;
        }
        Ok(Exit::Success)
    })
}
