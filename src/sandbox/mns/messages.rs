//! Messages: sent, received with long polling, looked at, hidden for longer, deleted.

use super::Call;
use super::dialect::{MNS, element};
use super::queue::{Message, milliseconds, within};
use super::queues::{BYTES_MOST, MESSAGES_MOST, document, empty, queue};
use crate::sandbox::answer::Answer;
use crate::sandbox::digest::md5;
use crate::sandbox::element::Element;
use crate::sandbox::encode::hex;
use crate::sandbox::error::Error;
use crate::sandbox::polling::{Look, poll};

/// How many messages one call can send, receive or delete. From the reference of `BatchSendMessage`.
const BATCH_MOST: i64 = 16;
/// How long a receiver can wait, in seconds. From the reference of `ReceiveMessage`.
const WAIT_MOST: i64 = 30;

/// `SendMessage`, and `BatchSendMessage` where the document holds several.
pub(super) fn send(call: &Call<'_>, name: &str) -> Result<Answer, Error> {
    let document = document(call)?.ok_or_else(|| malformed("there is no message"))?;
    let is_batch = document.name == "Messages";
    let given = if is_batch { document.children.as_slice() } else { std::slice::from_ref(&document) };
    if given.is_empty() || given.iter().any(|message| message.name != "Message") {
        return Err(malformed("a Message is wanted"));
    }
    if given.len() > 16 {
        return Err(malformed("there are more than 16 messages"));
    }
    let now = call.now();
    let mut queues = call.cloud.mns.queues();
    let held = queues.values().flat_map(|queue| &queue.messages);
    let (count, bytes) = held.fold((0, 0), |(count, bytes), message| (count + 1, bytes + message.size()));
    let queue = queue(&mut queues, call, name)?;
    let attributes = queue.attributes.clone();
    let given: Vec<Message> = given
        .iter()
        .map(|given| message(call, given, (attributes.delay, attributes.message_bytes_most)))
        .collect::<Result<_, _>>()?;
    let more: usize = given.iter().map(Message::size).sum();
    if count + given.len() > MESSAGES_MOST || bytes + more > BYTES_MOST {
        let message = "The sandbox holds as many messages as it can.";
        return Err(Error::new(503, "ServiceUnavailable", message));
    }
    let mut elements = String::new();
    for message in &given {
        let told = [element("MessageId", &message.id), element("MessageBodyMD5", &message.body_md5)].concat();
        elements.push_str(&if is_batch { format!("<Message>{told}</Message>") } else { told });
    }
    queue.messages.extend(given);
    queue.changed = now;
    queue.arrivals.send_replace(());
    Ok(MNS.document(201, &document.name, &elements))
}

/// A message of a document, with the queue's delay unless it has its own.
fn message(call: &Call<'_>, given: &Element, (delay, bytes_most): (i64, i64)) -> Result<Message, Error> {
    let body = given.child("MessageBody").ok_or_else(|| malformed("MessageBody is missing"))?;
    if i64::try_from(body.len()).unwrap_or(i64::MAX) > bytes_most {
        let message = format!("The value of MessageBody should between 1 and {bytes_most} seconds/bytes.");
        return Err(Error::new(400, "InvalidArgument", &message));
    }
    let number = |name: &str, usual: i64, low: i64, high: i64| match given.child(name) {
        Some(text) => within(name, text, low, high),
        None => Ok(usual),
    };
    let is_property = |child: &&Element| matches!(child.name.as_str(), "UserProperties" | "SystemProperties");
    let (now, delay) = (call.now(), number("DelaySeconds", delay, 0, 604_800)?);
    Ok(Message {
        id: hex(&call.cloud.random(16)).to_uppercase(),
        body: body.to_owned(),
        body_md5: hex(&md5(body.as_bytes())).to_uppercase(),
        properties: given.children.iter().filter(is_property).map(ToString::to_string).collect(),
        priority: number("Priority", 8, 1, 16)?,
        sent: now,
        first_received: None,
        received: 0,
        visible_at: now + delay,
        handle: None,
    })
}

/// `ReceiveMessage` and `BatchReceiveMessage`: what is visible, or else the first that becomes it within the time that the
/// caller, or the queue, is willing to wait.
pub(super) async fn receive(call: &Call<'_>, name: &str) -> Result<Answer, Error> {
    let count = batch(call)?;
    let wait = match call.parameter("waitseconds") {
        Some(text) => Some(within("waitseconds", &text, 0, WAIT_MOST)?),
        None => None,
    };
    let taken = poll(wait, || {
        let mut queues = call.cloud.mns.queues();
        let queue = queue(&mut queues, call, name)?;
        let (visibility, now) = (queue.attributes.visibility, call.now());
        let taken: Vec<String> = queue
            .visible(now, usize::try_from(count.unwrap_or(1)).unwrap_or(1))
            .into_iter()
            .map(|message| take(call, message, now + visibility))
            .collect();
        if !taken.is_empty() {
            return Ok(Look::Found(taken));
        }
        Ok(Look::Nothing {
            arrivals: queue.arrivals.subscribe(),
            next: queue.next_visible(now).map(|at| at - now),
            usual: queue.attributes.polling_wait,
        })
    });
    Ok(answer(count, &taken.await?.ok_or_else(no_message)?))
}

fn take(call: &Call<'_>, message: &mut Message, visible_at: i64) -> String {
    message.received += 1;
    message.first_received.get_or_insert_with(|| call.now());
    message.visible_at = visible_at;
    message.handle = Some(format!("{}-{}", message.priority, call.cloud.letters(32)));
    message.elements_received()
}

/// `PeekMessage` and `BatchPeekMessage`: everything stays as it was.
pub(super) fn peek(call: &Call<'_>, name: &str) -> Result<Answer, Error> {
    let count = batch(call)?;
    let mut queues = call.cloud.mns.queues();
    let visible =
        queue(&mut queues, call, name)?.visible(call.now(), usize::try_from(count.unwrap_or(1)).unwrap_or(1));
    let seen: Vec<String> = visible.into_iter().map(|message| message.elements()).collect();
    if seen.is_empty() { Err(no_message()) } else { Ok(answer(count, &seen)) }
}

/// `DeleteMessage`.
pub(super) fn delete(call: &Call<'_>, name: &str) -> Result<Answer, Error> {
    let handle = call.parameter("ReceiptHandle").unwrap_or_default();
    let mut queues = call.cloud.mns.queues();
    let queue = queue(&mut queues, call, name)?;
    let at = queue.held_by(&handle, call.now())?;
    queue.messages.remove(at);
    Ok(empty(204))
}

/// `BatchDeleteMessage`: what can be deleted is, and an answer with errors names the rest.
pub(super) fn delete_many(call: &Call<'_>, name: &str) -> Result<Answer, Error> {
    let document = document(call)?.filter(|document| document.name == "ReceiptHandles");
    let handles = document.ok_or_else(|| malformed("ReceiptHandles is wanted"))?.children;
    let mut queues = call.cloud.mns.queues();
    let queue = queue(&mut queues, call, name)?;
    let mut errors = String::new();
    for handle in &handles {
        match queue.held_by(&handle.text, call.now()) {
            Ok(at) => drop(queue.messages.remove(at)),
            Err(error) => {
                let told = [
                    element("ErrorCode", &error.code),
                    element("ErrorMessage", &error.message),
                    element("ReceiptHandle", &handle.text),
                ];
                errors.push_str(&format!("<Error>{}</Error>", told.concat()));
            }
        }
    }
    if errors.is_empty() { Ok(empty(204)) } else { Ok(MNS.document(404, "Errors", &errors)) }
}

/// `ChangeMessageVisibility`: hidden for so long from now on, under another handle.
pub(super) fn change_visibility(call: &Call<'_>, name: &str) -> Result<Answer, Error> {
    let Some(handle) = call.parameter("ReceiptHandle") else {
        return Err(Error::new(400, "MissingReceiptHandle", "ReceiptHandle is required."));
    };
    let Some(timeout) = call.parameter("VisibilityTimeout") else {
        return Err(Error::new(400, "MissingVisibilityTimeout", "VisibilityTimeout is required."));
    };
    let timeout = within("VisibilityTimeout", &timeout, 1, 43_200)?;
    let now = call.now();
    let mut queues = call.cloud.mns.queues();
    let queue = queue(&mut queues, call, name)?;
    let at = queue.held_by(&handle, now)?;
    let message = queue.messages.get_mut(at).ok_or_else(no_message)?;
    message.visible_at = now + timeout;
    let handle = format!("{}-{}", message.priority, call.cloud.letters(32));
    message.handle = Some(handle.clone());
    let elements =
        [element("ReceiptHandle", &handle), element("NextVisibleTime", &milliseconds(now + timeout))];
    Ok(MNS.document(200, "ChangeVisibility", &elements.concat()))
}

/// How many messages were asked for. None: one, and not as a list.
fn batch(call: &Call<'_>) -> Result<Option<i64>, Error> {
    call.parameter("numOfMessages").map(|text| within("numOfMessages", &text, 1, BATCH_MOST)).transpose()
}

fn answer(count: Option<i64>, messages: &[String]) -> Answer {
    match count {
        None => MNS.document(200, "Message", &messages.concat()),
        Some(_) => {
            let listed: Vec<String> =
                messages.iter().map(|message| format!("<Message>{message}</Message>")).collect();
            MNS.document(200, "Messages", &listed.concat())
        }
    }
}

fn no_message() -> Error {
    Error::new(404, "MessageNotExist", "Message not exist.")
}

fn malformed(why: &str) -> Error {
    let message =
        format!("The XML you provided did not validate against our published schema, cause by {why}.");
    Error::new(400, "InvalidArgument", &message)
}
