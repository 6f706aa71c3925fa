//! Where buckets and objects are kept: small ones in memory, large ones in nameless files.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::body::Bytes;
use md5::{Digest, Md5};

use super::crc64::Crc64;
use crate::sandbox::answer::Payload;
use crate::sandbox::encode::base64;

/// What stays in memory, in bytes. Past it an object goes to a file, so that a large upload shows in no measurement of
/// the proxy that shares the process.
const IN_MEMORY: usize = 1024 * 1024;

/// All buckets, by name.
#[derive(Debug)]
pub(crate) struct Store {
    buckets: Mutex<BTreeMap<String, Bucket>>,
    scratch: PathBuf,
    files: AtomicU64,
}

/// One bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) region: String,
    /// Since 1970, in whole seconds.
    pub(super) created_at: i64,
    /// By key. Keys are bytes, and sort as bytes.
    pub(super) objects: BTreeMap<Vec<u8>, Arc<Object>>,
}

/// One object. Never changed: a new upload is a new object.
#[derive(Debug)]
pub(super) struct Object {
    content: Content,
    pub(super) length: u64,
    pub(super) md5: Vec<u8>,
    pub(super) crc64: u64,
    /// Since 1970, in whole seconds.
    pub(super) modified_at: i64,
    /// What the upload asked to be sent with the object: its type, its `x-oss-meta-*`.
    pub(super) headers: Vec<(String, Vec<u8>)>,
}

#[derive(Clone, Debug)]
enum Content {
    Memory(Bytes),
    File(Arc<File>),
}

impl Store {
    /// An empty store that keeps its large objects in files of this directory.
    pub(crate) fn new(scratch: PathBuf) -> Self {
        Self { buckets: Mutex::default(), scratch, files: AtomicU64::new(0) }
    }

    /// All buckets, to read or to change.
    pub(super) fn buckets(&self) -> MutexGuard<'_, BTreeMap<String, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a bucket, unless it is there. False when it is there in another region.
    pub(crate) fn create(&self, name: &str, region: &str, now: i64) -> bool {
        let fresh = Bucket { region: region.to_owned(), created_at: now, objects: BTreeMap::new() };
        self.buckets().entry(name.to_owned()).or_insert(fresh).region == region
    }

    /// A file that has no name: it is gone when the last reader of its object is.
    fn file(&self) -> io::Result<File> {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        let path = self.scratch.join(format!("countersign-sandbox-{}-{number}", std::process::id()));
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        std::fs::remove_file(&path)?;
        Ok(file)
    }
}

/// An object on its way in.
pub(super) struct Upload<'a> {
    store: &'a Store,
    memory: Vec<u8>,
    file: Option<File>,
    length: u64,
    md5: Md5,
    crc64: Crc64,
}

impl<'a> Upload<'a> {
    pub(super) fn new(store: &'a Store) -> Self {
        Self { store, memory: Vec::new(), file: None, length: 0, md5: Md5::new(), crc64: Crc64::new() }
    }

    /// Takes the next bytes. Writes block for as long as the page cache takes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.md5.update(bytes);
        self.crc64.update(bytes);
        self.length += bytes.len() as u64;
        if let Some(file) = &mut self.file {
            return file.write_all(bytes);
        }
        self.memory.extend_from_slice(bytes);
        if self.memory.len() > IN_MEMORY {
            let mut file = self.store.file()?;
            file.write_all(&self.memory)?;
            (self.memory, self.file) = (Vec::new(), Some(file));
        }
        Ok(())
    }

    /// Ends the upload.
    pub(super) fn finish(self, modified_at: i64, headers: Vec<(String, Vec<u8>)>) -> Object {
        let content = match self.file {
            Some(file) => Content::File(Arc::new(file)),
            None => Content::Memory(Bytes::from(self.memory)),
        };
        let md5 = self.md5.finalize().to_vec();
        Object { content, length: self.length, md5, crc64: self.crc64.value(), modified_at, headers }
    }
}

impl Object {
    /// The MD5 of the content in upper-case hexadecimal, in quotation marks.
    pub(super) fn etag(&self) -> String {
        format!("\"{}\"", crate::sandbox::encode::hex(&self.md5).to_uppercase())
    }

    /// The MD5 as `Content-MD5` spells it.
    pub(super) fn content_md5(&self) -> String {
        base64(&self.md5)
    }

    /// So many bytes of the content from an offset. Both lie within it.
    pub(super) fn read(&self, from: u64, length: u64) -> Payload {
        match &self.content {
            Content::File(file) => Payload::Stretch { file: file.clone(), from, left: length },
            Content::Memory(bytes) => {
                let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                Payload::Whole(bytes.slice(at(from)..at(from.saturating_add(length))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_object_leaves_no_name_behind() {
        let scratch = std::env::temp_dir().join(format!("countersign-store-test-{}", std::process::id()));
        std::fs::create_dir_all(&scratch).unwrap();
        let store = Store::new(scratch.clone());
        let mut upload = Upload::new(&store);
        for _ in 0..5 {
            upload.push(&vec![7; IN_MEMORY / 2]).unwrap();
        }
        let object = upload.finish(0, Vec::new());
        assert!(matches!(object.content, Content::File(_)));
        assert_eq!(object.length, 5 * IN_MEMORY as u64 / 2);
        assert_eq!(std::fs::read_dir(&scratch).unwrap().count(), 0);
        std::fs::remove_dir(&scratch).unwrap();
    }
}
