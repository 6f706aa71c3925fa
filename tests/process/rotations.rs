//! After credentials were replaced a few times: what a core of the process would hold of those that are over, and of what they
//! were fetched with.

use std::fs;
use std::path::Path;
use std::time::Duration;

use memchr::memmem::find;

use super::secrecy::{private_memory, until_there};
use crate::kit::canary::{GRANTED_SECRET, GRANTED_TOKEN};
use crate::kit::program::countersign;
use crate::kit::{Caller, Place, Reply, Sts, Upstream, get, soon};

/// What STS grants: refreshed after half of it.
const LIFE_SECONDS: i64 = 4;
/// One credential, and three that replace it.
const FETCHES: usize = 4;

/// A token of each rotation, in three parts none of which another has.
fn token(number: usize) -> String {
    format!("aGVhZGVy{number}a.Q2FuYXJ5UGF5bG9hZE9m{number}b.Q2FuYXJ5U2lnbmF0dXJl{number}c")
}

fn settings(upstream: &Upstream) -> String {
    let address = upstream.address;
    format!(
        "[[listen]]\naddress = \"unix:app.sock\"\n[admin]\naddress = \"127.0.0.1:0\"\n[log]\naccess = \"access.log\"\n\
         [role.default]\nsource = \"oidc\"\nrole_arn = \"acs:ram::1000000000000001:role/app\"\n\
         oidc_provider_arn = \"acs:ram::1000000000000001:oidc-provider/rrsa\"\noidc_token_file = \"token\"\n\
         session_name = \"session\"\n[connect_to]\n\"sts.aliyuncs.com\" = \"http://{address}\"\n\
         \"ecs.cn-hangzhou.aliyuncs.com\" = \"http://{address}\"\n"
    )
}

/// Any part of a core counts, as text or as the form that went over the wire.
fn is_in(memory: &[Vec<u8>], text: &str) -> bool {
    memory.iter().any(|part| find(part, text.as_bytes()).is_some())
}

#[tokio::test]
async fn after_three_rotations_no_secret_and_no_oidc_token_is_left_in_memory() {
    let place = Place::new();
    place.write("token", &token(0));
    let (sts, file) = (Sts::default(), place.path().join("token"));
    let granting = sts.clone();
    let upstream = Upstream::start(move |seen, _| {
        if !Sts::is_asked(seen) {
            return Reply::ok();
        }
        // As the kubelet does, while the token of before is still good.
        fs::write(&file, token(granting.calls() + 1)).unwrap();
        granting.grant_for(LIFE_SECONDS)
    })
    .await;
    place.write("countersign.toml", &settings(&upstream));
    let mut child = countersign(&place, &["run"]).env_clear().spawn().unwrap();
    let socket = place.path().join("app.sock");
    soon("the socket", until_there(&socket)).await;
    for number in 1..=FETCHES {
        soon("the next credential", async {
            while sts.calls() < number {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        let mut caller = Caller::connect_unix(&socket).await;
        caller.send(get("ecs.cn-hangzhou.aliyuncs.com", "/?Action=DescribeRegions")).await;
        assert_eq!(caller.answer().await.status, 200);
    }

    let seen = upstream.requests();
    let exchanged: Vec<_> = seen.iter().filter_map(|seen| seen.parameter("OIDCToken")).collect();
    let expected: Vec<_> = (0..exchanged.len()).map(token).collect();
    assert!(
        exchanged.len() >= FETCHES && exchanged == expected,
        "each exchange reads the file anew: {exchanged:?}"
    );

    let proc = Path::new("/proc").join(child.id().unwrap().to_string());
    let Some(memory) = private_memory(&proc) else {
        // It has closed itself to everybody but the superuser, so there is nothing to dump.
        let refused = fs::File::open(proc.join("mem")).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::PermissionDenied);
        return;
    };
    let last = sts.calls() - 1;
    assert!(
        is_in(&memory, &format!("{GRANTED_TOKEN}{last}")),
        "the search finds what goes out with each request"
    );
    for number in 0..=last + 1 {
        assert!(!is_in(&memory, &format!("{GRANTED_SECRET}{number}")), "secret {number} of {last}");
        for part in token(number).split('.') {
            assert!(!is_in(&memory, part), "a part of OIDC token {number} of {last}: {part}");
        }
    }
    assert!(!is_in(&memory, &format!("{GRANTED_TOKEN}0\"")), "the answer that brought the first token");
    child.kill().await.unwrap();
}
