//! `[login]`: its keys, and what they amount to.

use super::grammar;
use super::keys::Key;
use super::kind::Kind;
use super::rows::{key, text, unset};
use super::settings::Login;
use super::table::{Bases, Table};

/// The keys of `[login]`.
pub(super) const LOGIN: &[Key] = &[
    unset(
        "login.directory",
        Kind::Path,
        "Where `login` keeps what it must: locks, and what was asked for with `--store file`. Else `countersign` under \
         `$XDG_STATE_HOME`, else under `~/.local/state`.",
    ),
    key(
        "login.cloudsso_client_id",
        text("1 to 128 letters, digits, `.`, `_` and `-`", grammar::client_id),
        "app-vaz16tltdxs96audqf35",
        "CloudSSO lets the aliyun CLI in without registering, and countersign asks for no more than it does",
        "Whom CloudSSO is asked as.",
    ),
    unset(
        "login.oauth_client_id",
        text("1 to 128 letters, digits, `.`, `_` and `-`", grammar::client_id),
        "The OAuth application that is logged in to. Else the aliyun CLI's of the site.",
    ),
    unset(
        "login.oauth_sign_in_url",
        text("`https://HOST[:PORT]`, or `http://` within private networks", grammar::origin),
        "Where the browser is sent for OAuth. Else the site's `signin` host.",
    ),
    unset(
        "login.oauth_url",
        text("`https://HOST[:PORT]`, or `http://` within private networks", grammar::origin),
        "Where OAuth's tokens are asked for and exchanged, also that of a profile of the aliyun CLI. Else the site's `oauth` host.",
    ),
];

/// The table, every default but the operating system's filled in.
pub(super) fn login(table: &Table, bases: &Bases) -> Login {
    Login {
        directory: table.path("directory", bases),
        cloudsso_client_id: table.text("cloudsso_client_id").unwrap_or_default(),
        oauth_client_id: table.text("oauth_client_id"),
        oauth_sign_in_url: table.text("oauth_sign_in_url"),
        oauth_url: table.text("oauth_url"),
    }
}
