//! `run --sandbox` beside settings that were written for the real cloud.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};

use super::check::run;
use crate::kit::program::countersign;
use crate::kit::{Caller, ECS, Place, REGIONS, get, soon, with_body};

/// As the README has them.
const README: &str = "[role.default]\nsource = \"environment\"\n\
                      assume = [{ role_arn = \"acs:ram::1000000000000001:role/app\" }]\n\
                      [tenants]\noss = [\"my-bucket\", \"logs-*\"]\n";
const IGNORED: &str = "--sandbox ignores credential variables, so source = \"environment\" finds nothing; leave `source` \
                       out, or run with --config naming an empty file";
const FREE: [&str; 4] = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];

/// What one request is answered, and every message of the log until then.
async fn answered(place: &Place, more: &[&str]) -> (u16, String, Vec<String>) {
    let (answers, messages) = all_answered(place, more, &[get(ECS, REGIONS)]).await;
    let (status, text) = answers.into_iter().next().unwrap();
    (status, text, messages)
}

/// The same of several.
async fn all_answered(
    place: &Place,
    more: &[&str],
    requests: &[String],
) -> (Vec<(u16, String)>, Vec<String>) {
    let arguments = [&["run", "--sandbox"], &FREE[..], more].concat();
    let mut command = countersign(place, &arguments);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut messages = Vec::new();
    let mut address = None;
    soon("the address", async {
        while !messages.iter().any(|message| message == "health and metrics") {
            let line = lines.next_line().await.unwrap().expect("it runs");
            let Ok(line) = serde_json::from_str::<Value>(&line) else { panic!("{line}") };
            let message = line["message"].as_str().unwrap().to_owned();
            if message == "listening" {
                address = line["address"].as_str().and_then(|address| address.parse().ok());
            }
            messages.push(message);
        }
    })
    .await;
    let mut answers = Vec::new();
    for request in requests {
        let mut caller = Caller::connect(address.unwrap()).await;
        caller.send(request.clone()).await;
        let answer = caller.answer().await;
        answers.push((answer.status, answer.text()));
    }
    (answers, messages)
}

#[tokio::test]
async fn a_source_that_cannot_give_anything_there_is_told_with_a_way_out() {
    let place = Place::new();
    place.write("countersign.toml", README);
    let (status, text, messages) = answered(&place, &[]).await;
    let text = text.replace("&quot;", "\"").replace("\\\"", "\"");
    assert!(status == 503 && text.contains(IGNORED), "{status} {text}");
    let is_told = |message: &String| message.starts_with("countersign.toml:1: ") && message.contains(IGNORED);
    assert!(messages.iter().any(is_told), "{messages:#?}");
    let (code, told) = run(&place, &["run", "--sandbox", "--check"], &[]).await;
    assert!(code == Some(0) && told.contains(IGNORED), "{told}");
}

#[tokio::test]
async fn the_key_that_its_kms_keeps_signs_there_where_the_settings_say_its_region() {
    let place = Place::new();
    let settings = "[role.reader]\nsource = \"environment\"\n[role.default]\nsource = \"kms\"\nkms_role = \"reader\"\n\
                    kms_secret_name = \"acs/ram/user/demo\"\n";
    place.write("countersign.toml", settings);
    let (code, told) = run(&place, &["run", "--sandbox", "--check"], &[]).await;
    let needs = "source = \"kms\" needs kms_region in the settings";
    assert!(code == Some(0) && told.contains(needs) && told.contains(IGNORED), "{told}");
    let settings = settings.replace("source = \"environment\"\n", "") + "kms_region = \"cn-hangzhou\"\n";
    place.write("countersign.toml", &settings);
    let (status, text, _) = answered(&place, &[]).await;
    assert_eq!(status, 200, "{text}");
}

#[tokio::test]
async fn a_vault_that_a_variable_names_is_not_asked_there() {
    let place = Place::new();
    let settings =
        "[role.default]\nsource = \"vault\"\nvault_role = \"demo\"\nvault_token_file = \"token\"\n";
    let needs = "source = \"vault\" needs vault_address in the settings";
    let vault = ("VAULT_ADDR", "https://vault.example:8200");
    for (more, is_told) in [("", true), ("vault_address = \"http://127.0.0.1:1\"\n", false)] {
        place.write("countersign.toml", &format!("{settings}{more}"));
        let (code, told) = run(&place, &["run", "--sandbox", "--check"], &[vault]).await;
        assert!(code == Some(0) && told.contains(needs) == is_told, "{told}");
    }
}

#[tokio::test]
async fn either_way_out_leads_out() {
    let place = Place::new();
    place.write("countersign.toml", README);
    place.write("empty.toml", "");
    let (status, text, _) = answered(&place, &["--config", "empty.toml"]).await;
    assert_eq!(status, 200, "{text}");
    place.write("countersign.toml", &README.replace("source = \"environment\"\n", ""));
    let (status, text, _) = answered(&place, &[]).await;
    assert_eq!(status, 200, "{text}");
}

#[tokio::test]
async fn settings_with_keys_for_the_real_cloud_are_tried_with_keys_of_the_sandbox() {
    let place = Place::new();
    // None of the files is there, and none is missed.
    let settings = "[keys.partner]\nfile = \"partner.json\"\n[keys.speech]\nfile = \"/run/secrets/speech.json\"\n\
         [keys.studio]\nfile = \"studio.json\"\nproduct = \"dashscope\"\nregion = \"ap-southeast-1\"\ntemporary = true\n\
         [hosts]\n\"api.example.com\" = { product = \"apigateway\", keys = \"partner\" }\n\
         \"speech.example.com\" = { product = \"dataplus\", keys = \"speech\" }\n\
         \"f.cn-hangzhou.fcapp.run\" = { product = \"fc-trigger\" }\n";
    place.write("countersign.toml", settings);
    let chat = "{\"model\":\"qwen-plus\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
    let asked = |host: &str| with_body("POST", host, "/compatible-mode/v1/chat/completions", "", chat);
    let requests = [
        get("api.example.com", "/weather?city=Berlin"),
        get("speech.example.com", "/face/detect"),
        get("f.cn-hangzhou.fcapp.run", "/list"),
        asked("dashscope.aliyuncs.com"),
        asked("dashscope-intl.aliyuncs.com"),
    ];
    let (answers, messages) = all_answered(&place, &[], &requests).await;
    let told = ["/weather", "/face/detect", "/list", "You said: hello", "You said: hello"];
    for ((status, text), told) in answers.iter().zip(told) {
        assert!(*status == 200 && text.contains(told), "{status} {text}");
    }
    let is_told = |message: &String| message.contains("key files are not read");
    assert!(messages.iter().any(is_told), "{messages:#?}");
}
