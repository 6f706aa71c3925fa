//! Sources that are asked at a place, each against the sandbox's counterpart: what it brings signs, and is verified.

use countersign::sandbox::{CredentialsUri, Metadata, Spoil};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::kit::sandboxed::Sandboxed;
use crate::kit::{ECS, Kit, REGIONS};

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// Asks through a proxy, and gives the actions that the sandbox was asked for, without ports and numbers.
async fn actions(sandboxed: &Sandboxed, kit: Kit) -> Vec<(String, String)> {
    let proxy = kit.start().await;
    let answer = proxy.get(ECS, REGIONS).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let verdicts = sandboxed.sandbox.verdicts();
    assert!(verdicts.iter().all(|verdict| verdict.status == 200), "{verdicts:?}");
    verdicts.into_iter().map(|verdict| (verdict.product, verdict.action)).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(product, action)| ((*product).to_owned(), (*action).to_owned())).collect()
}

#[tokio::test]
async fn an_instances_role_signs_after_a_token_and_its_name_were_asked_for() {
    let sandboxed = Sandboxed::start().await;
    let room = Metadata::new("app").hardened();
    let metadata = sandboxed.sandbox.metadata(listener().await, room).unwrap();
    let kit = sandboxed
        .bare()
        .settings("[role.default]\nsource = \"ecs\"")
        .variable("ALIBABA_CLOUD_IMDS_ENDPOINT", &metadata.url(""));
    let asked = actions(&sandboxed, kit).await;
    assert_eq!(asked.last(), pairs(&[("ecs", "DescribeRegions")]).last());
    assert_eq!(asked.len(), 4, "a token, the name, the credential, the request: {asked:?}");
}

#[tokio::test]
async fn a_server_without_tokens_is_asked_only_where_that_is_allowed() {
    for (setting, status) in [("", 503), ("\necs_v1 = true", 200)] {
        let sandboxed = Sandboxed::start().await;
        let room = Metadata::new("app").without_tokens();
        let metadata = sandboxed.sandbox.metadata(listener().await, room).unwrap();
        let kit = sandboxed
            .bare()
            .settings(&format!("[role.default]\nsource = \"ecs\"{setting}"))
            .variable("ALIBABA_CLOUD_IMDS_ENDPOINT", &metadata.url(""));
        let answer = kit.start().await.get(ECS, REGIONS).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(status == 200 || answer.text().contains("ecs_v1 = true"), "{answer:?}");
    }
}

#[tokio::test]
async fn what_a_credentials_uri_hands_out_signs() {
    let sandboxed = Sandboxed::start().await;
    let room = CredentialsUri::new("/creds", "app");
    let uri = sandboxed.sandbox.credentials_uri(listener().await, room).unwrap();
    let kit = sandboxed
        .bare()
        .settings("[role.default]\nsource = \"uri\"")
        .variable("ALIBABA_CLOUD_CREDENTIALS_URI", &uri.url("/creds"));
    let expected = pairs(&[("uri", "GetCredential"), ("ecs", "DescribeRegions")]);
    assert_eq!(actions(&sandboxed, kit).await, expected);
}

#[tokio::test]
async fn a_spoilt_answer_gives_503_with_the_place_and_a_fix_and_nothing_of_the_answer() {
    let spoils = Spoil::NAMES.iter().filter(|(_, spoil)| {
        // What names no role cannot be of another; a hang is the unit tests' matter; an end far away is cut.
        !matches!(spoil, Spoil::AnotherRole | Spoil::Hang | Spoil::Endless)
    });
    // Each waits as long as a request does for its first credential, so all of them wait at once.
    let mut tries = JoinSet::new();
    for (name, spoil) in spoils {
        for source in ["uri", "ecs"] {
            tries.spawn(spoilt(source, name, *spoil));
        }
    }
    assert!(tries.len() >= 20);
    while let Some(tried) = tries.join_next().await {
        tried.unwrap();
    }
}

async fn spoilt(source: &'static str, name: &'static str, spoil: Spoil) {
    let sandboxed = Sandboxed::start().await;
    let sandbox = &sandboxed.sandbox;
    let uri = sandbox.credentials_uri(listener().await, CredentialsUri::new("/creds", "app")).unwrap();
    let metadata = sandbox.metadata(listener().await, Metadata::new("app")).unwrap();
    let (product, variable, url, place) = match source {
        "uri" => ("uri", "ALIBABA_CLOUD_CREDENTIALS_URI", uri.url("/creds"), uri.url("")),
        _ => ("metadata", "ALIBABA_CLOUD_IMDS_ENDPOINT", metadata.url(""), metadata.url("")),
    };
    sandbox.faults().spoil(product, spoil, None);
    let kit = sandboxed.bare().settings(&format!("[role.default]\nsource = \"{source}\""));
    let answer = kit.variable(variable, &url).start().await.get(ECS, REGIONS).await;
    let text = answer.text();
    assert_eq!(answer.status, 503, "{source} {name}: {text}");
    assert!(text.contains(&place) && text.contains("; "), "{source} {name}: {text}");
    assert!(!text.contains("STS.") && !text.contains("X-"), "{source} {name}: {text}");
}
