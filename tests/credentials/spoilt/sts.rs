//! STS: a token that is exchanged, a key that assumes a role, a role that is assumed from one, and whose a key is.

use countersign::sandbox::Spoil;

use super::*;
use crate::kit::{KEY_ID, SECRET, TOKEN};

const HOST: &str = "sts.aliyuncs.com";

/// What a credential of STS can be besides.
pub(super) const OF_STS: &[(Spoil, Told)] =
    &[(Spoil::AnotherRole, (REFUSED, "a credential of another role than was asked for; check who answers"))];

pub(super) const NO: &[(u16, &str, Told)] = &[
    (403, "NoPermission", (REFUSED, "with NoPermission (RequestId")),
    (404, "EntityNotExist.Role", (REFUSED, "check the role's ARN")),
    (400, "Throttling.User", (UNAVAILABLE, "the account's quota of such calls is used up; spread them")),
    (500, "InternalError", (UNAVAILABLE, "wait; STS has a fault of its own")),
    (503, "ServiceUnavailable", (UNAVAILABLE, "wait; STS is not available")),
    (403, "NeverHeardOf", (REFUSED, "look the code up in the documentation of whoever answered")),
];

async fn by_token(sandboxed: Arc<Sandboxed>) -> Source {
    let token = sandboxed.sandbox.oidc_token_for(Duration::from_secs(36_000));
    Source::new(sandboxed.bare().with_oidc_token(&token), HOST).secret(&token)
}

/// The tests' own key, whose secret nobody may tell.
pub(super) fn with_key(sandboxed: &Sandboxed) -> Kit {
    sandboxed.sandbox.admit(KEY_ID, SECRET, None);
    sandboxed
        .bare()
        .variable("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
        .variable("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)
}

async fn by_key(sandboxed: Arc<Sandboxed>) -> Source {
    Source::new(with_key(&sandboxed).assuming(), HOST)
}

/// The first role is there without STS, so that it is the second one that fails.
async fn from_role(sandboxed: Arc<Sandboxed>) -> Source {
    sandboxed.sandbox.admit(KEY_ID, SECRET, Some(TOKEN));
    let kit = sandboxed
        .bare()
        .variable("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
        .variable("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)
        .variable("ALIBABA_CLOUD_SECURITY_TOKEN", TOKEN)
        .settings(&format!(
            "[role.base]\nsource = \"environment\"\n[role.default]\nsource = \"role:base\"\n\
             assume = [{{ role_arn = \"{ROLE}\" }}]"
        ));
    Source::new(kit, HOST)
}

async fn of_a_key(sandboxed: Arc<Sandboxed>) -> Source {
    Source::new(with_key(&sandboxed), HOST)
}

#[tokio::test(start_paused = true)]
async fn an_exchange_of_a_token_that_goes_wrong_is_told() {
    each("sts", OF_STS, by_token).await;
}

#[tokio::test(start_paused = true)]
async fn what_sts_says_no_to_an_exchange_with_is_told() {
    each_no("sts", NO, by_token).await;
    let of_tokens = [
        (
            "AuthenticationFail.OIDCToken.Expired",
            UNAVAILABLE,
            "check that the platform renews the OIDC token",
        ),
        ("AuthenticationFail.OIDCToken.Invalid", REFUSED, "issuer and audience of the OIDC provider"),
        ("AuthenticationFail.OIDCToken.AudienceNotMatch", REFUSED, "one of the OIDC provider's client ids"),
        ("AuthenticationFail.OIDCToken.IssuerNotMatch", REFUSED, "issuer and audience of the OIDC provider"),
        ("AuthenticationFail.NoPermission", REFUSED, "it must trust this provider, issuer and subject"),
    ];
    let of_tokens = of_tokens.map(|(code, told, says)| (401, code, (told, says)));
    each_no("sts", &of_tokens, by_token).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_assumes_a_role_and_an_answer_that_is_wrong() {
    each("sts", OF_STS, by_key).await;
    let of_keys = [
        (404, "InvalidAccessKeyId.NotFound", (REFUSED, "replace the source's AccessKey")),
        (400, "InvalidAccessKeyId.Inactive", (REFUSED, "enable the source's AccessKey, or replace it")),
        (400, "SignatureDoesNotMatch", (REFUSED, "check the AccessKey's secret")),
    ];
    each_no("sts", &[NO, &of_keys].concat(), by_key).await;
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_assumed_from_another_and_an_answer_that_is_wrong() {
    each("sts", OF_STS, from_role).await;
    each_no("sts", NO, from_role).await;
}

#[tokio::test(start_paused = true)]
async fn a_key_signs_nothing_while_nobody_says_rightly_whose_it_is() {
    let but = [
        (Spoil::Blank, (UNAVAILABLE, "its answer is malformed: IdentityType has characters")),
        (Spoil::LineBreak, (UNAVAILABLE, "its answer is malformed: IdentityType has characters")),
        // It names no end.
        (Spoil::Expired, ("", "")),
    ];
    each("sts", &but, of_a_key).await;
    each_no("sts", &NO[2..], of_a_key).await;
}

#[tokio::test(start_paused = true)]
async fn a_grant_without_an_end_is_used_for_as_long_as_was_asked_and_a_little() {
    let sandboxed = Arc::new(Sandboxed::under(Moved::with_timers()).await);
    sandboxed.sandbox.faults().spoil("sts", Spoil::Endless, None);
    let proxy = by_token(sandboxed.clone()).await.kit.start().await;
    until("a credential", &proxy, |answer| answer.status == 200).await;
    sandboxed.sandbox.faults().fail_sts(Failure::new(503, "ServiceUnavailable"), None);
    tokio::time::sleep(Duration::from_secs(3_500)).await;
    assert_eq!(proxy.get(ECS, REGIONS).await.status, 200);
    tokio::time::sleep(Duration::from_secs(410)).await;
    let answer = proxy.get(ECS, REGIONS).await;
    assert_eq!(answer.verdict(), (503, UNAVAILABLE.to_owned()), "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn a_token_file_that_is_none_is_told_apart_and_a_mended_one_is_taken() {
    let long = format!("a.b.{}", "c".repeat(2 << 20));
    for (text, says) in [
        (Some(""), "is empty; check who writes it"),
        (Some("eyJhbGciOiJSUzI1NiJ9.eyJle"), "holds no whole token; check who writes it"),
        (Some(long.as_str()), "holds more than the 20,000 characters that STS takes"),
        (None, "is no file; name the OIDC token file itself"),
    ] {
        let sandboxed = Sandboxed::under(Moved::with_timers()).await;
        let kit = sandboxed.bare().with_oidc_token(text.unwrap_or_default());
        let path = kit.place.path().join("token");
        if text.is_none() {
            std::fs::remove_file(&path).unwrap();
            std::fs::create_dir(&path).unwrap();
        }
        let proxy = kit.start().await;
        let answer = until(says, &proxy, |answer| answer.text().contains(says)).await;
        assert_eq!(answer.verdict(), (503, UNAVAILABLE.to_owned()), "{answer:?}");
        assert!(sandboxed.sandbox.verdicts().is_empty(), "{says}: STS was asked");
        if text.is_none() {
            std::fs::remove_dir(&path).unwrap();
        }
        proxy.place.write("token", &sandboxed.sandbox.oidc_token());
        until("a mended file", &proxy, |answer| answer.status == 200).await;
    }
}
