//! `PostLogStoreLogs`, which SDKs call PutLogs: a log group, packed or not, into one shard.

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use super::Call;
use super::dialect::done;
use super::log_group;
use super::logstores::begin_key;
use super::store::{BYTES_MOST, LOG_GROUPS_MOST, LogGroup, Logstore};
use crate::sandbox::answer::Answer;
use crate::sandbox::error::Error;
use crate::sandbox::lz4;

/// How large a log group can be, unpacked: what Python's SDK sends at most.
const GROUP_BYTES_MOST: usize = 30 * 1024 * 1024;

/// To a shard by its turn (`lb`), by a key (`route`), or by its id.
pub(super) fn put(call: &Call<'_>, name: &str, shard: &str) -> Result<Answer, Error> {
    let bytes = plain(call)?;
    if !log_group::is_one(&bytes) {
        return Err(Error::new(400, "PostBodyInvalid", "Protobuffer content cannot be parsed."));
    }
    let received = call.now();
    let mut projects = call.cloud.sls.projects();
    let (count, held) = projects.held();
    let logstore = projects.logstore(call, name)?;
    let id = match shard {
        "lb" => by_turn(logstore),
        "route" => by_key(call, logstore)?,
        id => id.to_owned(),
    };
    if count >= LOG_GROUPS_MOST || held + bytes.len() > BYTES_MOST {
        return Err(Error::new(403, "WriteQuotaExceed", "The sandbox holds as many logs as it can."));
    }
    let size = bytes.len();
    logstore.shard(&id)?.0.push(LogGroup { received, bytes: bytes.into() });
    logstore.bytes += size;
    Ok(done())
}

fn by_turn(logstore: &mut Logstore) -> String {
    logstore.turn = (logstore.turn + 1) % logstore.shards.len().max(1);
    logstore.turn.to_string()
}

/// The shard that has the key, an MD5 sum.
fn by_key(call: &Call<'_>, logstore: &Logstore) -> Result<String, Error> {
    let key = call.parameter("key").unwrap_or_default().to_ascii_lowercase();
    if key.len() != 32 || !key.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(Error::new(400, "InvalidHashKey", "key is 32 hexadecimal digits"));
    }
    let count = logstore.shards.len();
    let own = (0..count).rev().find(|id| begin_key(*id, count) <= key).unwrap_or(0);
    Ok(own.to_string())
}

/// The body as it was before it was packed. The codes are from "Common error codes" and `PostLogStoreLogs`.
fn plain(call: &Call<'_>) -> Result<Vec<u8>, Error> {
    let heard = call.heard;
    let kind = heard.header("content-type").unwrap_or_default();
    if kind.is_empty() {
        let message = "Content-Type does not exist in http header when body is not empty.";
        return Err(Error::new(400, "MissingContentType", message));
    }
    if kind != "application/x-protobuf" {
        return Err(Error::new(415, "InvalidContentType", &format!("Content-Type {kind} is unsupported.")));
    }
    let size = heard.header("x-log-bodyrawsize").ok_or_else(|| {
        let message = "x-log-bodyrawsize does not exist in header when it is necessary.";
        Error::new(400, "MissingBodyRawSize", message)
    })?;
    let bad_size = || Error::new(400, "InvalidBodyRawSize", "x-log-bodyrawsize is invalid.");
    let size: usize = size.parse().map_err(|_| bad_size())?;
    if size > GROUP_BYTES_MOST {
        return Err(Error::new(400, "PostBodyTooLarge", "The body is larger than 30 MiB."));
    }
    let kind = heard.header("x-log-compresstype").unwrap_or_default();
    let body = &heard.body;
    let plain = match kind.as_str() {
        "" => Some(body.clone()),
        "lz4" => lz4::unpacked(body, size),
        "deflate" => decompress_to_vec_zlib_with_limit(body, size).ok(),
        other => {
            let message = format!("x-log-compresstype {other} is unsupported.");
            return Err(Error::new(400, "InvalidCompressType", &message));
        }
    };
    match plain {
        Some(plain) if plain.len() == size => Ok(plain),
        // It is what it says of itself that is wrong.
        Some(_) => Err(bad_size()),
        None => Err(Error::new(400, "PostBodyUncompressError", "The body cannot be uncompressed.")),
    }
}
