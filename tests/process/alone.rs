//! `countersign sandbox`: the miniature cloud in a process of its own, and a proxy in another that finds it.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

use super::check::run;
use crate::kit::program::countersign;
use crate::kit::{Caller, ECS, Place, REGIONS, get, soon};

/// A running one.
struct Cloud {
    child: Child,
    /// Held: who prints and is not read ends.
    _said: Lines<BufReader<ChildStdout>>,
}

async fn start(place: &Place, more: &[&str]) -> Cloud {
    let arguments = [&["sandbox", "--directory", "cloud", "--listen", "127.0.0.1:0"], more].concat();
    let mut child = countersign(place, &arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = soon("the address", lines.next_line()).await.unwrap().expect("it runs");
    assert!(first.contains("listens on 127.0.0.1:"), "{first}");
    Cloud { child, _said: lines }
}

#[tokio::test]
async fn a_proxy_of_another_process_is_answered_with_the_settings_that_it_wrote() {
    let place = Place::new();
    let mut cloud = start(&place, &["--bucket", "mine"]).await;
    for name in ["ca.pem", "token", "countersign.toml"] {
        let mode = std::fs::metadata(place.path().join("cloud").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "{name}: another user's proxy reads it, and nobody else writes it");
    }

    let free = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    let arguments = [&["run", "--config", "cloud/countersign.toml"], &free[..]].concat();
    let mut proxy =
        countersign(&place, &arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(proxy.stderr.take().unwrap()).lines();
    let listening = soon("the listener", async {
        loop {
            let line = lines.next_line().await.unwrap().expect("it runs");
            let line: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
            assert_ne!(line["level"], "WARN", "{line}");
            if line["message"] == "listening" {
                return line["address"].as_str().unwrap().parse::<SocketAddr>().unwrap();
            }
        }
    });
    let mut caller = Caller::connect(listening.await).await;
    caller.send(get(ECS, REGIONS)).await;
    let answer = caller.answer().await;
    assert!(answer.status == 200 && answer.text().contains("cn-hangzhou"), "{}", answer.text());
    // Whatever name an SDK has for an endpoint, and whether it is played or not: nothing goes to the real cloud.
    for host in
        ["ecs-cn-hangzhou.aliyuncs.com", "ecs.eu-central-1.aliyuncs.com", "ecs-vpc.cn-hangzhou.aliyuncs.com"]
    {
        caller.send(get(host, REGIONS)).await;
        assert_eq!(caller.answer().await.status, 200, "{host}");
    }
    caller.send(get("vpc.cn-hangzhou.aliyuncs.com", "/?Action=DescribeVpcs&Version=2016-04-28")).await;
    assert!(caller.answer().await.text().contains("InvalidAction.NotFound"));
    for (bucket, status) in [("mine", 404), ("demo", 403)] {
        caller.send(get(&format!("{bucket}.oss-cn-hangzhou.aliyuncs.com"), "/key")).await;
        let answer = caller.answer().await;
        assert_eq!(answer.status, status, "{bucket}: {}", answer.text());
    }

    let id = Pid::from_raw(i32::try_from(cloud.child.id().unwrap()).unwrap()).unwrap();
    kill_process(id, Signal::TERM).unwrap();
    assert_eq!(soon("its end", cloud.child.wait()).await.unwrap().code(), Some(0));
}

#[tokio::test]
async fn how_it_is_reached_from_elsewhere_is_the_operators_to_say() {
    let place = Place::new();
    let _cloud = start(&place, &["--reached-at", "cloud.test:9120", "--region", "eu-central-1"]).await;
    let settings = place.read("cloud/countersign.toml");
    assert!(settings.contains("\n\"*\" = \"https://cloud.test:9120\"\n"), "{settings}");
    let check = ["run", "--check", "--config", "cloud/countersign.toml"];
    let (code, told) = run(&place, &check, &[]).await;
    assert!(code == Some(0) && !told.contains("warning"), "{told}");
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_anything_is_written() {
    let place = Place::new();
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = held.local_addr().unwrap().to_string();
    for (more, expected, said) in [
        (["--region", "mars-1"], 64, "--region: "),
        (["--listen", taken.as_str()], 69, taken.as_str()),
        (["--listen", "0.0.0.0:0"], 64, "--reached-at HOST:PORT"),
        (["--bucket", "No_Bucket"], 64, "No_Bucket"),
        (["--reached-at", "https://a:1"], 64, "is not HOST:PORT"),
        (["--reached-at", "a b:1"], 64, "is not HOST:PORT"),
        (["--reached-at", "a"], 64, "is not HOST:PORT"),
        (["--reached-at", "a:0"], 64, "is not HOST:PORT"),
        (["--reached-at", "a\":1"], 64, "is not HOST:PORT"),
        (["--directory", "/proc/none"], 64, "cannot be used multiple times"),
    ] {
        let arguments = [&["sandbox", "--directory", "cloud"], &more[..]].concat();
        let (code, told) = run(&place, &arguments, &[]).await;
        assert!(code == Some(expected) && told.contains(said), "{more:?}: {code:?} {told}");
        assert_eq!(place.read("cloud/countersign.toml"), "", "{more:?}");
    }
    let (code, told) = run(&place, &["sandbox", "--directory", "/proc/none"], &[]).await;
    assert!(code == Some(1) && told.contains("--directory /proc/none"), "{code:?} {told}");
}

#[tokio::test]
async fn what_is_somebodys_own_is_not_written_over() {
    for name in ["countersign.toml", "ca.pem", "token"] {
        let place = Place::new();
        std::fs::create_dir(place.path().join("cloud")).unwrap();
        let own = format!("cloud/{name}");
        place.write(&own, "# mine");
        let (code, told) =
            run(&place, &["sandbox", "--directory", "cloud", "--listen", "127.0.0.1:0"], &[]).await;
        assert!(code == Some(1) && told.contains(&format!("there is a {name}")), "{code:?} {told}");
        assert_eq!(place.read(&own), "# mine");
    }
    let place = Place::new();
    drop(start(&place, &[]).await);
    // Its own of before it replaces.
    drop(start(&place, &[]).await);
}

#[tokio::test]
async fn it_does_wrong_what_it_is_told_and_says_so() {
    let place = Place::new();
    let arguments =
        ["sandbox", "--directory", "cloud", "--listen", "127.0.0.1:0", "--sandbox-fault", "fail=ecs,for=600"];
    let mut child =
        countersign(&place, &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = soon("what it says", said.next_line()).await.unwrap().expect("it runs");
    assert!(line.contains("sandbox: a fault begins") && line.contains("fail=ecs"), "{line}");
    let clash = [&arguments[..], &["--sandbox-fault", "throttle=ecs"]].concat();
    let (code, told) = run(&place, &clash, &[]).await;
    assert!(code == Some(64) && told.contains("at the same time"), "{code:?} {told}");
}

#[tokio::test]
async fn a_link_that_lies_in_its_way_leads_nowhere() {
    let place = Place::new();
    std::fs::create_dir(place.path().join("cloud")).unwrap();
    let victim = place.write("victim", "untouched");
    std::os::unix::fs::symlink(&victim, place.path().join("cloud/token.new")).unwrap();
    let _cloud = start(&place, &[]).await;
    assert_eq!(place.read("victim"), "untouched");
    assert!(place.read("cloud/token").len() > 20);
}
