//! Profiles of both files that lead to the RAM role of an ECS instance.

use super::ecs::server;
use super::*;

const CLI: &str = include_str!("../../../tests/data/profiles/config.json");
const INI: &str = include_str!("../../../tests/data/profiles/credentials");

fn stage(source: SourceConfig, text: &str, profile: &str) -> Stage {
    let mut stage = Stage::with_variables(&[]);
    let file = Some(stage.token.0.join("profiles"));
    std::fs::write(stage.token.0.join("profiles"), text).unwrap();
    let (config_file, credentials_file, profile) = (file.clone(), file, Some(profile.to_owned()));
    stage.role(
        "default",
        RoleConfig { source, profile, config_file, credentials_file, ..RoleConfig::default() },
    );
    stage
}

#[tokio::test(start_paused = true)]
async fn the_metadata_server_is_asked_for_the_role_that_the_profile_names() {
    for stage in [stage(SourceConfig::Cli, CLI, "ecs"), stage(SourceConfig::Ini, INI, "p_ecs")] {
        stage.cloud.play(server);
        let credential = stage.open().wait().await.unwrap();
        assert_eq!(credential.access_key().unwrap().id().as_str(), "STS.NFAKE0001");
        let calls = stage.cloud.calls();
        assert!(calls.iter().all(|call| call.host == "100.100.100.200"), "{calls:?}");
        assert_eq!(calls.len(), 2, "a token, and the credential of a role whose name is known");
    }
}

#[tokio::test(start_paused = true)]
async fn another_role_is_assumed_from_the_instances() {
    let stage = stage(SourceConfig::Cli, CLI, "ecsarn");
    let clock = Arc::clone(&stage.clock);
    stage
        .cloud
        .play(move |seen| if seen.host.starts_with("sts.") { grant(&clock, 900) } else { server(seen) });
    let credential = stage.open().wait().await.unwrap();
    assert_eq!(credential.role().map(RoleArn::as_str), Some(ROLE));
    let call = stage.cloud.calls().pop().unwrap();
    assert_eq!(parameter(&call.target, "AccessKeyId").as_deref(), Some("STS.NFAKE0001"));
    assert_eq!(parameter(&call.target, "SecurityToken").as_deref(), Some("canary-token+/="));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_no_role_has_is_never_a_part_of_a_path() {
    let text = CLI.replace("FakeEcsRole", "../../user-data");
    for profile in ["ecs", "ecsarn"] {
        let stage = stage(SourceConfig::Cli, &text, profile);
        assert!(stage.failure().await.to_string().contains("ram_role_name"));
        assert_eq!(stage.cloud.count(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_place_that_cannot_be_asked_is_told_by_its_variable() {
    for (place, code, words) in [
        ("127.0.0.1:9121", "bad_variable", "ALIBABA_CLOUD_IMDS_ENDPOINT, which is wrong; write http://"),
        ("http://127.0.0.1:9110", "profile_circle", "a [[vend]] of countersign's own plays"),
    ] {
        let mut stage = stage(SourceConfig::Cli, CLI, "ecs");
        stage.variables.push(("ALIBABA_CLOUD_IMDS_ENDPOINT", place.to_owned()));
        let error = stage.failure().await;
        assert!(error.code() == code && error.to_string().contains(words), "{}: {error}", error.code());
        assert_eq!(stage.cloud.count(), 0);
        // A profile that does not go there is not touched by it.
        let mut other = self::stage(SourceConfig::Cli, CLI, "ak");
        other.variables.push(("ALIBABA_CLOUD_IMDS_ENDPOINT", place.to_owned()));
        assert!(other.open().wait().await.is_ok());
    }
}
