//! `countersign reference`: writes the pages of `docs/` that are made from the source.

use std::path::PathBuf;

use clap::Args;

use super::Exit;
use super::output::complain;

/// What `reference` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The directory to write to
    directory: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let pages =
        [("configuration.md", crate::config::reference()), ("refusals.md", crate::refusal::reference())];
    for (name, text) in pages {
        let path = arguments.directory.join(name);
        if let Err(error) = std::fs::write(&path, text) {
            complain(format_args!("cannot write {}: {error}", path.display()));
            return Exit::Failed;
        }
    }
    Exit::Success
}
