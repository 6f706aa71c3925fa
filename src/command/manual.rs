//! `countersign man`: the manual pages, from the same table as the help.

use std::path::PathBuf;

use clap::{Args, CommandFactory};

use super::output::{self, complain, print};
use super::{CommandLine, Exit};

/// What `man` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:\n  countersign man | man -l -\n  countersign man /usr/local/share/man/man1")]
pub(super) struct Arguments {
    /// Write a page for the whole and one for each command there, instead of printing the first
    directory: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    // There is a page for each command, and none for `help`.
    let command = CommandLine::command().disable_help_subcommand(true);
    let Some(directory) = &arguments.directory else {
        let mut page = Vec::new();
        let rendered = clap_mangen::Man::new(command).render(&mut page);
        return match rendered.and_then(|()| print(format_args!("{}", String::from_utf8_lossy(&page)))) {
            Ok(()) => Exit::Success,
            Err(error) => output::ended(&error),
        };
    };
    let written =
        std::fs::create_dir_all(directory).and_then(|()| clap_mangen::generate_to(command, directory));
    match written {
        Ok(()) => Exit::Success,
        Err(error) => {
            complain(format_args!("cannot write to {}: {error}", directory.display()));
            Exit::Failed
        }
    }
}
