//! The metadata server of an ECS instance.

use countersign::sandbox::Metadata;

use super::*;

/// What is said of an answer that has no success in it, besides.
pub(super) const BUT: &[(Spoil, Told)] = &[(
    Spoil::Unsuccessful,
    (REFUSED, "AssumeRoleUnauthorized; check the RAM role's trust policy: it must trust ecs.aliyuncs.com"),
)];

pub(super) const NO: &[(u16, &str, Told)] = &[
    (401, "Unauthorized", (REFUSED, "check who answers in its place: it takes no token of its own")),
    (403, "Forbidden", (REFUSED, "switch the instance's access to metadata on (HttpEndpoint)")),
    (429, "TooManyRequests", (UNAVAILABLE, "answered 429; wait; it is tried again")),
    (503, "ServiceUnavailable", (UNAVAILABLE, "answered 503; wait; it is tried again")),
];

async fn asked(sandboxed: Arc<Sandboxed>) -> Source {
    let metadata = sandboxed.sandbox.metadata(listener().await, Metadata::new("app").hardened()).unwrap();
    let kit = sandboxed
        .bare()
        .settings("[role.default]\nsource = \"ecs\"")
        .variable("ALIBABA_CLOUD_IMDS_ENDPOINT", &metadata.url(""));
    Source::new(kit, metadata.url("")).holding(metadata)
}

#[tokio::test(start_paused = true)]
async fn the_metadata_server_and_an_answer_that_is_wrong() {
    each("metadata", BUT, asked).await;
    each_no("metadata", NO, asked).await;
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_no_roles_is_never_a_part_of_a_path() {
    for name in ["roleA\nroleB\n", "<html><body>portal</body></html>", "", "../../x", "a/b", "a?b"] {
        let sandboxed = Sandboxed::under(Moved::with_timers()).await;
        let metadata = sandboxed.sandbox.metadata(listener().await, Metadata::new(name)).unwrap();
        let kit = sandboxed
            .bare()
            .settings("[role.default]\nsource = \"ecs\"")
            .variable("ALIBABA_CLOUD_IMDS_ENDPOINT", &metadata.url(""));
        let source = Source::new(kit, metadata.url(""));
        let told = (UNAVAILABLE, "the role's name has characters or a length");
        one(&format!("{name:?}"), &sandboxed, source, told, || {
            let asked = sandboxed.sandbox.verdicts();
            let is_asked = |action: &str| asked.iter().any(|verdict| verdict.action == action);
            assert!(is_asked("RoleName") && !is_asked("RoleCredential") && !is_asked("unknown"), "{asked:?}");
            metadata.room().attach(Some("app"));
        })
        .await;
    }
}
