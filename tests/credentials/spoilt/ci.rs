//! The OIDC token of a CI job: GitHub's, which is asked for, and one that stands in a variable.

use countersign::sandbox::GitHub;

use super::*;

const PROOF: &str = "proof-of-the-job-that-is-a-secret";
const PROVIDER: &str = "acs:ram::1000000000000001:oidc-provider/ci";

/// What becomes of a token is STS's to say.
const OF_TOKENS: &[(Spoil, Told)] = &[
    (Spoil::LineBreak, (UNAVAILABLE, "its answer is malformed: the OIDC token has characters")),
    // A token does not say its end but in itself.
    (Spoil::Expired, ("", "")),
];

const NO: &[(u16, &str, Told)] = &[
    (401, "Unauthorized", (REFUSED, "answered 401; give the job `permissions: id-token: write`")),
    (404, "NotFound", (REFUSED, "answered 404; give the job `permissions: id-token: write`")),
    (429, "TooManyRequests", (UNAVAILABLE, "answered 429; wait; it is tried again")),
    (503, "ServiceUnavailable", (UNAVAILABLE, "answered 503; wait; it is tried again")),
];

fn settings(token: &str) -> String {
    format!(
        "[role.default]\nsource = \"oidc\"\noidc_token = \"{token}\"\nrole_arn = \"{ROLE}\"\n\
         oidc_provider_arn = \"{PROVIDER}\"\n"
    )
}

async fn job(sandboxed: &Sandboxed, room: GitHub, audience: &str) -> (Kit, Counterpart<GitHub>) {
    let github = sandboxed.sandbox.github(listener().await, room).unwrap();
    let kit = sandboxed
        .bare()
        .settings(&format!("{}{audience}", settings("github")))
        .variable("ACTIONS_ID_TOKEN_REQUEST_URL", &github.url("/idtoken?api-version=2.0"))
        .variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN", PROOF);
    (kit, github)
}

const FOR_STS: &str = "oidc_audience = \"sts.aliyuncs.com\"";

/// The token end is what is in the way.
async fn at_github(sandboxed: Arc<Sandboxed>) -> Source {
    let (kit, github) = job(&sandboxed, GitHub::new(PROOF), FOR_STS).await;
    Source::new(kit, github.url("")).secret(PROOF).secret("eyJhbGciOi").holding(github)
}

/// STS is.
async fn with_a_token_of_github(sandboxed: Arc<Sandboxed>) -> Source {
    Source { place: "sts.aliyuncs.com".to_owned(), ..at_github(sandboxed).await }
}

async fn with_a_variable(sandboxed: Arc<Sandboxed>) -> Source {
    let token = sandboxed.sandbox.oidc_token_for(Duration::from_secs(36_000));
    let kit = sandboxed.bare().settings(&settings("env:CI_TOKEN")).variable("CI_TOKEN", &token);
    Source::new(kit, "sts.aliyuncs.com").secret(&token)
}

#[tokio::test(start_paused = true)]
async fn a_token_end_of_github_and_an_answer_that_is_wrong() {
    each("github", OF_TOKENS, at_github).await;
    each_no("github", NO, at_github).await;
}

#[tokio::test(start_paused = true)]
async fn an_exchange_of_a_jobs_token_that_goes_wrong() {
    each("sts", sts::OF_STS, with_a_token_of_github).await;
    each_no("sts", sts::NO, with_a_token_of_github).await;
    each("sts", sts::OF_STS, with_a_variable).await;
    each_no("sts", sts::NO, with_a_variable).await;
}

#[tokio::test(start_paused = true)]
async fn a_token_of_github_that_has_ended_or_is_for_somebody_else_is_refused_with_what_to_do() {
    for (life, audience, told) in [
        (Duration::ZERO, FOR_STS, (UNAVAILABLE, "AuthenticationFail.OIDCToken.Expired")),
        (
            Duration::from_secs(300),
            "",
            (REFUSED, "make the token's audience one of the OIDC provider's client ids"),
        ),
    ] {
        let sandboxed = Sandboxed::under(Moved::with_timers()).await;
        let (kit, github) = job(&sandboxed, GitHub::new(PROOF).lasting(life), audience).await;
        if audience.is_empty() {
            let answer = kit.start().await;
            let answer = until("an audience", &answer, |answer| answer.text().contains(told.1)).await;
            assert_eq!(answer.verdict(), (503, told.0.to_owned()), "{answer:?}");
        } else {
            let source = Source::new(kit, "sts.aliyuncs.com").secret(PROOF);
            one("ended", &sandboxed, source, told, || github.room().last(Duration::from_secs(300))).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_variable_that_holds_no_living_token_is_told_and_nothing_is_asked() {
    let sandboxed = Sandboxed::under(Moved::with_timers()).await;
    let whole = sandboxed.sandbox.oidc_token_for(Duration::from_secs(60));
    sandboxed.clock.pass(Duration::from_secs(7_200));
    let long = "a".repeat(20_001);
    for (token, says) in [
        (None, "CI_TOKEN is not set, where the job's OIDC token should be; have the platform set it"),
        (Some(""), "CI_TOKEN is not set"),
        (Some("canary"), "CI_TOKEN holds no OIDC token; have the platform set it anew"),
        (
            Some("eyJh.eyJl\r\nX-Injected: 1.c2ln"),
            "CI_TOKEN holds no OIDC token; have the platform set it anew",
        ),
        (Some(&whole[..whole.len() / 2]), "CI_TOKEN holds no OIDC token"),
        (Some(long.as_str()), "CI_TOKEN holds no OIDC token"),
        (Some(whole.as_str()), "the OIDC token in CI_TOKEN has ended"),
    ] {
        let mut kit = sandboxed.bare().settings(&settings("env:CI_TOKEN"));
        if let Some(token) = token {
            kit = kit.variable("CI_TOKEN", token);
        }
        let proxy = kit.start().await;
        let answer = until(says, &proxy, |answer| answer.text().contains(says)).await;
        assert_eq!(answer.verdict(), (503, LOGIN.to_owned()), "{says}: {answer:?}");
        assert!(!answer.text().contains("X-Injected"), "{answer:?}");
    }
    assert!(sandboxed.sandbox.verdicts().is_empty(), "nobody was asked");
}
