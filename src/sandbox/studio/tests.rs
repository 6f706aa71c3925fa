//! Model Studio over the network, in both dialects.

use serde_json::{Value, json};

use crate::sandbox::Outcome;
use crate::sandbox::tests::client::{Read, Visit, request};

const HOST: &str = "dashscope.aliyuncs.com";
const GENERATION: &str = "/api/v1/services/aigc/text-generation/generation";
const CHAT: &str = "/compatible-mode/v1/chat/completions";

async fn visit() -> Visit {
    let visit = Visit::new().await;
    visit.sandbox.admit_api_key("sk-right");
    visit
}

async fn posted(visit: &Visit, key: &str, target: &str, body: Value) -> Read {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut heard = request("POST", HOST, path, query);
    heard.headers.push(("authorization".to_owned(), format!("Bearer {key}").into_bytes()));
    heard.body = body.to_string().into_bytes();
    visit.send(&heard).await
}

/// What follows `data:` in each event.
fn events(answer: &Read) -> Vec<String> {
    assert_eq!(answer.header("content-type"), "text/event-stream;charset=UTF-8");
    let text = answer.text();
    text.lines().filter_map(|line| line.strip_prefix("data:")).map(|data| data.trim().to_owned()).collect()
}

#[tokio::test]
async fn the_model_repeats_what_it_is_told_whole_and_in_events() {
    let visit = visit().await;
    let messages = json!([{ "role": "user", "content": "grüße 测试" }]);
    let said = "You said: grüße 测试";
    let ask = |parameters: Value| json!({ "model": "qwen-plus", "input": { "messages": messages }, "parameters": parameters });
    let whole = posted(&visit, "sk-right", GENERATION, ask(json!({ "result_format": "message" }))).await;
    assert_eq!(whole.json()["output"]["choices"][0]["message"]["content"], said);
    assert_eq!(whole.json()["usage"]["output_tokens"], 18);
    for (is_incremental, first) in [(true, "You s"), (false, "You s")] {
        let mut heard = request("POST", HOST, GENERATION, "");
        for (name, value) in [("authorization", "Bearer sk-right"), ("x-dashscope-sse", "enable")] {
            heard.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        }
        heard.body = ask(json!({ "incremental_output": is_incremental })).to_string().into_bytes();
        let answer = visit.send(&heard).await;
        let texts: Vec<Value> = events(&answer)
            .iter()
            .map(|data| serde_json::from_str::<Value>(data).unwrap()["output"].clone())
            .collect();
        assert_eq!(
            (texts.len(), &texts[0]["text"], &texts[0]["finish_reason"]),
            (4, &first.into(), &"null".into())
        );
        let text = |output: &Value| output["text"].as_str().unwrap().to_owned();
        let end = if is_incremental { texts.iter().map(text).collect() } else { text(&texts[3]) };
        assert_eq!((end.as_str(), &texts[3]["finish_reason"]), (said, &"stop".into()));
    }
    let ask = json!({ "model": "qwen-plus", "messages": messages });
    let whole = posted(&visit, "sk-right", CHAT, ask.clone()).await;
    assert_eq!(whole.json()["choices"][0]["message"]["content"], said);
    let mut ask = ask;
    ask["stream"] = json!(true);
    ask["stream_options"] = json!({ "include_usage": true });
    let told = events(&posted(&visit, "sk-right", CHAT, ask).await);
    assert_eq!((told.len(), told[5].as_str()), (6, "[DONE]"));
    let chunk = |at: usize| serde_json::from_str::<Value>(&told[at]).unwrap();
    let spoken: String =
        (0..4).map(|at| chunk(at)["choices"][0]["delta"]["content"].as_str().unwrap().to_owned()).collect();
    assert_eq!((spoken.as_str(), &chunk(4)["usage"]["total_tokens"]), (said, &26.into()));
}

#[tokio::test]
async fn a_short_lived_key_opens_as_much_as_its_own_and_makes_no_other() {
    let visit = visit().await;
    let made = posted(&visit, "sk-right", "/api/v1/tokens?expire_in_seconds=1800", Value::Null).await;
    let token = made.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(made.json()["expires_at"], visit.now() + 1_800);
    let ask = json!({ "model": "qwen-max", "messages": [{ "role": "user", "content": "a" }] });
    assert_eq!(posted(&visit, &token, CHAT, ask.clone()).await.status, 200);
    assert_eq!(posted(&visit, &token, "/api/v1/tokens", Value::Null).await.status, 403);
    let long = posted(&visit, "sk-right", "/api/v1/tokens?expire_in_seconds=1801", Value::Null).await;
    assert_eq!((long.status.as_u16(), &long.json()["code"]), (400, &"InvalidParameter".into()));
    visit.clock.advance(1_800);
    assert_eq!(posted(&visit, &token, CHAT, ask).await.status, 401);
}

#[tokio::test]
async fn what_is_wrong_is_said_in_either_dialect_and_no_key_is_written_down() {
    let visit = visit().await;
    let ask = json!({ "model": "none", "messages": [], "input": {} });
    for (key, target, status, code) in [
        ("sk-wrong", GENERATION, 401, "InvalidApiKey"),
        ("sk-right", GENERATION, 404, "ModelNotFound"),
        ("sk-right", "/api/v1/other", 404, "NotFound"),
        ("sk-wrong", CHAT, 401, "invalid_api_key"),
        ("sk-right", CHAT, 404, "model_not_found"),
    ] {
        let answer = posted(&visit, key, target, ask.clone()).await;
        let told = answer.json();
        let said = if target == CHAT { &told["error"]["code"] } else { &told["code"] };
        assert_eq!((answer.status.as_u16(), said), (status, &code.into()), "{told}");
        assert_eq!(told["request_id"], answer.header("x-request-id"));
    }
    let mut twice = request("POST", HOST, CHAT, "");
    for (name, value) in [("authorization", "Bearer sk-right"), ("x-api-key", "sk-dummy")] {
        twice.headers.push((name.to_owned(), value.as_bytes().to_vec()));
    }
    assert_eq!(visit.send(&twice).await.status, 401);
    let verdicts = visit.sandbox.verdicts();
    assert_eq!(verdicts[0].outcome, Outcome::Refused("InvalidApiKey".to_owned()));
    assert_eq!(verdicts[1].scheme, Some("API-KEY"));
    assert!(!format!("{verdicts:?}").contains("sk-right"), "{verdicts:?}");
}

#[tokio::test]
async fn models_are_listed() {
    let visit = visit().await;
    let mut heard = request("GET", HOST, "/compatible-mode/v1/models", "");
    heard.headers.push(("authorization".to_owned(), b"Bearer sk-right".to_vec()));
    assert_eq!(visit.send(&heard).await.json()["data"][1]["id"], "qwen-plus");
}
