//! Profiles of the aliyun CLI and of the SDKs, by every mode of theirs that leads to a call.

use countersign::sandbox::{CredentialsUri, Metadata};
use serde_json::{Value, json};

use super::sts::{NO, OF_STS};
use super::*;
use crate::kit::{KEY_ID, SECRET};

const HOST: &str = "sts.aliyuncs.com";

/// A role that takes the first of these profiles of the CLI.
pub(super) fn cli(kit: Kit, mut profiles: Value) -> Kit {
    let name = profiles[0]["name"].clone();
    for profile in profiles.as_array_mut().unwrap() {
        profile["region_id"] = json!("cn-hangzhou");
    }
    let file = json!({"current": name, "profiles": profiles}).to_string();
    let file = kit.place.write("config.json", &file);
    kit.settings(&format!("[role.default]\nsource = \"cli\"\nconfig_file = {file:?}"))
}

fn ini(kit: Kit, section: &str) -> Kit {
    let file = kit.place.write("credentials", &format!("[default]\nenable = true\n{section}\n"));
    kit.settings(&format!("[role.default]\nsource = \"ini\"\ncredentials_file = {file:?}"))
}

/// A kit, and that the sandbox knows the key of the profiles.
fn kit(sandboxed: &Sandboxed) -> Kit {
    sandboxed.sandbox.admit(KEY_ID, SECRET, None);
    sandboxed.bare()
}

fn ram_role_arn(name: &str) -> Value {
    json!({
        "name": name, "mode": "RamRoleArn", "access_key_id": KEY_ID, "access_key_secret": SECRET,
        "ram_role_arn": ROLE, "ram_session_name": "session",
    })
}

async fn assuming(sandboxed: Arc<Sandboxed>) -> Source {
    Source::new(cli(kit(&sandboxed), json!([ram_role_arn("p")])), HOST)
}

async fn chained(sandboxed: Arc<Sandboxed>) -> Source {
    let outer = json!({
        "name": "p", "mode": "ChainableRamRoleArn", "source_profile": "q",
        "ram_role_arn": "acs:ram::1000000000000001:role/second", "ram_session_name": "session",
    });
    Source::new(cli(kit(&sandboxed), json!([outer, ram_role_arn("q")])), HOST)
}

async fn with_token(sandboxed: Arc<Sandboxed>) -> Source {
    let kit = sandboxed.bare();
    let token = sandboxed.sandbox.oidc_token_for(Duration::from_secs(36_000));
    let file = kit.place.write("token", &token);
    let profile = json!({
        "name": "p", "mode": "OIDC", "oidc_provider_arn": "acs:ram::1000000000000001:oidc-provider/rrsa",
        "oidc_token_file": file, "ram_role_arn": ROLE, "ram_session_name": "session",
    });
    Source::new(cli(kit, json!([profile])), HOST).secret(&token)
}

async fn at_uri(sandboxed: Arc<Sandboxed>) -> Source {
    let uri = sandboxed.sandbox.credentials_uri(listener().await, CredentialsUri::new("/c", "app")).unwrap();
    let profile = json!({"name": "p", "mode": "CredentialsURI", "credentials_uri": uri.url("/c")});
    Source::new(cli(sandboxed.bare(), json!([profile])), uri.url("")).holding(uri)
}

/// A kit on a machine whose metadata server this is.
async fn instance(sandboxed: &Sandboxed) -> (Kit, Counterpart<Metadata>) {
    let metadata = sandboxed.sandbox.metadata(listener().await, Metadata::new("app")).unwrap();
    (sandboxed.bare().variable("ALIBABA_CLOUD_IMDS_ENDPOINT", &metadata.url("")), metadata)
}

async fn of_instance(sandboxed: Arc<Sandboxed>) -> Source {
    let (kit, metadata) = instance(&sandboxed).await;
    let profile = json!({"name": "p", "mode": "EcsRamRole", "ram_role_name": "app"});
    Source::new(cli(kit, json!([profile])), metadata.url("")).holding(metadata)
}

/// The instance's role assumes another one.
async fn from_instance(sandboxed: Arc<Sandboxed>) -> Source {
    let (kit, metadata) = instance(&sandboxed).await;
    let profile = json!({
        "name": "p", "mode": "RamRoleArnWithRoleName", "ram_role_name": "app",
        "ram_role_arn": "acs:ram::1000000000000001:role/second", "ram_session_name": "session",
    });
    Source::new(cli(kit, json!([profile])), metadata.url("")).holding(metadata)
}

async fn from_instance_by_sts(sandboxed: Arc<Sandboxed>) -> Source {
    Source { place: HOST.to_owned(), ..from_instance(sandboxed).await }
}

async fn ini_assuming(sandboxed: Arc<Sandboxed>) -> Source {
    let section = format!(
        "type = ram_role_arn\naccess_key_id = {KEY_ID}\naccess_key_secret = {SECRET}\nrole_arn = {ROLE}\n\
         role_session_name = session"
    );
    Source::new(ini(kit(&sandboxed), &section), HOST)
}

async fn ini_with_token(sandboxed: Arc<Sandboxed>) -> Source {
    let kit = sandboxed.bare();
    let token = sandboxed.sandbox.oidc_token_for(Duration::from_secs(36_000));
    let file = kit.place.write("token", &token);
    let section = format!(
        "type = oidc_role_arn\noidc_provider_arn = acs:ram::1000000000000001:oidc-provider/rrsa\n\
         oidc_token_file_path = {}\nrole_arn = {ROLE}\nrole_session_name = session",
        file.display()
    );
    Source::new(ini(kit, &section), HOST).secret(&token)
}

async fn ini_of_instance(sandboxed: Arc<Sandboxed>) -> Source {
    let (kit, metadata) = instance(&sandboxed).await;
    Source::new(ini(kit, "type = ecs_ram_role\nrole_name = app"), metadata.url("")).holding(metadata)
}

#[tokio::test(start_paused = true)]
async fn ram_role_arn_of_the_cli() {
    each("sts", OF_STS, assuming).await;
    each_no("sts", NO, assuming).await;
}

#[tokio::test(start_paused = true)]
async fn chainable_ram_role_arn_of_the_cli() {
    each("sts", OF_STS, chained).await;
    each_no("sts", NO, chained).await;
}

#[tokio::test(start_paused = true)]
async fn oidc_of_the_cli() {
    each("sts", OF_STS, with_token).await;
    each_no("sts", NO, with_token).await;
}

#[tokio::test(start_paused = true)]
async fn credentials_uri_of_the_cli() {
    each("uri", uri::BUT, at_uri).await;
    each_no("uri", uri::NO, at_uri).await;
}

#[tokio::test(start_paused = true)]
async fn ecs_ram_role_of_the_cli() {
    each("metadata", metadata::BUT, of_instance).await;
    each_no("metadata", metadata::NO, of_instance).await;
}

#[tokio::test(start_paused = true)]
async fn ram_role_arn_with_role_name_of_the_cli() {
    each("metadata", metadata::BUT, from_instance).await;
    each("sts", OF_STS, from_instance_by_sts).await;
    each_no("sts", NO, from_instance_by_sts).await;
}

#[tokio::test(start_paused = true)]
async fn the_ini_files_types_that_lead_to_a_call() {
    each("sts", OF_STS, ini_assuming).await;
    each_no("sts", NO, ini_assuming).await;
    each("sts", OF_STS, ini_with_token).await;
    each("metadata", metadata::BUT, ini_of_instance).await;
}
