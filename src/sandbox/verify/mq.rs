//! `MQ ID:SIGNATURE`: RocketMQ over HTTP, which signs as version 2 of MNS does, with headers of its own.

use super::authorization::authorization;
use super::{Claim, Denial, mns};
use crate::names::Scheme;
use crate::sandbox::heard::Heard;

/// Reads the one `Authorization` header.
pub(super) fn read(heard: &Heard) -> Result<Option<Claim>, Denial> {
    match authorization(heard)? {
        None => Ok(None),
        Some((scheme, rest)) if scheme == "MQ" => {
            mns::version_2(heard, &rest, ("x-mq-", Scheme::MqHttp)).map(Some)
        }
        Some(_) => Err(Denial::Malformed("this scheme is not known at this host")),
    }
}
