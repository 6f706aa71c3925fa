//! A key that the operator keeps in a file (`[keys.NAME]`), where a product takes nothing that expires: the AppKey of an API
//! gateway, an AccessKey for Dataplus, a key of Model Studio.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::carry::Boxed;
use super::credential::{Fetched, Proof};
use super::error::FetchError;
use super::file::{self, File, Unread};
use super::grammar;
use super::key_file_error::KeyFileError;
use super::observer::{Event, Observer};
use super::source::Source;
use crate::clock::Clock;
use crate::names::RoleName;

/// A key file is one JSON object of a few lines.
const FILE_BYTES_MAX: u64 = 16 * 1024;
/// How long what was read counts: then the file is read again, because somebody may have replaced it.
const LIFE: Duration = Duration::from_secs(15 * 60);

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// `{"app_key": …, "app_secret": …}`: an app of API Gateway.
    App,
    /// `{"access_key_id": …, "access_key_secret": …}`: a long-lived AccessKey.
    AccessKey,
    /// `{"api_key": …}`: a key of Model Studio.
    Api,
}

impl KeyKind {
    /// What must stand in the file.
    pub const fn wanted(self) -> &'static str {
        match self {
            Self::App => "\"app_key\" and \"app_secret\"",
            Self::AccessKey => "\"access_key_id\" and \"access_key_secret\"",
            Self::Api => "\"api_key\"",
        }
    }
}

/// All that such files hold. What is not wanted is not looked at, and wiped.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Pieces {
    app_key: Option<Zeroizing<String>>,
    app_secret: Option<Zeroizing<String>>,
    access_key_id: Option<Zeroizing<String>>,
    access_key_secret: Option<Zeroizing<String>>,
    security_token: Option<Zeroizing<String>>,
    api_key: Option<Zeroizing<String>>,
}

/// The source.
#[derive(Debug)]
pub(super) struct KeyFile {
    file: File,
    kind: KeyKind,
    clock: Arc<dyn Clock>,
    name: RoleName,
    observer: Arc<dyn Observer>,
}

impl KeyFile {
    /// `hears`: what is wrong with the file, under which name.
    pub(super) fn new(
        (path, kind): (PathBuf, KeyKind),
        clock: Arc<dyn Clock>,
        (name, observer): (RoleName, Arc<dyn Observer>),
    ) -> Self {
        Self { file: File::new(path), kind, clock, name, observer }
    }

    async fn read(&self) -> Result<Fetched, FetchError> {
        let (kind, now) = (self.kind, self.clock.now());
        let (proof, is_open) =
            self.file.look(move |path| read(path, kind)).await?.map_err(FetchError::KeyFile)?;
        if is_open {
            self.observer.observe(&self.name, &Event::KeyFileReadable);
        }
        Ok(Fetched { proof, life: Some((now, LIFE)), role: None })
    }
}

/// The key, and whether every user of the machine can read it.
fn read(path: &Path, kind: KeyKind) -> Result<(Proof, bool), KeyFileError> {
    let name = || path.display().to_string();
    let contents = file::read(path, FILE_BYTES_MAX).map_err(|why| match why {
        Unread::Unreadable(kind) => KeyFileError::Unreadable(name(), kind),
        Unread::NotAFile => KeyFileError::NotAFile(name()),
        Unread::TooLong => KeyFileError::TooLong(name()),
    })?;
    // A list in that order would be read as well.
    if !contents.bytes.trim_ascii_start().starts_with(b"{") {
        return Err(KeyFileError::NotJson(name()));
    }
    let pieces: Pieces =
        serde_json::from_slice(&contents.bytes).map_err(|_| KeyFileError::NotJson(name()))?;
    // Without its token it would sign, and be refused by the cloud with a reason that names something else.
    let is_temporary = pieces.security_token.as_ref().is_some_and(|token| !token.is_empty())
        || pieces.access_key_id.as_ref().is_some_and(|id| id.starts_with("STS."));
    if kind == KeyKind::AccessKey && is_temporary {
        return Err(KeyFileError::Temporary(name()));
    }
    let lacks = || KeyFileError::Lacks(name(), kind.wanted());
    let malformed = |piece| move || KeyFileError::Malformed(name(), piece);
    // A copy of each, which is wiped as well.
    let take = |piece: Option<Zeroizing<String>>| piece.map(|text| (*text).clone()).ok_or_else(lacks);
    let pair = |id, secret, (id_name, secret_name): (&'static str, &'static str)| {
        let id = grammar::id(take(id)?).ok_or_else(malformed(id_name))?;
        let secret = grammar::secret(take(secret)?).ok_or_else(malformed(secret_name))?;
        Ok(Proof::AccessKey { id, secret, security_token: None })
    };
    let proof = match kind {
        KeyKind::App => pair(pieces.app_key, pieces.app_secret, ("app_key", "app_secret")),
        KeyKind::AccessKey => {
            pair(pieces.access_key_id, pieces.access_key_secret, ("access_key_id", "access_key_secret"))
        }
        KeyKind::Api => {
            let key = grammar::api_key(take(pieces.api_key)?).ok_or_else(malformed("api_key"))?;
            Ok(Proof::ApiKey(key))
        }
    };
    Ok((proof?, contents.is_open))
}

impl Source for KeyFile {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        Box::pin(self.read())
    }

    fn name(&self) -> &'static str {
        "key_file"
    }

    fn mark(&self) -> Boxed<'_, Option<u64>> {
        Box::pin(self.file.mark())
    }
}
