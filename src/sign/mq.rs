//! `Authorization: MQ …`, the signature of RocketMQ 4 over HTTP. It is version 2 of [MNS](super::mns) in other words:
//! what is signed are the headers `x-mq-*`.
//!
//! ```text
//! StringToSign  = METHOD \n Content-MD5 \n Content-Type \n Date \n
//!                 name ":" value \n                 of each x-mq- header, sorted by name
//!                 path ["?" query]                  to the byte as they stand on the wire
//! Signature     = base64(HMAC-SHA1(AccessKeySecret, StringToSign))
//! Authorization = "MQ " AccessKeyId ":" Signature
//! ```
//!
//! As `mq-http-sdk` 1.0.3 and `@aliyunmq/mq-http-sdk` 1.0.4 have it.

use super::mns::{self, Covered, Form};
use super::{Identity, Key, Unsignable, Unsigned, Workspace};
use crate::names::Moment;
use crate::wire::{Field, Signed};

const MQ: Form = Form { word: b"MQ ", prefix: b"x-mq-", version: "x-mq-version", date: "x-mq-date" };

/// The signature, in base64. Leaves the string-to-sign in the workspace; this scheme has no canonical request.
pub fn signature<'a>(
    covered: Covered<'a, impl Iterator<Item = &'a Field<'a>>>,
    key: &Key,
    workspace: &mut Workspace,
) -> [u8; 28] {
    mns::signature_of(MQ, covered, key, workspace)
}

pub(super) fn sign(
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    work: (&mut Workspace, Vec<u8>),
) -> Result<Signed, Unsignable> {
    Ok(mns::sign_as(MQ, unsigned, identity, moment, work))
}
