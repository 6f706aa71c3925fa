//! Which buckets there are, and what is in them.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::scratch::{Content, STORAGE_MOST, Scratch};
use crate::sandbox::encode::{base64, hex};
use crate::sandbox::error::Error;

/// Buckets at the most. An account's own limit in a region.
const BUCKETS_MOST: usize = 100;

/// Objects of a bucket, and its uploads in parts that are under way, at the most: what is known of each is in memory.
const OBJECTS_MOST: usize = 100_000;
const UPLOADS_MOST: usize = 1_000;

/// All buckets, by name.
#[derive(Debug)]
pub(crate) struct Store {
    buckets: Mutex<BTreeMap<String, Bucket>>,
    pub(super) scratch: Arc<Scratch>,
}

/// One bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) region: String,
    /// Since 1970, in whole seconds.
    pub(super) created_at: i64,
    /// By key. Keys are bytes, and sort as bytes.
    pub(super) objects: BTreeMap<Vec<u8>, Arc<Object>>,
    /// Uploads in parts, by key and id.
    pub(super) uploads: BTreeMap<(Vec<u8>, String), Upload>,
}

/// How an object came to be, which decides what can be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Normal,
    Multipart,
    Appendable,
}

impl Kind {
    /// As `x-oss-object-type` and listings have it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Multipart => "Multipart",
            Self::Appendable => "Appendable",
        }
    }
}

/// One object. Never changed: a new upload is a new object.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) kind: Kind,
    pub(super) content: Content,
    /// In quotation marks.
    pub(super) etag: String,
    /// None where the object did not come in one piece.
    pub(super) md5: Option<Vec<u8>>,
    pub(super) crc64: u64,
    /// Since 1970, in whole seconds.
    pub(super) modified_at: i64,
    /// What the upload asked to be sent with the object: its type, its `x-oss-meta-*`.
    pub(super) headers: Vec<(String, Vec<u8>)>,
}

/// An upload in parts that is under way.
#[derive(Debug)]
pub(super) struct Upload {
    /// Since 1970, in whole seconds.
    pub(super) initiated_at: i64,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    /// By number.
    pub(super) parts: BTreeMap<u16, Part>,
}

/// One part.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) content: Content,
    pub(super) md5: Vec<u8>,
    pub(super) crc64: u64,
    pub(super) modified_at: i64,
}

impl Part {
    /// The MD5 in upper-case hexadecimal, in quotation marks.
    pub(super) fn etag(&self) -> String {
        etag(&self.md5)
    }
}

/// The ETag of what came in one piece.
pub(super) fn etag(md5: &[u8]) -> String {
    format!("\"{}\"", hex(md5).to_uppercase())
}

impl Object {
    /// The MD5 as `Content-MD5` spells it.
    pub(super) fn content_md5(&self) -> Option<String> {
        self.md5.as_deref().map(base64)
    }
}

impl Store {
    /// An empty store that keeps its bytes in a file of this directory.
    ///
    /// # Errors
    /// When the directory takes no file.
    pub(crate) fn new(directory: &Path) -> io::Result<Self> {
        Ok(Self { buckets: Mutex::default(), scratch: Scratch::create(directory, STORAGE_MOST)? })
    }

    /// All buckets, to read or to change.
    pub(super) fn buckets(&self) -> MutexGuard<'_, BTreeMap<String, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a bucket, unless it is there.
    ///
    /// # Errors
    /// When no bucket can have that name, it is there in another region, or one more would be too many.
    pub(crate) fn create(&self, name: &str, region: &str, now: i64) -> Result<(), Error> {
        if !is_bucket_name(name) {
            return Err(Error::new(400, "InvalidBucketName", "The specified bucket is not valid.")
                .with("BucketName", name));
        }
        let mut buckets = self.buckets();
        if buckets.len() >= BUCKETS_MOST && !buckets.contains_key(name) {
            let message = "You have attempted to create more buckets than allowed.";
            return Err(Error::new(400, "TooManyBuckets", message));
        }
        let fresh = Bucket {
            region: region.to_owned(),
            created_at: now,
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
        };
        if buckets.entry(name.to_owned()).or_insert(fresh).region == region {
            return Ok(());
        }
        let message = "The requested bucket name is not available in this region.";
        Err(Error::new(409, "BucketAlreadyExists", message).with("BucketName", name))
    }
}

/// From "Bucket naming conventions".
fn is_bucket_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let ends_plain = !name.starts_with('-') && !name.ends_with('-');
    (3..=63).contains(&name.len()) && name.bytes().all(is_plain) && ends_plain
}

impl Bucket {
    /// Puts an object in the place of whatever has its key.
    ///
    /// # Errors
    /// When one more would be too many.
    pub(super) fn insert(&mut self, key: Vec<u8>, object: Object) -> Result<(), Error> {
        if self.objects.len() >= OBJECTS_MOST && !self.objects.contains_key(&key) {
            return Err(full(&format!("{OBJECTS_MOST} objects in a bucket")));
        }
        self.objects.insert(key, Arc::new(object));
        Ok(())
    }

    /// Begins an upload in parts.
    ///
    /// # Errors
    /// When one more would be too many.
    pub(super) fn begin(&mut self, key: Vec<u8>, id: String, upload: Upload) -> Result<(), Error> {
        if self.uploads.len() >= UPLOADS_MOST {
            return Err(full(&format!("{UPLOADS_MOST} unfinished uploads in a bucket")));
        }
        self.uploads.insert((key, id), upload);
        Ok(())
    }
}

/// A bound of the sandbox's own: OSS has none that an account would meet.
pub(super) fn full(bound: &str) -> Error {
    let message = format!("The sandbox keeps no more than {bound}; delete some, or start it anew.");
    Error::new(403, "QuotaExceeded", &message)
}
