//! `kinbridge routes`: every address of the portal with who may reach it, for reviews and tests.

use std::process::ExitCode;

use clap::Args;

use super::{Done, say};
use crate::api;
use crate::web::routes::table;

#[derive(Args)]
pub(super) struct Routes {
    /// JSON is what it prints anyway
    #[arg(long, hide = true)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Route {
    path: &'static str,
    method: String,
    who: &'static str,
}

impl Routes {
    #[expect(clippy::unused_self, reason = "every command is run the same way")]
    pub(super) fn run(self) -> Done {
        let lines = table().into_iter();
        let routes = lines.map(|line| Route {
            path: line.path,
            method: line.method.to_string(),
            who: line.who.words(),
        });
        let programs = api::table().into_iter();
        let programs =
            programs.map(|line| Route { path: line.path, method: line.method.to_string(), who: line.who });
        let routes = routes.chain(programs);
        say(&serde_json::to_string_pretty(&routes.collect::<Vec<_>>())?);
        Ok(ExitCode::SUCCESS)
    }
}
