//! AccessKeys that KMS keeps, end to end: read by another role, changed while requests go on, spoilt and refused.

use std::time::Duration;

use countersign::sandbox::{Failure, Outcome, Spoil};
use tokio::task::JoinSet;

use crate::kit::sandboxed::Sandboxed;
use crate::kit::{Caller, ECS, Kit, Proxy, REGIONS, get, soon};

const KMS: &str = "kms.cn-hangzhou.aliyuncs.com";
const STS: &str = "sts.cn-hangzhou.aliyuncs.com";
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// `default` is the key that KMS keeps of the user `ops`, and `reader` has an OIDC token and may read it.
const ROLES: &str = "[role.reader]\n[role.default]\nsource = \"kms\"\nkms_secret_name = \"acs/ram/user/ops\"\n\
                     kms_role = \"reader\"\nkms_region = \"cn-hangzhou\"";

/// A sandbox whose KMS keeps the key.
async fn keeping() -> Sandboxed {
    let sandboxed = Sandboxed::start().await;
    sandboxed.sandbox.manage_user("ops", Some(DAY));
    sandboxed
}

/// The second listener signs as `reader`.
fn kit(sandboxed: &Sandboxed) -> Kit {
    let listen =
        "[[listen]]\naddress = \"127.0.0.1:0\"\n[[listen]]\naddress = \"127.0.0.1:0\"\nrole = \"reader\"\n";
    sandboxed.kit().listen(listen).settings(ROLES)
}

/// How often KMS was asked for the key, and by how many signed requests the cloud was shown one that is gone.
fn reads(sandboxed: &Sandboxed) -> (usize, usize) {
    let verdicts = sandboxed.sandbox.verdicts();
    let gone = Outcome::Refused("InvalidAccessKeyId.NotFound".to_owned());
    (
        verdicts.iter().filter(|verdict| verdict.action == "GetSecretValue").count(),
        verdicts.iter().filter(|verdict| verdict.outcome == gone).count(),
    )
}

/// Has KMS change the key so often that the one that was current is deleted.
async fn change_twice(proxy: &Proxy, id: &str) {
    let mut caller = Caller::connect(proxy.pinned()).await;
    for turn in 0..2 {
        let target = format!(
            "/?Action=RotateSecret&Version=2016-01-20&Format=JSON&SecretName=acs%2Fram%2Fuser%2Fops&VersionId={id}-{turn}"
        );
        caller.send(get(KMS, &target)).await;
        let answer = caller.answer().await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[tokio::test]
async fn a_key_that_kms_keeps_signs_after_it_was_read_and_sts_has_said_whose_it_is() {
    let sandboxed = keeping().await;
    let proxy = kit(&sandboxed).start().await;
    assert_eq!(proxy.get(ECS, REGIONS).await.status, 200);
    let who = proxy.get(STS, "/?Action=GetCallerIdentity&Format=JSON").await.text();
    assert!(who.contains("acs:ram::1000000000000001:user/ops"), "{who}");
    let verdicts = sandboxed.sandbox.verdicts();
    assert!(verdicts.iter().all(|verdict| verdict.status == 200), "{verdicts:?}");
    let actions: Vec<_> = verdicts.iter().map(|verdict| verdict.action.as_str()).collect();
    assert_eq!(
        actions,
        ["AssumeRoleWithOIDC", "GetSecretValue", "GetCallerIdentity", "DescribeRegions", "GetCallerIdentity"]
    );
    let signers: Vec<_> = verdicts[1..].iter().filter_map(|verdict| verdict.access_key_id.clone()).collect();
    assert!(signers[0].starts_with("STS.") && signers[1..].iter().all(|id| *id == signers[1]), "{signers:?}");
}

#[tokio::test]
async fn a_rotation_on_the_fly_fails_no_request_and_costs_one_more_read() {
    let sandboxed = keeping().await;
    let proxy = std::sync::Arc::new(kit(&sandboxed).start().await);
    assert_eq!(proxy.get(ECS, REGIONS).await.status, 200);
    assert_eq!(reads(&sandboxed), (1, 0));
    change_twice(&proxy, "leaked").await;
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let proxy = proxy.clone();
        calls.spawn(async move { proxy.get(ECS, REGIONS).await.status });
    }
    let mut statuses = calls.join_all().await;
    statuses.retain(|status| *status != 200);
    assert_eq!(statuses, Vec::<u16>::new());
    let (read, gone) = reads(&sandboxed);
    assert!(read == 2 && (1..=20).contains(&gone), "{read} reads, {gone} refused");

    // Once more at once: a forced read is one in ten seconds, and until then the cloud's answer is the caller's.
    change_twice(&proxy, "again").await;
    assert!(proxy.get(ECS, REGIONS).await.text().contains("InvalidAccessKeyId.NotFound"));
    assert_eq!(reads(&sandboxed).0, 2);
    sandboxed.clock.pass(Duration::from_secs(11));
    assert_eq!(proxy.get(ECS, REGIONS).await.status, 200);
    assert_eq!(reads(&sandboxed).0, 3);
}

#[tokio::test]
async fn a_role_that_is_assumed_from_it_follows_its_rotation() {
    let sandboxed = keeping().await;
    let step =
        "\nassume = [{ role_arn = \"acs:ram::1000000000000001:role/app\", session_name = \"session\" }]";
    let proxy = kit(&sandboxed).settings(step.trim_start()).start().await;
    let who = proxy.get(STS, "/?Action=GetCallerIdentity&Format=JSON").await.text();
    assert!(who.contains("assumed-role/app/session"), "{who}");
    change_twice(&proxy, "leaked").await;
    // As a laptop that slept past the end of what was assumed.
    sandboxed.clock.pass(Duration::from_secs(2 * 3_600));
    assert_eq!(proxy.get(ECS, REGIONS).await.status, 200);
    assert_eq!(
        sandboxed.sts_calls("AssumeRole"),
        3,
        "one, one with a key that is gone, and one with its successor"
    );
    assert_eq!(reads(&sandboxed), (2, 1));
}

#[tokio::test]
async fn a_spoilt_answer_gives_503_with_the_host_and_a_fix_and_nothing_of_the_answer() {
    let spoils = Spoil::NAMES.iter().filter(|(_, spoil)| {
        // There is no role and no `Code` in a secret, and dates say when to ask again: no more.
        !matches!(spoil, Spoil::AnotherRole | Spoil::Unsuccessful | Spoil::Endless | Spoil::Expired)
    });
    // Each waits as long as a request does for its first credential, so all of them wait at once.
    let mut tries = JoinSet::new();
    for (name, spoil) in spoils {
        tries.spawn(spoilt(name, *spoil));
    }
    assert!(tries.len() >= 11);
    while let Some(tried) = tries.join_next().await {
        tried.unwrap();
    }
}

async fn spoilt(name: &'static str, spoil: Spoil) {
    let sandboxed = keeping().await;
    sandboxed.sandbox.faults().spoil("kms", spoil, None);
    let proxy = kit(&sandboxed).start().await;
    let answer = soon("a failure to tell", async {
        loop {
            let answer = proxy.get(ECS, REGIONS).await;
            // The first attempt may still hang.
            if !answer.text().contains("still to come") {
                return answer;
            }
        }
    })
    .await;
    let text = answer.text();
    assert_eq!(answer.verdict(), (503, "credentials_unavailable".to_owned()), "{name}: {text}");
    assert!(text.contains(KMS) && text.contains("; "), "{name}: {text}");
    assert!(!text.contains("LTAI") && !text.contains("X-"), "{name}: {text}");
    sandboxed.sandbox.faults().mend("kms");
    soon("a mended KMS", async { while proxy.get(ECS, REGIONS).await.status != 200 {} }).await;
}

#[tokio::test]
async fn a_date_of_the_next_rotation_that_is_over_takes_no_key_away() {
    for spoil in [Spoil::Expired, Spoil::Endless] {
        let sandboxed = keeping().await;
        sandboxed.sandbox.faults().spoil("kms", spoil, None);
        let proxy = kit(&sandboxed).start().await;
        assert_eq!(proxy.get(ECS, REGIONS).await.status, 200, "{spoil}");
    }
}

#[tokio::test]
async fn what_kms_refuses_is_told_with_what_to_do() {
    for (failure, code, says) in [
        (Failure::new(403, "Forbidden.NoPermission"), "credentials_refused", "kms:GetSecretValue"),
        (Failure::new(404, "Forbidden.ResourceNotFound"), "credentials_refused", "check kms_secret_name"),
        (Failure::new(429, "Rejected.Throttling"), "credentials_unavailable", "spread them"),
        (Failure::new(503, "ServiceUnavailableTemporary"), "credentials_unavailable", "wait"),
        (Failure::new(500, "InternalFailure"), "credentials_unavailable", "wait"),
    ] {
        let sandboxed = keeping().await;
        let name = failure.code.clone();
        sandboxed.sandbox.faults().fail_product("kms", failure);
        let proxy = kit(&sandboxed).start().await;
        let answer = proxy.get(ECS, REGIONS).await;
        let text = answer.text();
        assert_eq!(answer.verdict(), (503, code.to_owned()), "{text}");
        assert!(text.contains(&name) && text.contains(says), "{text}");
    }
    // A secret that is not there, of a KMS that is well.
    let sandboxed = Sandboxed::start().await;
    let text = kit(&sandboxed).start().await.get(ECS, REGIONS).await.text();
    assert!(text.contains("Forbidden.ResourceNotFound") && text.contains("check kms_secret_name"), "{text}");
}

#[tokio::test]
async fn no_desk_hands_the_key_out_and_what_is_assumed_from_it_is_handed_out() {
    // Of the role itself the settings are refused.
    let through = "[role.through]\nsource = \"role:default\"\n[[vend]]\nrole = \"through\"\n";
    let assumed = "assume = [{ role_arn = \"acs:ram::1000000000000001:role/app\" }]\n[[vend]]\n";
    for (settings, status, says) in
        [(through, 503, "credentials_refused"), (assumed, 200, "\"SecurityToken\"")]
    {
        let settings = format!("{settings}kind = \"uri\"\naddress = \"127.0.0.1:0\"");
        let sandboxed = keeping().await;
        let proxy = kit(&sandboxed).settings(&settings).start().await;
        assert_eq!(proxy.get(ECS, REGIONS).await.status, 200);
        let desk = proxy.sidecar.vending[0].expect("a desk on TCP");
        let mut caller = Caller::connect(desk).await;
        caller.send(get(&desk.to_string(), "/v1/creds")).await;
        let answer = caller.answer().await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.text().contains(says), "{answer:?}");
        assert!(!answer.text().contains("LTAI"), "{answer:?}");
    }
}
