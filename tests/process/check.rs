//! `run --check` and `run`: the same verdict on the same settings.

use std::process::Stdio;

use crate::kit::program::countersign;
use crate::kit::{Place, soon, witness};

const FREE: &str = "[[listen]]\naddress = \"127.0.0.1:0\"\n[admin]\naddress = \"127.0.0.1:0\"\n";

/// Exit code and standard error.
pub(super) async fn run(
    place: &Place,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> (Option<i32>, String) {
    let mut command = countersign(place, arguments);
    command.envs(variables.iter().copied()).stdout(Stdio::null()).stderr(Stdio::piped());
    let output = soon("the end of the process", command.output()).await.unwrap();
    witness::heard("the messages of a command", &output.stderr);
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
async fn check_tells_every_mistake_at_once_and_so_does_run() {
    let place = Place::new();
    place.write(
        "countersign.toml",
        "workers = 0\n[[listen]]\naddress = \"127.0.0.1:0\"\nendpoint = \"ecs.cn-hangzou\"\n[log]\nformat = \"yaml\"\n[product.ecss]\n",
    );
    for arguments in [&["run"][..], &["run", "--check"], &["run", "--sandbox", "--check"]] {
        let (code, told) = run(&place, arguments, &[]).await;
        let places: Vec<&str> = told.lines().map(|line| line.split(": ").next().unwrap()).collect();
        let expected = [1, 4, 6, 7].map(|line| format!("countersign.toml:{line}"));
        assert_eq!((code, places), (Some(78), expected.iter().map(String::as_str).collect()), "{told}");
    }
    let url = "https://ecs.cn-hangzhou.aliyuncs.com/?Action=DescribeRegions";
    let (code, told) = run(&place, &["sign", "--config", "countersign.toml", url], &[]).await;
    assert_eq!((code, told.lines().count()), (Some(78), 4), "{told}");
}

#[tokio::test]
async fn check_warns_of_what_is_no_mistake() {
    let place = Place::new();
    let more = "[connect_to]\n\"sts.aliyuncs.com\" = \"http://127.0.0.1:9000\"\n";
    place.write("countersign.toml", &format!("{FREE}{more}"));
    let (code, told) = run(&place, &["run", "--check"], &[]).await;
    assert_eq!(code, Some(0), "{told}");
    let warning = "warning: countersign.toml:6: signed requests for sts.aliyuncs.com leave in the clear to 127.0.0.1:9000\n";
    assert!(told.starts_with(warning), "{told}");
}

#[tokio::test]
async fn a_program_that_is_countersign_itself_is_a_mistake_by_whatever_name() {
    let place = Place::new();
    let own = env!("CARGO_BIN_EXE_countersign");
    std::os::unix::fs::symlink(own, place.path().join("other-name")).unwrap();
    let path = place.path().display().to_string();
    for command in [format!("{own} credential"), "other-name credential".to_owned()] {
        let role = format!("[role.default]\nsource = \"process\"\nprocess_command = {command:?}\n");
        place.write("countersign.toml", &format!("{FREE}{role}"));
        for arguments in [&["run"][..], &["run", "--check"], &["credential"]] {
            let (code, told) = run(&place, arguments, &[("PATH", &path)]).await;
            assert!(code == Some(78) && told.contains("is countersign itself"), "{command}: {code:?} {told}");
        }
    }
}

#[tokio::test]
async fn check_warns_of_sockets_whose_directory_is_not_there() {
    for table in ["[[listen]]", "[[vend]]\nkind = \"process\""] {
        let place = Place::new();
        let settings =
            format!("{table}\naddress = \"unix:/nonexistent/x.sock\"\n[admin]\naddress = \"127.0.0.1:0\"\n");
        place.write("countersign.toml", &settings);
        let (code, told) = run(&place, &["run", "--check"], &[]).await;
        let warning = "[0].address`: there is no directory /nonexistent; make it, or name another";
        assert!(code == Some(0) && told.contains(warning), "{code:?} {told}");
    }
}

#[tokio::test]
async fn a_pipe_as_the_settings_file_is_refused_and_not_waited_for() {
    let place = Place::new();
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    let path = place.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let (code, told) = run(&place, &["run", "--config", "pipe"], &[]).await;
    assert!(code == Some(78) && told.contains("name a regular file"), "{code:?} {told}");
}

#[tokio::test]
async fn beside_a_sandbox_the_variables_of_credentials_are_not_judged() {
    let place = Place::new();
    place.write("countersign.toml", FREE);
    let variables = [("ALIBABA_CLOUD_STS_ENDPOINT", "foo.example")];
    let (code, told) = run(&place, &["run", "--sandbox", "--check"], &variables).await;
    assert_eq!(code, Some(0), "{told}");
}
