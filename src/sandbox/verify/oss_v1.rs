//! `Authorization: OSS ID:SIGNATURE`: OSS signature version 1, HMAC-SHA1.

use std::collections::BTreeMap;

use super::{Claim, Denial, Recipe};
use crate::names::Scheme;
use crate::sandbox::date;
use crate::sandbox::encode::path_decoded;
use crate::sandbox::heard::Heard;
use crate::sandbox::place::Place;

/// Parameters that name what is meant, and so are signed; those that begin with `x-oss-` are too. The cloud's own list is
/// not published: these are the names that official SDKs sign, those of several first, then those of one, then those that
/// go with one operation.
const SUB_RESOURCES: &str = "
    accessPoint accessPointPolicy acl append asyncFetch bucketArchiveDirectRead bucketInfo callback callback-var
    cloudboxes cname comp continuation-token cors delete encryption endTime group httpsConfig img inventory inventoryId
    lifecycle link live location logging metaQuery objectInfo objectMeta partNumber policy policyStatus position
    processConfiguration publicAccessBlock qos qosInfo qosRequester redundancyTransition referer regionList replication
    replicationLocation replicationProgress requestPayment requesterQosInfo resourceGroup resourcePool
    resourcePoolBuckets resourcePoolInfo response-cache-control response-content-disposition
    response-content-encoding response-content-language response-content-type response-expires responseHeader restore
    rtc security-token sequential startTime stat status style styleName symlink tagging transferAcceleration udf
    udfApplication udfApplicationLog udfImage udfImageDesc udfName uploadId uploads versionId versioning versions vod
    website worm wormExtend wormId
    accessPointConfigForObjectProcess accessPointForObjectProcess accessPointPolicyForObjectProcess cacheConfiguration
    chunkNumber chunkSize copy dataAccelerator dfs dfsadmin dfssecurity eventnotification partSize partUploadId
    redundancyProgress redundancyType regionsV2 reservedcapacity seal udfId userDefinedLogFieldsConfig userRegion
    verbose vip virtualBucket vpcip withHashContext
    MetaQuery action cleanRestoredObject dataPipeline legalHold metadataConfiguration metadataInventoryTable
    metadataJournalTable objectWorm overwriteConfig quota regions retention";

/// Reads the rest of the `Authorization` header.
pub(super) fn read(heard: &Heard, place: &Place, authorization: &str) -> Result<Claim, Denial> {
    let (access_key_id, signature) =
        authorization.split_once(':').ok_or(Denial::Malformed("Authorization header is invalid."))?;
    let own = heard.header("x-oss-date").filter(|stamp| !stamp.is_empty());
    let stamp = own.or_else(|| heard.header("date")).ok_or(Denial::Missing("Date"))?;
    Ok(Claim {
        scheme: Scheme::OssV1,
        access_key_id: access_key_id.to_owned(),
        security_token: heard.header("x-oss-security-token"),
        signed_at: date::from_gmt(&stamp).ok_or(Denial::BadDate("Date"))?,
        nonce: None,
        signature: signature.to_owned(),
        canonical_request: None,
        string_to_sign: string_to_sign(heard, place, &stamp),
        recipe: Recipe::Roa,
    })
}

/// METHOD, Content-MD5, Content-Type and the date on a line each, the `x-oss-` headers as sorted `name:value` lines, then
/// bucket, decoded key and decoded sub-resources, sorted by name, one without a value standing alone.
fn string_to_sign(heard: &Heard, place: &Place, stamp: &str) -> Vec<u8> {
    let mut text = heard.method.clone().into_bytes();
    for line in
        [heard.header_bytes("content-md5"), heard.header_bytes("content-type"), Some(stamp.as_bytes())]
    {
        text.push(b'\n');
        text.extend(line.unwrap_or_default());
    }
    text.push(b'\n');
    let mut headers: BTreeMap<&str, Vec<&[u8]>> = BTreeMap::new();
    for (name, value) in heard.headers.iter().filter(|(name, _)| name.starts_with("x-oss-")) {
        headers.entry(name).or_default().push(value.trim_ascii());
    }
    for (name, values) in headers {
        text.extend([name.as_bytes(), b":", &values.join(b",".as_slice()), b"\n"].concat());
    }
    if let Some(bucket) = &place.bucket {
        text.extend(format!("/{bucket}").into_bytes());
    }
    text.extend(path_decoded(&heard.path));
    let is_signed = |name: &[u8]| {
        name.starts_with(b"x-oss-") || SUB_RESOURCES.split_whitespace().any(|known| known.as_bytes() == name)
    };
    let mut named = heard.query_pairs();
    named.retain(|(name, _)| is_signed(name));
    named.sort();
    for (at, (name, value)) in named.into_iter().enumerate() {
        text.push(if at == 0 { b'?' } else { b'&' });
        text.extend(name);
        if !value.is_empty() {
            text.extend([b"=".as_slice(), &value].concat());
        }
    }
    text
}
