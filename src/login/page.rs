//! What the browser shows when it has come back.

macro_rules! page {
    ($title:literal, $text:literal) => {
        concat!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>countersign: ",
            $title,
            "</title></head>\n<body><h1>",
            $title,
            "</h1><p>",
            $text,
            "</p></body></html>\n"
        )
    };
}

/// The login is done.
pub(super) const DONE: &str = page!("Logged in", "You are logged in. You can close this window.");
/// It is not.
pub(super) const FAILED: &str =
    page!("Not logged in", "The login failed. The terminal in which it was started says why.");
/// What came back belongs to no login that is waiting.
pub(super) const STRANGE: &str =
    page!("Not logged in", "This belongs to no login that waits here. Start it again in the terminal.");
