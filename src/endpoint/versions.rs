//! Which of two products answers at an account's Function Compute host: the version that its path begins with.

use crate::names::Endpoint;

use super::table;

/// The first segments of paths, and the product whose version that is.
const VERSIONS: [(&[u8], &str); 3] =
    [(b"2016-08-15", "fc-open"), (b"2021-04-06", "fc-open"), (b"2023-03-30", "fc")];

/// The same endpoint as the product that `path` is a call of. Every other host has one product whatever the path.
pub fn by_path(endpoint: Endpoint, path: &[u8]) -> Endpoint {
    if endpoint.tenant().is_none() || !matches!(endpoint.product().code, "fc" | "fc-open") {
        return endpoint;
    }
    let version = path.split(|byte| *byte == b'/').nth(1).unwrap_or_default();
    let code = VERSIONS.iter().find_map(|(known, code)| (*known == version).then_some(*code));
    match code.and_then(table::product) {
        Some(product) => endpoint.as_product(product),
        None => endpoint,
    }
}
