//! Calls without a bucket and on one: list, make, describe, delete.

use std::collections::BTreeMap;

use hyper::body::Incoming;

use super::objects::Call;
use super::store::Bucket;
use super::{OWNER, delete, invalid_argument, listing, not_played, uploads, xml_answer};
use crate::sandbox::answer::{Answer, Payload, text};
use crate::sandbox::cloud::Cloud;
use crate::sandbox::date;
use crate::sandbox::encode::xml;
use crate::sandbox::error::Error;
use crate::sandbox::heard::Heard;
use crate::sandbox::place::Place;

/// How many buckets a page holds unasked, and at the most. From the reference of `ListBuckets`.
const PAGE_USUAL: usize = 100;
const PAGE_MOST: usize = 1_000;

/// A call without a bucket in the host name.
pub(super) fn without_a_bucket(cloud: &Cloud, heard: &Heard) -> Result<Answer, Error> {
    if heard.path != "/" {
        let message =
            "The bucket you are attempting to access must be addressed using OSS third level domain.";
        return Err(Error::new(403, "SecondLevelDomainForbidden", message).with("EC", "0003-00000601"));
    }
    if heard.method != "GET" {
        return Err(not_played());
    }
    let value = |name: &str| heard.query_value(name).unwrap_or_default();
    let (prefix, marker) = (value("prefix"), value("marker"));
    let most = match value("max-keys").as_str() {
        "" => PAGE_USUAL,
        text => text
            .parse()
            .ok()
            .filter(|number| (1..=PAGE_MOST).contains(number))
            .ok_or_else(|| invalid_argument("max-keys", text, "The max-keys is invalid."))?,
    };
    let buckets = cloud.store.buckets();
    // A regional endpoint shows the buckets of all regions, as the real one does.
    let mut found = buckets.iter().filter(|(name, _)| name.starts_with(&prefix) && **name > marker);
    let page: Vec<(&String, &Bucket)> = found.by_ref().take(most).collect();
    let more = found.next().is_some();
    let next = page.last().filter(|_| more).map(|(name, _)| format!("<NextMarker>{name}</NextMarker>"));
    let listed: String = page.iter().map(|(name, bucket)| summary(name, bucket)).collect();
    Ok(xml_answer(&format!(
        "<ListAllMyBucketsResult>{OWNER}<Prefix>{}</Prefix><Marker>{}</Marker><MaxKeys>{most}</MaxKeys>\
         <IsTruncated>{more}</IsTruncated>{}<Buckets>{listed}</Buckets></ListAllMyBucketsResult>",
        xml(&prefix),
        xml(&marker),
        next.unwrap_or_default(),
    )))
}

fn summary(name: &str, bucket: &Bucket) -> String {
    format!("<Bucket>{}</Bucket>", facts(name, bucket))
}

fn facts(name: &str, bucket: &Bucket) -> String {
    let region = &bucket.region;
    format!(
        "<Name>{name}</Name><Location>oss-{region}</Location><Region>{region}</Region>\
         <CreationDate>{}</CreationDate><StorageClass>Standard</StorageClass>\
         <ExtranetEndpoint>oss-{region}.aliyuncs.com</ExtranetEndpoint>\
         <IntranetEndpoint>oss-{region}-internal.aliyuncs.com</IntranetEndpoint>",
        date::iso_milliseconds(bucket.created_at),
    )
}

/// A call on a bucket.
pub(super) async fn answer(call: Call<'_>, body: &mut Incoming) -> Result<Answer, Error> {
    let Call { cloud, place, bucket: name, heard, .. } = call;
    let asked: Vec<String> =
        heard.query_pairs().iter().map(|(name, _)| String::from_utf8_lossy(name).into_owned()).collect();
    let has = |name: &str| asked.iter().any(|asked| asked == name);
    let is_all_of = |known: &[&str]| asked.iter().all(|name| known.contains(&name.as_str()));
    match heard.method.as_str() {
        "PUT" if asked.is_empty() => create(cloud, place, name),
        "DELETE" if asked.is_empty() => delete(cloud, place, name),
        "HEAD" if asked.is_empty() => {
            find(&cloud.store.buckets(), place, name).map(|_| Answer::new(Payload::empty()))
        }
        "POST" if has("delete") && is_all_of(&["delete", "encoding-type"]) => {
            delete::answer(call, body).await
        }
        "GET" if has("uploads") && is_all_of(&uploads::PARAMETERS) => uploads::list(call),
        "GET" if is_all_of(&listing::PARAMETERS) => {
            let buckets = cloud.store.buckets();
            listing::answer(name, &find(&buckets, place, name)?.objects, heard)
                .map(|body| text(200, "application/xml", body))
        }
        "GET" => describe(name, find(&cloud.store.buckets(), place, name)?, &asked),
        _ => Err(not_played()),
    }
}

/// One of the calls that tell a bucket's facts.
fn describe(name: &str, bucket: &Bucket, asked: &[String]) -> Result<Answer, Error> {
    let acl = "<AccessControlList><Grant>private</Grant></AccessControlList>";
    let body = match asked.first().map(String::as_str) {
        Some("location") => format!("<LocationConstraint>oss-{}</LocationConstraint>", bucket.region),
        Some("bucketInfo") => format!(
            "<BucketInfo><Bucket>{}{OWNER}<DataRedundancyType>LRS</DataRedundancyType>{acl}</Bucket></BucketInfo>",
            facts(name, bucket)
        ),
        Some("acl") => format!("<AccessControlPolicy>{OWNER}{acl}</AccessControlPolicy>"),
        Some("stat") => {
            let parts: usize = bucket.uploads.values().map(|upload| upload.parts.len()).sum();
            let bytes: u64 = bucket.objects.values().map(|object| object.content.length()).sum();
            format!(
                "<BucketStat><Storage>{bytes}</Storage><ObjectCount>{}</ObjectCount>\
                 <MultipartUploadCount>{}</MultipartUploadCount><MultipartPartCount>{parts}</MultipartPartCount>\
                 </BucketStat>",
                bucket.objects.len(),
                bucket.uploads.len(),
            )
        }
        _ => return Err(not_played()),
    };
    Ok(xml_answer(&body))
}

fn create(cloud: &Cloud, place: &Place, name: &str) -> Result<Answer, Error> {
    // The acceleration hosts name no region; OSS makes no bucket there, and neither does this.
    let region = place.region.as_deref().ok_or_else(not_played)?;
    cloud.store.create(name, region, cloud.now())?;
    Ok(Answer::new(Payload::empty()))
}

fn delete(cloud: &Cloud, place: &Place, name: &str) -> Result<Answer, Error> {
    let mut buckets = cloud.store.buckets();
    let bucket = find(&buckets, place, name)?;
    if !bucket.objects.is_empty() || !bucket.uploads.is_empty() {
        let message = "The bucket has objects or unfinished uploads. Please delete them first.";
        return Err(Error::new(409, "BucketNotEmpty", message).with("BucketName", name));
    }
    buckets.remove(name);
    let mut answer = Answer::new(Payload::empty());
    *answer.status_mut() = hyper::StatusCode::NO_CONTENT;
    Ok(answer)
}

/// The bucket, if it is there and this host leads to it.
pub(super) fn find<'a>(
    buckets: &'a BTreeMap<String, Bucket>,
    place: &Place,
    name: &str,
) -> Result<&'a Bucket, Error> {
    let absent = || {
        Error::new(404, "NoSuchBucket", "The specified bucket does not exist.")
            .with("BucketName", name)
            .with("EC", "0015-00000101")
    };
    let bucket = buckets.get(name).ok_or_else(absent)?;
    if place.region.as_ref().is_some_and(|region| *region != bucket.region) {
        let message = "The bucket you are attempting to access must be addressed using the specified endpoint. \
                       Please send all future requests to this endpoint.";
        return Err(Error::new(403, "AccessDenied", message)
            .with("Bucket", name)
            .with("Endpoint", &format!("oss-{}.aliyuncs.com", bucket.region))
            .with("EC", "0003-00001403"));
    }
    Ok(bucket)
}

/// The same, to be changed.
pub(super) fn find_mut<'a>(
    buckets: &'a mut BTreeMap<String, Bucket>,
    place: &Place,
    name: &str,
) -> Result<&'a mut Bucket, Error> {
    find(buckets, place, name)?;
    // It was there a moment ago, under the same lock.
    buckets.get_mut(name).ok_or_else(not_played)
}
