//! `run --check` and `run`: the same verdict on the same settings.

use std::process::Stdio;

use crate::kit::program::countersign;
use crate::kit::{Place, soon};

const FREE: &str = "[[listen]]\naddress = \"127.0.0.1:0\"\n[admin]\naddress = \"127.0.0.1:0\"\n";

/// Exit code and standard error.
async fn run(place: &Place, arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = countersign(place, arguments);
    command.envs(variables.iter().copied()).stdout(Stdio::null()).stderr(Stdio::piped());
    let output = soon("the end of the process", command.output()).await.unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test]
async fn what_run_refuses_check_refuses_in_the_same_words() {
    let oidc = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", ""),
        ("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1000000000000001:role/app"),
        ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1000000000000001:oidc-provider/rrsa"),
        ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "token"),
    ];
    let with = |name, value| [oidc.as_slice(), &[(name, value)]].concat();
    let accounts = "[role.default]\naccounts = [\"1000000000000001\"]\n";
    for (settings, variables, expected) in [
        ("", with("ALIBABA_CLOUD_STS_ENDPOINT", "foo.example"), "foo.example"),
        ("", with("ALIBABA_CLOUD_STS_REGION", "mars-north-1"), "mars-north-1"),
        ("", with("ALIBABA_CLOUD_ROLE_ARN", "app"), "ALIBABA_CLOUD_ROLE_ARN"),
        (accounts, Vec::new(), "has `accounts`"),
        ("[role.a]\nsource = \"role:b\"\n[role.b]\nsource = \"role:a\"\n", Vec::new(), "a circle: a → b → a"),
    ] {
        let place = Place::new();
        place.write("countersign.toml", &format!("{FREE}{settings}"));
        let (ran, told_by_run) = run(&place, &["run"], &variables).await;
        let (checked, told_by_check) = run(&place, &["run", "--check"], &variables).await;
        assert_eq!((ran, checked), (Some(78), Some(78)), "{expected}: {told_by_check}");
        assert_eq!(told_by_run, told_by_check);
        assert!(told_by_check.contains(expected), "{told_by_check}");
    }
}

#[tokio::test]
async fn a_mistake_of_a_role_is_told_before_an_address_that_is_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = Place::new();
    let address = taken.local_addr().unwrap();
    place.write(
        "countersign.toml",
        &format!("[[listen]]\naddress = \"{address}\"\n[role.default]\naccounts = [\"1000000000000001\"]\n"),
    );
    assert_eq!(run(&place, &["run"], &[]).await.0, Some(78));
}

#[tokio::test]
async fn beside_a_sandbox_the_variables_of_credentials_are_not_judged() {
    let place = Place::new();
    place.write("countersign.toml", FREE);
    let variables = [("ALIBABA_CLOUD_STS_ENDPOINT", "foo.example")];
    let (code, told) = run(&place, &["run", "--sandbox", "--check"], &variables).await;
    assert_eq!(code, Some(0), "{told}");
}
