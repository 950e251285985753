//! The one binary: it names what there is and maps how it ended to an exit code.

mod cli;
mod commands;
mod config;
mod demo;
mod distributed;
mod embedded;
mod exit;
mod input;
mod intake;
mod lang;
mod one_page;
mod profiles;
mod progress;
mod roles;
mod stores;
mod table;
mod takedown;
mod tell;

use exit::Exit;
use lang::Lang;
use std::process::ExitCode;

fn main() -> ExitCode {
    let lang = Lang::detect(std::env::args_os());
    let cli = cli::parse(lang, std::env::args_os());
    match commands::run(cli, lang) {
        Ok(exit) => exit.into(),
        Err(error) if exit::is_closed_pipe(&error) => Exit::Done.into(),
        Err(error) => {
            tell::tell_error(lang, &error);
            Exit::of_error(&error).into()
        }
    }
}
