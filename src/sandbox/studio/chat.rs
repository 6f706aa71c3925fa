//! What the model says: what it was told last, whole or a few letters at a time.

use serde_json::{Value, json};

use super::{invalid, json_answer};
use crate::sandbox::answer::{Answer, Payload, text};
use crate::sandbox::error::Error;
use crate::sandbox::events::Events;
use crate::sandbox::heard::Heard;

/// The models that there are.
const MODELS: [&str; 3] = ["qwen-max", "qwen-plus", "qwen-turbo"];
/// How much of what it was told it repeats, in characters. It says no more than that, however often it is asked.
const TOLD_MOST: usize = 2_000;
/// In how many events it says it.
const EVENTS: usize = 4;

/// The list of models, in OpenAI's form and in Model Studio's own.
pub(super) fn models(is_compatible: bool, request_id: &str) -> Value {
    let entry = |id: &&str| json!({ "id": id, "object": "model", "created": 0, "owned_by": "system" });
    let models: Vec<Value> = MODELS.iter().map(entry).collect();
    if is_compatible {
        json!({ "object": "list", "data": models })
    } else {
        json!({ "request_id": request_id, "output": { "total": models.len(), "models": models } })
    }
}

/// What was asked.
struct Question {
    body: Value,
    model: String,
    told: String,
}

impl Question {
    fn read(heard: &Heard, messages: &str) -> Result<Self, Error> {
        let body: Value =
            serde_json::from_slice(&heard.body).map_err(|_| invalid("The body is no JSON object."))?;
        let model = body.get("model").and_then(Value::as_str).unwrap_or_default().to_owned();
        if model.is_empty() {
            return Err(invalid(
                "Required parameter(s) missing or invalid, please check the request parameters.",
            ));
        }
        if !MODELS.contains(&model.as_str()) {
            let message = format!("The model `{model}` does not exist or you do not have access to it.");
            return Err(Error::new(404, "ModelNotFound", &message));
        }
        let last = body.pointer(messages).and_then(Value::as_array).and_then(|messages| messages.last());
        let told = last.and_then(|message| message.get("content")).or_else(|| body.pointer("/input/prompt"));
        let told = match told {
            Some(Value::String(told)) => told.clone(),
            // Parts, of which the text counts.
            Some(Value::Array(parts)) => {
                parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).collect()
            }
            _ => return Err(invalid("Input should have messages with content.")),
        };
        Ok(Self { told: told.chars().take(TOLD_MOST).collect(), model, body })
    }

    /// What is said, in pieces.
    fn pieces(&self) -> Vec<String> {
        let said: Vec<char> = format!("You said: {}", self.told).chars().collect();
        said.chunks(said.len().div_ceil(EVENTS)).map(|piece| piece.iter().collect()).collect()
    }

    fn said(&self) -> String {
        self.pieces().concat()
    }

    fn is_set(&self, pointer: &str) -> bool {
        self.body.pointer(pointer).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A word of this model is a character: it counts what anybody can count.
    fn counts(&self) -> (usize, usize) {
        (self.told.chars().count(), self.said().chars().count())
    }
}

fn stream(events: impl IntoIterator<Item = String>) -> Answer {
    let mut answer = text(200, "text/event-stream;charset=UTF-8", String::new());
    *answer.body_mut() = Payload::Events(Events::new(events));
    answer
}

/// Model Studio's own dialect. Events hold all that was said so far, unless `incremental_output` is asked for.
pub(super) fn generation(heard: &Heard, request_id: &str) -> Result<Answer, Error> {
    let question = Question::read(heard, "/input/messages")?;
    let format = question.body.pointer("/parameters/result_format").and_then(Value::as_str);
    let is_message = format == Some("message");
    let (input, output) = question.counts();
    let said = |content: &str, reason: &str| {
        let said = if is_message {
            let message = json!({ "role": "assistant", "content": content });
            json!({ "choices": [{ "finish_reason": reason, "message": message }] })
        } else {
            json!({ "text": content, "finish_reason": reason })
        };
        let usage = json!({ "input_tokens": input, "output_tokens": output, "total_tokens": input + output });
        json!({ "output": said, "usage": usage, "request_id": request_id })
    };
    let accepts = heard.header("accept").is_some_and(|accept| accept.contains("text/event-stream"));
    if !accepts && heard.header("x-dashscope-sse").is_none_or(|value| value != "enable") {
        return Ok(json_answer(200, &said(&question.said(), "stop")));
    }
    let is_incremental = question.is_set("/parameters/incremental_output");
    let (pieces, mut so_far) = (question.pieces(), String::new());
    let last = pieces.len();
    let events = pieces.iter().enumerate().map(|(at, piece)| {
        so_far.push_str(piece);
        let content = if is_incremental { piece } else { &so_far };
        let data = said(content, if at + 1 == last { "stop" } else { "null" });
        format!("id:{}\nevent:result\n:HTTP_STATUS/200\ndata:{data}\n\n", at + 1)
    });
    Ok(stream(events.collect::<Vec<_>>()))
}

/// OpenAI's dialect.
pub(super) fn completions(heard: &Heard, request_id: &str, now: i64) -> Result<Answer, Error> {
    let question = Question::read(heard, "/messages")?;
    let (input, output) = question.counts();
    let usage =
        json!({ "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output });
    let id = format!("chatcmpl-{request_id}");
    let told = |object: &str, choices: Value, usage: &Value| json!({ "id": id, "object": object, "created": now, "model": question.model, "choices": choices, "usage": usage });
    if !question.is_set("/stream") {
        let message = json!({ "role": "assistant", "content": question.said() });
        let choices = json!([{ "index": 0, "message": message, "finish_reason": "stop", "logprobs": null }]);
        return Ok(json_answer(200, &told("chat.completion", choices, &usage)));
    }
    let pieces = question.pieces();
    let last = pieces.len();
    let mut events: Vec<String> = pieces
        .iter()
        .enumerate()
        .map(|(at, piece)| {
            let reason = if at + 1 == last { json!("stop") } else { Value::Null };
            let delta = json!({ "role": "assistant", "content": piece });
            let choices = json!([{ "index": 0, "delta": delta, "finish_reason": reason, "logprobs": null }]);
            format!("data: {}\n\n", told("chat.completion.chunk", choices, &Value::Null))
        })
        .collect();
    if question.is_set("/stream_options/include_usage") {
        events.push(format!("data: {}\n\n", told("chat.completion.chunk", json!([]), &usage)));
    }
    events.push("data: [DONE]\n\n".to_owned());
    Ok(stream(events))
}
