//! The rows of how the process is watched: `[admin]` and `[log]`.

use super::address::Reach;
use super::grammar;
use super::keys::Key;
use super::kind::Kind;
use super::rows::{key, text};

/// Their keys.
pub(super) const WATCHED: &[Key] = &[
    key(
        "admin.address",
        Kind::Address(Reach::Network),
        "127.0.0.1:9465",
        "health and metrics are for this machine unless a probe must reach them",
        "Where `/healthz`, `/readyz` and `/metrics` are. Another address than a loopback one is allowed: nothing there changes anything.",
    ),
    key(
        "admin.ready",
        Kind::Choice(&["credentials", "config"]),
        "credentials",
        "a sidecar without a credential can serve nothing",
        "What `/readyz` waits for. `\"config\"` is for a broker of many clients, which an outage of STS must not empty.",
    ),
    key(
        "log.access",
        text("`\"stdout\"`, `\"off\"` or a path", grammar::access_log),
        "stdout",
        "where a container's platform collects lines",
        "Where one line for each request goes. Lines that nobody takes in time are dropped and counted: \
         `countersign_access_lines_dropped_total`.",
    ),
    key(
        "log.format",
        Kind::Choice(&["auto", "text", "json"]),
        "auto",
        "people read a terminal and programs read the rest",
        "How lines look. `\"auto\"`: text on a terminal, else JSON.",
    ),
];
