//! `--counterpart`: what else a credential can come from, beside the miniature cloud of a process.

use std::net::SocketAddr;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};

use super::check::run;
use crate::kit::program::countersign;
use crate::kit::{Caller, Place, get, soon};

const ALL: [&str; 7] = ["metadata", "hardened-metadata", "cloudsso", "oauth", "github", "vault", "uri"];
const CREDENTIAL: &str = "/latest/meta-data/ram/security-credentials/demo";

async fn status(url: &str, path: &str) -> u16 {
    let authority = url.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let address: SocketAddr = authority.parse().unwrap();
    let mut caller = Caller::connect(address).await;
    caller.send(get("localhost", path)).await;
    caller.answer().await.status
}

#[tokio::test]
async fn each_is_where_it_was_put_and_a_fault_reaches_it() {
    let place = Place::new();
    let placed = ALL.map(|name| format!("{name}=127.0.0.1:0"));
    let mut arguments = vec!["sandbox", "--directory", "cloud", "--listen", "127.0.0.1:0"];
    arguments.extend(placed.iter().flat_map(|one| ["--counterpart", one]));
    arguments.extend(["--sandbox-fault", "spoil=uri:html", "--sandbox-fault", "throttle=oauth"]);
    let mut child = countersign(&place, &arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut told = Vec::new();
    soon("the addresses", async {
        while told.len() < ALL.len() {
            let line = lines.next_line().await.unwrap().expect("it runs");
            told.extend(
                line.split_once(":  http")
                    .filter(|(name, _)| ALL.contains(name))
                    .map(|(name, url)| (name.to_owned(), format!("http{url}"))),
            );
        }
    })
    .await;
    let written = std::fs::read(place.path().join("cloud/counterparts.json")).unwrap();
    let written: Value = serde_json::from_slice(&written).unwrap();
    let url = |name: &str| written[name].as_str().unwrap().to_owned();
    assert!(told.iter().all(|(name, told)| url(name) == *told), "{told:?} {written}");
    assert_eq!(status(&url("metadata"), CREDENTIAL).await, 200);
    assert_eq!(status(&url("hardened-metadata"), CREDENTIAL).await, 403);
    assert_eq!(status(&url("cloudsso"), "/device/login").await, 200);
    assert_eq!(status(&url("oauth"), "/oauth2/v1/auth").await, 429);
    assert_eq!(status(&url("github"), "/idtoken").await, 401);
    assert_eq!(status(&url("vault"), "/v1/alicloud/creds/demo").await, 400);
    assert_eq!(status(&url("uri"), "/credentials").await, 502);
}

#[tokio::test]
async fn what_cannot_be_placed_is_told_with_the_forms() {
    let place = Place::new();
    let arguments = ["run", "--sandbox", "--counterpart", "imds=127.0.0.1:1"];
    let (code, told) = run(&place, &arguments, &[]).await;
    assert!(code == Some(64) && told.contains("NAME=IP:PORT,life=SECONDS"), "{code:?} {told}");
    let (code, told) = run(&place, &["run", "--counterpart", "uri=127.0.0.1:0"], &[]).await;
    assert!(code == Some(64) && told.contains("--sandbox"), "{code:?} {told}");
}
