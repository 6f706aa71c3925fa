//! What becomes of its output when nobody reads it.

use std::fs::OpenOptions;
use std::process::Stdio;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::kit::program::{Program, countersign};
use crate::kit::{Caller, OSS, Place, Reply, Step, Upstream, get, request, soon};

/// More than the pipe and every buffer before it take: about 220 bytes a line.
const REQUESTS: usize = 9_000;
const CALLERS: usize = 6;
/// Roles that fail at once.
const ROLES: usize = 500;

#[tokio::test]
async fn a_pipe_that_nobody_reads_stops_neither_requests_nor_health_and_loses_lines_by_number() {
    let upstream = Upstream::start(|_, _| Reply::steps([Step::AwaitEnd])).await;
    let mut program = Program::start_unread("drain_timeout = \"1s\"", "", &upstream).await;
    let mut calls = JoinSet::new();
    for _ in 0..CALLERS {
        let address = program.forward;
        calls.spawn(async move {
            let mut caller = Caller::connect(address).await;
            // Refused, which costs little, and leaves a line like any other.
            let request = get("evil.test", "/");
            for _ in 0..REQUESTS / CALLERS {
                caller.send(&request).await;
                assert_eq!(caller.answer().await.verdict(), (403, "host_not_allowed".to_owned()));
            }
        });
    }
    calls.join_all().await;
    assert_eq!(program.ask_admin("/healthz").await.status, 200);
    let metrics = program.ask_admin("/metrics").await.text();
    let dropped = metrics
        .lines()
        .find_map(|line| line.strip_prefix("countersign_access_lines_dropped_total "))
        .map_or(0, |count| count.parse::<usize>().unwrap());
    assert!((1..REQUESTS).contains(&dropped), "{dropped}");
    // One that will not end: the time to drain is used up, and what nobody takes must not be waited for beyond it.
    let mut upload = Caller::connect(program.forward).await;
    upload.send(request("PUT", OSS, "/k", "Content-Length: 9\r\n") + "half").await;
    upstream.until("the upload", |log| log.requests.len() == 1).await;
    let begun = Instant::now();
    program.signal();
    assert_eq!(program.end().await.code(), Some(0));
    let took = begun.elapsed();
    assert!((Duration::from_millis(700)..Duration::from_millis(1_300)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn a_log_that_nobody_reads_stops_nothing_either() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    // Every role says that its token cannot be read: more than a pipe takes.
    let role = |number| {
        format!(
            "[role.r{number}]\nsource = \"oidc\"\nrole_arn = \"acs:ram::1000000000000001:role/r{number}\"\n\
             oidc_provider_arn = \"acs:ram::1000000000000001:oidc-provider/rrsa\"\noidc_token_file = \"missing\"\n"
        )
    };
    let roles: String = (0..ROLES).map(role).collect();
    let mut program = Program::start_unread("drain_timeout = \"1s\"", &roles, &upstream).await;
    soon("every failure, and health beside them", async {
        loop {
            assert_eq!(program.ask_admin("/healthz").await.status, 200);
            let metrics = program.ask_admin("/metrics").await.text();
            if metrics.matches("outcome=\"failed\"} 1").count() == ROLES {
                break;
            }
        }
    })
    .await;
    program.signal();
    assert_eq!(program.end().await.code(), Some(0));
}

/// Commands that print, each as long as a page.
const PRINTING: [&[&str]; 4] = [
    &["demo", "--once"],
    &["run", "--print-config"],
    &["sign", "https://ecs.cn-hangzhou.aliyuncs.com/?Action=DescribeRegions", "--explain"],
    &["--help"],
];

/// Exit code and standard error of a command that prints there.
async fn printing(arguments: &[&str], to: Stdio) -> (Option<i32>, String) {
    let place = Place::new();
    let mut command = countersign(&place, arguments);
    let child = command.stdout(to).stderr(Stdio::piped()).spawn().unwrap();
    let output = soon("the end of the process", child.wait_with_output()).await.unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test]
async fn whoever_has_read_enough_may_close_the_pipe() {
    for arguments in PRINTING {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(printing(arguments, writer.into()).await, (Some(0), String::new()), "{arguments:?}");
    }
}

#[tokio::test]
async fn a_full_disk_is_said_to_be_one() {
    for arguments in PRINTING {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (code, told) = printing(arguments, full.into()).await;
        let message = "cannot write to standard output: No space left on device";
        assert!(code == Some(1) && told.starts_with(message), "{arguments:?}: {code:?} {told}");
    }
}
