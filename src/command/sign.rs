//! sign
use super::Exit;
use clap::Args;
/// x
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// x
    #[arg(long)]
    explain: bool,
}
pub(super) fn run(arguments: &Arguments) -> Exit {
    let _ = arguments.explain;
    Exit::Failed
}
