//! `countersign completions`: what a shell needs to complete this command line, from the same table as the help.

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use super::output::{self, print};
use super::{CommandLine, Exit};

/// What `completions` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:\n  \
bash   mkdir -p ~/.local/share/bash-completion/completions\n         countersign completions bash > ~/.local/share/bash-completion/completions/countersign\n  \
zsh    countersign completions zsh > \"${fpath[1]}/_countersign\"\n  \
fish   countersign completions fish > ~/.config/fish/completions/countersign.fish")]
pub(super) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut shown(), "countersign", &mut script);
    match print(format_args!("{}", String::from_utf8_lossy(&script))) {
        Ok(()) => Exit::Success,
        Err(error) => output::ended(&error),
    }
}

/// The command line without what its help hides.
fn shown() -> Command {
    let whole = CommandLine::command();
    let shown: Vec<Command> =
        whole.get_subcommands().filter(|command| !command.is_hide_set()).cloned().collect();
    Command::new("countersign").version(env!("CARGO_PKG_VERSION")).subcommands(shown)
}
