//! Deleting many objects with one call.

use hyper::body::Incoming;

use super::multipart::{encoding, spelled};
use super::objects::Call;
use super::{buckets, malformed_xml, receive, xml_answer};
use crate::sandbox::answer::{Answer, Payload};
use crate::sandbox::element::Element;
use crate::sandbox::error::Error;

/// How many one call can name. From the reference of `DeleteMultipleObjects`.
const KEYS_MOST: usize = 1_000;

/// `DeleteMultipleObjects`. What is not there counts as deleted.
pub(super) async fn answer(call: Call<'_>, body: &mut Incoming) -> Result<Answer, Error> {
    if call.heard.header("content-md5").is_none() {
        let message = "Missing Some Required Arguments.";
        return Err(Error::new(400, "MissingArgument", message)
            .with("ArgumentName", "Content-MD5")
            .with("EC", "0016-00000606"));
    }
    let list = receive::list(call.heard, body).await?;
    let root = Element::read(&list).filter(|root| root.name == "Delete").ok_or_else(malformed_xml)?;
    let named = root.children.iter().filter(|child| child.name == "Object");
    let keys: Option<Vec<&str>> =
        named.map(|object| object.child("Key").filter(|key| !key.is_empty())).collect();
    let keys = keys.filter(|keys| (1..=KEYS_MOST).contains(&keys.len())).ok_or_else(malformed_xml)?;
    let mut buckets = call.cloud.store.buckets();
    let bucket = buckets::find_mut(&mut buckets, call.place, call.bucket)?;
    for key in &keys {
        bucket.objects.remove(key.as_bytes());
    }
    if root.child("Quiet").is_some_and(|quiet| quiet.trim() == "true") {
        return Ok(Answer::new(Payload::empty()));
    }
    let deleted =
        keys.iter().map(|key| format!("<Deleted><Key>{}</Key></Deleted>", spelled(call, key.as_bytes())));
    let deleted: String = deleted.collect();
    Ok(xml_answer(&format!("<DeleteResult>{}{deleted}</DeleteResult>", encoding(call))))
}
