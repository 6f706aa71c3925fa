//! Sources that are asked at a place, each against the sandbox's counterpart: what it brings signs, and is verified.

use countersign::sandbox::{CredentialsUri, Metadata};
use tokio::net::TcpListener;

use crate::kit::sandboxed::Sandboxed;
use crate::kit::{ECS, Kit, Place, REGIONS, vault};

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
async fn a_role_of_vaults_signs_for_whoever_has_a_token_and_for_a_pod_that_logs_in() {
    for (login, calls) in [
        ("vault_token_file", &[("vault", "Creds")][..]),
        (vault::POD, &[("vault", "Login"), ("vault", "Creds")]),
    ] {
        let (sandboxed, place) = (Sandboxed::start().await, Place::new());
        let vault = sandboxed.sandbox.vault(listener().await, vault::room()).unwrap();
        let jwt = sandboxed.sandbox.oidc_token();
        place.write("token", if login == vault::POD { &jwt } else { "hvs.root\n" });
        let kit = sandboxed.bare().settings(&vault::settings(&place, login));
        let asked = actions(&sandboxed, kit.variable("VAULT_ADDR", &vault.url(""))).await;
        assert_eq!(asked, pairs(&[calls, &[("ecs", "DescribeRegions")]].concat()));
    }
}

#[tokio::test]
async fn what_vault_does_not_give_is_told_with_the_fix() {
    for (change, status, fix) in [
        (("hvs.root", "hvs.over"), 403, "renew the token in vault_token_file"),
        (("\"app\"", "\"other\""), 404, "check vault_mount, vault_role and vault_namespace"),
        (("\"ops\"", "\"other\""), 403, "vault_namespace"),
        (("\"app\"", "\"people\""), 200, "makes a RAM user each time it is read"),
    ] {
        let (sandboxed, place) = (Sandboxed::start().await, Place::new());
        let vault = sandboxed.sandbox.vault(listener().await, vault::room()).unwrap();
        let changed = |text: &str| text.replace(change.0, change.1);
        place.write("token", &changed("hvs.root"));
        let kit = sandboxed.bare().settings(&changed(&vault::settings(&place, "vault_token_file")));
        let proxy = kit.variable("VAULT_ADDR", &vault.url("")).start().await;
        for _ in 0..2 {
            let answer = proxy.get(ECS, REGIONS).await;
            let text = answer.text();
            assert_eq!(answer.status, 503, "{text}");
            assert!(text.contains("CredentialsRefused") && text.contains(fix), "{text}");
        }
        let asked = sandboxed.sandbox.verdicts();
        assert!(asked.len() == 1 && asked[0].status == status, "{asked:?}");
    }
}
