//! Where bytes are kept: one nameless file, cut into blocks, so that objects of any size cost neither memory nor
//! open files.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hyper::body::Bytes;

/// The size of a block, in bytes. The last one of an object is mostly not filled.
const BLOCK: u64 = 64 * 1024;

/// The most that all objects and parts together can be, in bytes, each counted in whole blocks.
pub(super) const STORAGE_MOST: u64 = 16 * 1024 * 1024 * 1024;

/// The file, and which of its blocks are free.
#[derive(Debug)]
pub(crate) struct Scratch {
    file: File,
    blocks: Mutex<Blocks>,
}

#[derive(Debug)]
struct Blocks {
    /// Given back, to be used again.
    free: Vec<u32>,
    /// The first that was never used.
    fresh: u32,
    most: u32,
}

/// Why a byte could not be kept.
#[derive(Debug)]
pub(super) enum Unkept {
    /// [`STORAGE_MOST`] is reached.
    Full,
    /// The file would not take it.
    File(io::Error),
}

impl Scratch {
    /// A file that has no name: the system takes it back with the process, however that ends.
    ///
    /// # Errors
    /// When the directory takes no file.
    pub(super) fn create(directory: &Path, most: u64) -> io::Result<Arc<Self>> {
        let file = nameless(directory).map_err(|error| {
            let text = format!(
                "no file for the sandbox's objects can be made in {}; set TMPDIR to another directory: {error}",
                directory.display()
            );
            io::Error::new(error.kind(), text)
        })?;
        let most = u32::try_from(most / BLOCK).unwrap_or(u32::MAX);
        Ok(Arc::new(Self { file, blocks: Mutex::new(Blocks { free: Vec::new(), fresh: 0, most }) }))
    }

    fn take(&self) -> Option<u32> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let block = blocks.free.pop().or_else(|| (blocks.fresh < blocks.most).then_some(blocks.fresh))?;
        blocks.fresh = blocks.fresh.max(block + 1);
        Some(block)
    }

    /// To be used again. The system gets their space back with the file: to punch holes waits for the disk.
    fn give_back(&self, given: &[u32]) {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner).free.extend(given);
    }
}

/// A file for nobody else, whose name is taken away at once.
fn nameless(directory: &Path) -> io::Result<File> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = directory.join(format!("countersign-sandbox-{}-{number}", std::process::id()));
        match OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => {
                std::fs::remove_file(&path)?;
                return Ok(file);
            }
            // Another process of the same number, in a container beside this one.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// A stretch of bytes, written once. Its blocks are free again when the last that reads it is gone.
#[derive(Debug)]
pub(crate) struct Kept {
    scratch: Arc<Scratch>,
    blocks: Vec<u32>,
    length: u64,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.scratch.give_back(&self.blocks);
    }
}

impl Kept {
    /// Nothing yet. Takes its first block at once, so that what is empty is counted too.
    pub(super) fn new(scratch: &Arc<Scratch>) -> Result<Self, Unkept> {
        let blocks = vec![scratch.take().ok_or(Unkept::Full)?];
        Ok(Self { scratch: Arc::clone(scratch), blocks, length: 0 })
    }

    /// How many bytes it holds.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Writes further bytes. Blocks for as long as the page cache takes, which is what a sandbox can afford.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> Result<(), Unkept> {
        while !bytes.is_empty() {
            if self.length == self.blocks.len() as u64 * BLOCK {
                self.blocks.push(self.scratch.take().ok_or(Unkept::Full)?);
            }
            let within = self.length % BLOCK;
            let room = usize::try_from(BLOCK - within).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            let block = self.blocks.last().copied().unwrap_or_default();
            self.scratch.file.write_all_at(now, u64::from(block) * BLOCK + within).map_err(Unkept::File)?;
            self.length += now.len() as u64;
            bytes = later;
        }
        Ok(())
    }

    /// At most so many bytes from an offset, and never more than a block holds.
    fn read(&self, from: u64, most: u64) -> io::Result<Bytes> {
        let within = from % BLOCK;
        let block = usize::try_from(from / BLOCK).ok().and_then(|at| self.blocks.get(at));
        let block = block.ok_or(io::ErrorKind::UnexpectedEof)?;
        let length = most.min(BLOCK - within).min(self.length.saturating_sub(from));
        let mut piece = vec![0; usize::try_from(length).unwrap_or_default()];
        self.scratch.file.read_exact_at(&mut piece, u64::from(*block) * BLOCK + within)?;
        Ok(Bytes::from(piece))
    }
}

/// What an object is made of: stretches of what was kept, in their order. Copies share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    pieces: Vec<Piece>,
    length: u64,
}

#[derive(Clone, Debug)]
struct Piece {
    kept: Arc<Kept>,
    from: u64,
    length: u64,
}

impl From<Kept> for Content {
    fn from(kept: Kept) -> Self {
        let length = kept.length;
        Self { pieces: vec![Piece { kept: Arc::new(kept), from: 0, length }], length }
    }
}

impl Content {
    /// How many bytes it is.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Puts another behind it.
    pub(super) fn append(&mut self, other: &Self) {
        self.pieces.extend(other.pieces.iter().cloned());
        self.length += other.length;
    }

    /// So many bytes of it from an offset. What lies outside is left out.
    pub(super) fn stretch(&self, from: u64, length: u64) -> Self {
        let end = from.saturating_add(length).min(self.length);
        let (mut at, mut found) = (0, Self::default());
        for piece in &self.pieces {
            let (first, last) = (from.max(at), end.min(at + piece.length));
            if first < last {
                let (kept, from) = (Arc::clone(&piece.kept), piece.from + (first - at));
                found.pieces.push(Piece { kept, from, length: last - first });
                found.length += last - first;
            }
            at += piece.length;
        }
        found
    }

    /// Reads it from the beginning.
    pub(crate) fn reader(self) -> Reader {
        Reader { left: self.length, content: self, piece: 0, within: 0 }
    }
}

/// A reading of a content, block by block.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    content: Content,
    piece: usize,
    within: u64,
    left: u64,
}

impl Reader {
    /// How many bytes are still to come.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }
}

impl Iterator for Reader {
    type Item = io::Result<Bytes>;

    fn next(&mut self) -> Option<Self::Item> {
        let piece = loop {
            let piece = self.content.pieces.get(self.piece)?;
            if self.within < piece.length {
                break piece;
            }
            (self.piece, self.within) = (self.piece + 1, 0);
        };
        let read = piece.kept.read(piece.from + self.within, piece.length - self.within);
        let length = read.as_ref().map_or(0, |bytes| bytes.len() as u64);
        (self.within, self.left) = (self.within + length, self.left - length);
        Some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(most: u64) -> Arc<Scratch> {
        Scratch::create(&std::env::temp_dir(), most).unwrap()
    }

    fn kept(scratch: &Arc<Scratch>, bytes: &[u8]) -> Content {
        let mut kept = Kept::new(scratch).unwrap();
        // In pieces that fit no block.
        bytes.chunks(40_000).for_each(|chunk| kept.push(chunk).unwrap());
        kept.into()
    }

    fn read(content: &Content) -> Vec<u8> {
        content.clone().reader().flat_map(|piece| piece.unwrap().to_vec()).collect()
    }

    #[test]
    fn the_file_has_no_name_and_a_directory_that_takes_none_is_told() {
        let directory = std::env::temp_dir().join(format!("countersign-scratch-test-{}", std::process::id()));
        let error = Scratch::create(&directory, STORAGE_MOST).unwrap_err().to_string();
        assert!(error.contains("TMPDIR") && error.contains("countersign-scratch-test"), "{error}");
        std::fs::create_dir(&directory).unwrap();
        let scratch = Scratch::create(&directory, STORAGE_MOST).unwrap();
        let _content = kept(&scratch, b"kept");
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 0);
        std::fs::remove_dir(&directory).unwrap();
    }

    #[test]
    fn bytes_come_back_whole_in_stretches_and_joined() {
        let scratch = scratch(STORAGE_MOST);
        let bytes: Vec<u8> = (0..200_000_u32).map(|at| (at % 251) as u8).collect();
        let (mut content, other) = (kept(&scratch, &bytes), kept(&scratch, b"the end"));
        assert_eq!(read(&content), bytes);
        content.append(&other);
        content.append(&kept(&scratch, b""));
        let whole = [bytes.as_slice(), b"the end"].concat();
        assert_eq!((content.length(), read(&content)), (200_007, whole.clone()));
        for (from, length) in [(0, 1), (65_535, 2), (131_072, 65_536), (199_990, 100), (200_007, 5)] {
            let expected = &whole[from..(from + length).min(whole.len())];
            let stretch = content.stretch(from as u64, length as u64);
            assert_eq!(
                (stretch.length(), read(&stretch)),
                (expected.len() as u64, expected.to_vec()),
                "{from}"
            );
        }
    }

    #[test]
    fn the_file_grows_no_further_than_what_was_kept_at_a_time() {
        let scratch = scratch(STORAGE_MOST);
        for _ in 0..10 {
            drop(kept(&scratch, &vec![7; 3 * BLOCK as usize]));
        }
        assert_eq!(scratch.file.metadata().unwrap().len(), 3 * BLOCK);
    }

    #[test]
    fn what_is_full_takes_nothing_until_something_is_dropped() {
        let scratch = scratch(2 * BLOCK);
        let first = kept(&scratch, b"one block");
        let _second = kept(&scratch, b"");
        assert!(matches!(Kept::new(&scratch), Err(Unkept::Full)));
        let copy = first.stretch(4, 3);
        drop(first);
        assert!(matches!(Kept::new(&scratch), Err(Unkept::Full)), "a copy still reads it");
        assert_eq!(read(&copy), b"blo");
        drop(copy);
        let mut third = Kept::new(&scratch).unwrap();
        assert!(matches!(third.push(&[0; BLOCK as usize + 1]), Err(Unkept::Full)));
    }
}
