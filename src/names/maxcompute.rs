//! The paths that are part of MaxCompute's endpoints.

use super::Host;

/// A request's path below that of the endpoint on `host`, of which nothing but this is signed: `service.*` answers under
/// `/api`, a tunnel (`dt.*`) under no path.
pub fn below_endpoint<'a>(host: &Host, path: &'a [u8]) -> &'a [u8] {
    let is_service = host.as_bytes().starts_with(b"service.");
    match path.strip_prefix(b"/api") {
        Some(rest) if is_service && matches!(rest.first(), None | Some(b'/')) => rest,
        _ => path,
    }
}
