//! Opens the human's browser.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use super::super::output::complain;
use super::terminal::shown;
use crate::credential::DEPTH;

/// The program of the desktop that knows which browser is meant.
const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

/// Shows the address, and opens it if it is to be. Whoever sees no browser has the address.
pub(super) fn show(url: &str, opens: bool) {
    let is_opened = opens && open(url);
    let intro = if is_opened { "If no browser opens, go to" } else { "Go to" };
    complain(format_args!("{intro}:\n\n  {}\n", shown_url(url)));
}

/// Addresses of the web alone: what else an opener opens is the desktop's affair.
fn open(url: &str) -> bool {
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return false;
    }
    // No shell, nothing of ours in its terminal, and not ended with us; it must not start us in turn.
    let child = Command::new(OPENER)
        .arg(url)
        .env(DEPTH, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn();
    child.is_ok()
}

/// Whole, however long: it must be copied. A `Place` holds visible ASCII alone, so nothing is lost.
fn shown_url(url: &str) -> String {
    if url.bytes().all(|byte| byte.is_ascii_graphic()) { url.to_owned() } else { shown(url) }
}
