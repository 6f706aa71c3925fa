//! A credential that a program prints, through the whole proxy.

use crate::kit::{ECS, Kit, REGIONS, Reply, Upstream};

#[tokio::test]
async fn what_a_program_prints_signs_and_what_fails_is_told_without_its_words() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let printed =
        r#"{"mode":"StsToken","access_key_id":"STS.printed","access_key_secret":"x1","sts_token":"t1"}"#;
    let role = |script: &str| {
        format!("[role.default]\nsource = \"process\"\nprocess_command = '''/bin/sh -c \"{script}\"'''\n")
    };
    let proxy = Kit::without_credentials()
        .settings(&role(&format!("echo '{}'", printed.replace('"', "\\\""))))
        .before(&upstream)
        .await;
    let answer = proxy.get(ECS, REGIONS).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(upstream.last().header("authorization").unwrap().contains("Credential=STS.printed,"));

    let proxy =
        Kit::without_credentials().settings(&role("echo words-of-it >&2; exit 7")).before(&upstream).await;
    let answer = proxy.get(ECS, REGIONS).await;
    let text = answer.text();
    assert!(answer.status == 503 && text.contains("status 7 and 12 bytes"), "{} {text}", answer.status);
    assert!(!text.contains("words-of-it"), "{text}");
}
