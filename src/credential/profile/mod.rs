//! Profiles of other programs: the aliyun CLI's `config.json`, and the SDKs' ini file. Read anew at each fetch, because
//! their owners change them, and never written.

mod cli;
mod error;
mod follow;
mod ini;
mod mode;
mod session;
mod terms;
mod way;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use error::{ProfileError, ProfileFault};
pub(super) use follow::Guide;
pub(super) use terms::{NoMetadata, ProfileTerms, Program};
use way::Way;

use super::carry::Boxed;
use super::credential::Fetched;
use super::error::FetchError;
use super::file::{self, Contents, File, Unread};
use super::observer::Event;
use super::process;
use super::source::{AGAIN_AFTER, Source};

/// A file with a hundred profiles, each with the tokens of a login, has 300 KiB.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The source.
#[derive(Debug)]
pub(super) struct Profile {
    terms: ProfileTerms,
    guide: Guide,
    /// The file at each of its places.
    files: Vec<File>,
    /// Whether what it led to last may be another one next time, although nobody has said when it ends.
    is_fleeting: AtomicBool,
}

impl Profile {
    pub(super) fn new(terms: ProfileTerms, guide: Guide) -> Self {
        let files = terms.files.iter().cloned().map(File::new).collect();
        Self { terms, guide, files, is_fleeting: AtomicBool::new(false) }
    }

    async fn follow(&self) -> Result<Fetched, FetchError> {
        let (program, named) = (self.terms.program, self.terms.profile.clone());
        let file = self.file().await?;
        let read = file.look(move |path| read(path, program, named.as_deref())).await?;
        let Read { name, way, is_open, is_writable, path } = read.map_err(FetchError::Profile)?;
        if is_open {
            self.guide.observe(&Event::ProfileReadable);
        }
        let told = |fault| {
            FetchError::Profile(ProfileError { file: path.clone(), profile: Some(name.clone()), fault })
        };
        if is_writable && matches!(way.base(), Way::Process(_)) {
            return Err(told(ProfileFault::Writable));
        }
        self.is_fleeting.store(way.is_fleeting(), Ordering::Relaxed);
        self.guide.follow(way, &self.terms, &told).await
    }

    /// Why there is no profile: no file, or one in which nobody has written anything yet.
    async fn nothing(&self) -> Option<String> {
        let Ok(file) = self.file().await else {
            return Some("HOME is not set, so nobody knows where its file is".to_owned());
        };
        let (program, named) = (self.terms.program, self.terms.profile.clone());
        file.look(move |path| nothing(path, program, named.as_deref())).await.ok().flatten()
    }

    /// The first of the files that is there; without any, the first.
    async fn file(&self) -> Result<&File, FetchError> {
        for file in &self.files {
            if file.look(is_there).await? {
                return Ok(file);
            }
        }
        let nowhere = || {
            let file = self.terms.program.file_name().to_owned();
            FetchError::Profile(ProfileError { file, profile: None, fault: ProfileFault::Nowhere })
        };
        self.files.first().ok_or_else(nowhere)
    }
}

/// Whether something stands there, readable or not.
fn is_there(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

/// A profile, and what there is to say about its file.
struct Read {
    name: String,
    way: Way,
    is_open: bool,
    is_writable: bool,
    path: String,
}

/// Reads the profile that is meant. Blocks.
fn read(path: &Path, program: Program, named: Option<&str>) -> Result<Read, ProfileError> {
    let told =
        |profile: Option<String>, fault| ProfileError { file: path.display().to_string(), profile, fault };
    let Contents { bytes, is_open, is_writable } = file::read(path, FILE_BYTES_MAX).map_err(|why| {
        let fault = match why {
            Unread::Unreadable(kind) => ProfileFault::Unreadable(kind),
            Unread::NotAFile => ProfileFault::NotAFile,
            Unread::TooLong => ProfileFault::TooLong,
        };
        told(None, fault)
    })?;
    let (name, way) = match program {
        Program::Cli => cli::read(&bytes, named),
        Program::Ini => ini::read(&bytes, named),
    }
    .map_err(|(profile, fault)| told(profile, fault))?;
    Ok(Read { name, way, is_open, is_writable, path: path.display().to_string() })
}

/// Why there is no profile. Blocks.
fn nothing(path: &Path, program: Program, named: Option<&str>) -> Option<String> {
    let name = path.display();
    if !is_there(path) {
        return Some(format!("there is no {name}"));
    }
    // A profile that somebody names is meant to be there; and what cannot be read may hold one.
    let contents = file::read(path, FILE_BYTES_MAX).ok().filter(|_| named.is_none())?;
    let is_blank = match program {
        Program::Cli => cli::is_blank(&contents.bytes),
        Program::Ini => ini::is_blank(&contents.bytes),
    };
    is_blank.then(|| format!("{name} has no profile with anything in it"))
}

impl Source for Profile {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        Box::pin(self.follow())
    }

    fn name(&self) -> &'static str {
        self.terms.program.name()
    }

    fn absence(&self) -> Boxed<'_, Option<String>> {
        Box::pin(self.nothing())
    }

    fn again_after(&self) -> Option<Duration> {
        self.is_fleeting.load(Ordering::Relaxed).then_some(AGAIN_AFTER)
    }

    fn attempt_timeout(&self) -> Duration {
        process::ATTEMPT_TIMEOUT
    }

    /// Of all the places: a file may come to be at an earlier one.
    fn mark(&self) -> Boxed<'_, Option<u64>> {
        Box::pin(file::mark_of_all(&self.files))
    }
}
