//! A credentials URI.

use countersign::sandbox::CredentialsUri;

use super::*;

/// What is said of an answer that has no success in it, besides.
pub(super) const BUT: &[(Spoil, Told)] = &[(
    Spoil::Unsuccessful,
    (REFUSED, "answered 200 with AssumeRoleUnauthorized; look into the log of the credentials URI's server"),
)];

pub(super) const NO: &[(u16, &str, Told)] = &[
    (403, "Forbidden", (REFUSED, "answered 403 with Forbidden; check the path of the credentials URI")),
    (404, "NotFound", (REFUSED, "answered 404 with NotFound; check the path of the credentials URI")),
    (429, "TooManyRequests", (UNAVAILABLE, "answered 429 with TooManyRequests; wait; it is tried again")),
    (
        503,
        "ServiceUnavailable",
        (UNAVAILABLE, "answered 503 with ServiceUnavailable; wait; it is tried again"),
    ),
];

async fn asked(sandboxed: Arc<Sandboxed>) -> Source {
    let room = CredentialsUri::new("/creds/path-that-is-a-secret", "app");
    let uri = sandboxed.sandbox.credentials_uri(listener().await, room).unwrap();
    let kit = sandboxed
        .bare()
        .settings("[role.default]\nsource = \"uri\"")
        .variable("ALIBABA_CLOUD_CREDENTIALS_URI", &uri.url("/creds/path-that-is-a-secret"));
    Source::new(kit, uri.url("")).secret("path-that-is-a-secret").holding(uri)
}

#[tokio::test(start_paused = true)]
async fn a_credentials_uri_and_an_answer_that_is_wrong() {
    each("uri", BUT, asked).await;
    each_no("uri", NO, asked).await;
}
