//! demo
use super::Exit;
use clap::Args;
/// x
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// x
    #[arg(long)]
    once: bool,
}
pub(super) fn run(arguments: &Arguments) -> Exit {
    let _ = arguments.once;
    Exit::Failed
}
