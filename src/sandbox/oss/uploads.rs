//! Pages of what is under way: the parts of an upload, and the uploads of a bucket.

use super::listing::folded;
use super::multipart::{encoding, id, no_such_upload, spelled};
use super::objects::Call;
use super::store::Upload;
use super::{buckets, invalid_argument, xml_answer};
use crate::sandbox::answer::Answer;
use crate::sandbox::date;
use crate::sandbox::encode::xml;
use crate::sandbox::error::Error;
use crate::sandbox::heard::Heard;

/// How many entries a page holds unasked, and at the most. From the references of both calls.
const PAGE_MOST: usize = 1_000;

/// Every parameter of [`list`].
pub(super) const PARAMETERS: [&str; 7] =
    ["uploads", "prefix", "delimiter", "key-marker", "upload-id-marker", "max-uploads", "encoding-type"];

/// How many entries the caller wants.
fn most(heard: &Heard, name: &'static str) -> Result<usize, Error> {
    let Some(text) = heard.query_value(name).filter(|text| !text.is_empty()) else { return Ok(PAGE_MOST) };
    let number = text.parse().ok().filter(|number| (1..=PAGE_MOST).contains(number));
    number.ok_or_else(|| invalid_argument(name, &text, &format!("The {name} is invalid.")))
}

/// `ListParts`.
pub(super) fn parts(call: Call<'_>) -> Result<Answer, Error> {
    let most = most(call.heard, "max-parts")?;
    let text = call.heard.query_value("part-number-marker").unwrap_or_default();
    let marker: u16 = if text.is_empty() { Ok(0) } else { text.parse() }
        .map_err(|_| invalid_argument("part-number-marker", &text, "The part-number-marker is invalid."))?;
    let buckets = call.cloud.store.buckets();
    let bucket = buckets::find(&buckets, call.place, call.bucket)?;
    let upload = bucket.uploads.get(&id(call)).ok_or_else(|| no_such_upload(call))?;
    let mut behind = upload.parts.iter().filter(|(number, _)| **number > marker);
    let page: Vec<_> = behind.by_ref().take(most).collect();
    let more = behind.next().is_some();
    let listed = page.iter().map(|(number, part)| {
        format!(
            "<Part><PartNumber>{number}</PartNumber><LastModified>{}</LastModified><ETag>{}</ETag>\
             <HashCrc64ecma>{}</HashCrc64ecma><Size>{}</Size></Part>",
            date::iso_milliseconds(part.modified_at),
            xml(&part.etag()),
            part.crc64,
            part.content.length(),
        )
    });
    let next = page.last().map_or(marker, |(number, _)| **number);
    Ok(xml_answer(&format!(
        "<ListPartsResult>{}<Bucket>{}</Bucket><Key>{}</Key><UploadId>{}</UploadId>\
         <StorageClass>Standard</StorageClass><PartNumberMarker>{marker}</PartNumberMarker>\
         <NextPartNumberMarker>{next}</NextPartNumberMarker><MaxParts>{most}</MaxParts>\
         <IsTruncated>{more}</IsTruncated>{}</ListPartsResult>",
        encoding(call),
        call.bucket,
        spelled(call, call.key),
        xml(&id(call).1),
        listed.collect::<String>(),
    )))
}

/// `ListMultipartUploads`, on the bucket.
pub(super) fn list(call: Call<'_>) -> Result<Answer, Error> {
    let value = |name: &str| call.heard.query_value(name).unwrap_or_default();
    let most = most(call.heard, "max-uploads")?;
    let (prefix, delimiter) = (value("prefix").into_bytes(), value("delimiter").into_bytes());
    let (key_marker, id_marker) = (value("key-marker").into_bytes(), value("upload-id-marker"));
    let buckets = call.cloud.store.buckets();
    let bucket = buckets::find(&buckets, call.place, call.bucket)?;

    let (mut listed, mut count, mut more) = (String::new(), 0, false);
    let mut last: (Vec<u8>, String) = Default::default();
    for ((key, id), upload) in &bucket.uploads {
        let fold = folded(key, &prefix, &delimiter);
        let entry = fold.unwrap_or(key);
        // Without a marker of uploads, that of keys passes over all uploads of its key.
        let is_before = entry < key_marker.as_slice()
            || entry == key_marker && (id_marker.is_empty() || fold.is_some() || *id <= id_marker);
        let is_shown = fold.is_some_and(|fold| last.0 == fold);
        if !key.starts_with(&prefix) || is_before && !key_marker.is_empty() || is_shown {
            continue;
        }
        if count == most {
            more = true;
            break;
        }
        count += 1;
        listed.push_str(&match fold {
            Some(fold) => {
                format!("<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>", spelled(call, fold))
            }
            None => one(call, key, id, upload),
        });
        last = (entry.to_vec(), if fold.is_some() { String::new() } else { id.clone() });
    }
    let (next_key, next_id) = if more { last } else { Default::default() };
    Ok(xml_answer(&format!(
        "<ListMultipartUploadsResult>{}<Bucket>{}</Bucket><KeyMarker>{}</KeyMarker>\
         <UploadIdMarker>{}</UploadIdMarker><NextKeyMarker>{}</NextKeyMarker>\
         <NextUploadIdMarker>{next_id}</NextUploadIdMarker><Delimiter>{}</Delimiter><Prefix>{}</Prefix>\
         <MaxUploads>{most}</MaxUploads><IsTruncated>{more}</IsTruncated>{listed}</ListMultipartUploadsResult>",
        encoding(call),
        call.bucket,
        spelled(call, &key_marker),
        xml(&id_marker),
        spelled(call, &next_key),
        spelled(call, &delimiter),
        spelled(call, &prefix),
    )))
}

fn one(call: Call<'_>, key: &[u8], id: &str, upload: &Upload) -> String {
    format!(
        "<Upload><Key>{}</Key><UploadId>{id}</UploadId><StorageClass>Standard</StorageClass>\
         <Initiated>{}</Initiated></Upload>",
        spelled(call, key),
        date::iso_milliseconds(upload.initiated_at),
    )
}
