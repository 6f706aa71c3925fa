//! The settings file: which one it is, and whether it may be believed.

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A settings file has a hundred lines; what is far longer is something else, and is not parsed.
const BYTES_MAX: u64 = 1 << 20;

/// Where a file is looked for when the command line names none, nearest first.
pub(super) const SEARCHED: [&str; 2] = ["countersign.toml", "/etc/countersign/countersign.toml"];

/// A settings file, read.
#[derive(Debug)]
pub(super) struct Source {
    /// As messages spell it.
    pub(super) name: String,
    /// Where it is.
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// A file that cannot be used: its name, and what to do.
#[derive(Debug)]
pub(super) struct Unusable {
    pub(super) name: String,
    pub(super) text: String,
}

/// Reads the file that the command line names, or else the first that exists. `Ok(None)`: there is none.
pub(super) fn find(named: Option<&Path>, working_directory: &Path) -> Result<Option<Source>, Unusable> {
    let searched: Vec<&Path> = match named {
        Some(path) => vec![path],
        None => SEARCHED.iter().map(Path::new).collect(),
    };
    for path in searched {
        let (name, path) = (path.display().to_string(), working_directory.join(path));
        match read(&path, BYTES_MAX) {
            Ok(text) => return Ok(Some(Source { name, path, text })),
            Err(Unread::Missing) if named.is_none() => {}
            Err(unread) => return Err(Unusable { name, text: unread.to_string() }),
        }
    }
    Ok(None)
}

/// Why a file was not read.
#[derive(Debug)]
pub(super) enum Unread {
    /// **Action:** correct the path, or make the file.
    Missing,
    /// **Action:** let this process read it.
    Failed(std::io::ErrorKind),
    /// **Action:** `chmod go-w`: whoever can write it decides where signed requests go.
    Writable,
    /// **Action:** name the right file.
    TooLong(u64),
    /// **Action:** save it as UTF-8.
    NotText,
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no such file"),
            Self::Failed(kind) => write!(f, "the file cannot be read: {kind}"),
            Self::Writable => {
                f.write_str("the file can be written by its group or by everybody; `chmod go-w` it")
            }
            Self::TooLong(most) => write!(f, "the file is longer than {most} bytes"),
            Self::NotText => f.write_str("the file is not UTF-8 text"),
        }
    }
}

impl From<std::io::Error> for Unread {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Missing,
            kind => Self::Failed(kind),
        }
    }
}

/// Reads a file that the process is to trust. The same open file is judged and read: it cannot be swapped between.
pub(super) fn read(path: &Path, bytes_max: u64) -> Result<String, Unread> {
    let mut bytes = Vec::new();
    open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > bytes_max) {
        return Err(Unread::TooLong(bytes_max));
    }
    String::from_utf8(bytes).map_err(|_| Unread::NotText)
}

/// Opens a file that the process is to trust.
pub(super) fn open(path: &Path) -> Result<std::fs::File, Unread> {
    /// Writing by the group, and by everybody.
    const WRITABLE_BY_OTHERS: u32 = 0o022;
    let file = std::fs::File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() && metadata.mode() & WRITABLE_BY_OTHERS != 0 {
        return Err(Unread::Writable);
    }
    Ok(file)
}
