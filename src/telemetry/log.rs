//! The log of everything but requests, on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use super::Format;

/// Starts it. `directives`: what `RUST_LOG` says. The level is `info` unless that says otherwise.
///
/// A second start in one process changes nothing.
pub fn start(format: Format, directives: Option<&str>) {
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::Level::INFO.into())
        .parse_lossy(directives.unwrap_or_default());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal());
    let _ = match format {
        Format::Text => builder.try_init(),
        Format::Json => builder.json().flatten_event(true).try_init(),
    };
}
