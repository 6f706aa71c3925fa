//! The sandbox's own keys in place of those under `[keys]`, so that settings for the real cloud can be tried as they are, and
//! no key of the real cloud is read.

use std::io;
use std::path::Path;

use super::replace::replace;
use crate::config::{Settings, quoted};
use crate::sandbox::Sandbox;

/// Keys for whoever reads them, by what a file of keys holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An AppKey and its secret.
    App,
    /// An AccessKey of the sandbox's user.
    AccessKey,
    /// An API key of Model Studio.
    Api,
}

impl Kind {
    /// What a file of such keys holds.
    pub(super) fn file(self, sandbox: &Sandbox) -> String {
        // Letters, digits and dashes, all of them.
        match self {
            Self::App => {
                let (key, secret) = sandbox.app_key();
                format!("{{\"app_key\": {}, \"app_secret\": {}}}\n", quoted(&key), quoted(&secret))
            }
            Self::AccessKey => {
                let (id, secret) = sandbox.access_key();
                format!(
                    "{{\"access_key_id\": {}, \"access_key_secret\": {}}}\n",
                    quoted(&id),
                    quoted(&secret)
                )
            }
            Self::Api => format!("{{\"api_key\": {}}}\n", quoted(sandbox.api_key())),
        }
    }
}

/// Writes a file of the sandbox's keys into `directory` for each table under `[keys]` and points the table at it. The sandbox
/// learns what answers at each row of `[hosts]`.
pub(super) fn adopt(settings: &mut Settings, sandbox: &Sandbox, directory: &Path) -> io::Result<()> {
    for row in &settings.hosts {
        sandbox.own_host(&row.host.text, &row.product);
    }
    for (name, keys) in &mut settings.keys {
        let product = settings.hosts.iter().find(|row| row.keys.as_ref() == Some(name));
        let kind = match product.map(|row| row.product.as_str()) {
            _ if keys.product.is_some() => Kind::Api,
            Some("apigateway") => Kind::App,
            _ => Kind::AccessKey,
        };
        keys.file = directory.join(format!("keys-{name}.json"));
        replace(&keys.file, &kind.file(sandbox), 0o600)?;
    }
    Ok(())
}
