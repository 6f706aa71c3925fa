//! `--counterpart`: what else a credential can come from, played beside the miniature cloud on addresses of its own.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use tokio::net::TcpListener;

use super::cloud::ROLE_ARN;
use super::fault::{positive, seconds};
use crate::sandbox::{CloudSso, CredentialsUri, GitHub, Metadata, OAuth, Sandbox, Vault};

/// The role that they give credentials of, by its name.
const ROLE: &str = "demo";

/// The RAM user whose AccessKey KMS keeps, and how often it changes it.
const MANAGED_USER: &str = "demo";
const ROTATION: Duration = Duration::from_secs(24 * 3_600);

/// The token that Vault takes for ever. It is no secret: it opens nothing but this Vault.
const VAULT_TOKEN: &str = "sandbox";

/// What a job of GitHub's shows for its OIDC tokens, and where it asks for them. It opens nothing else either.
const JOB_PROOF: &str = "sandbox";
const JOB_PATH: &str = "/idtoken?api-version=2.0";

/// Where the credential is at a credentials URI.
const URI_PATH: &str = "/credentials";

/// Where people begin at CloudSSO.
const SIGN_IN_PATH: &str = "/start/login";

/// What the option is for.
pub(super) const HELP: &str = "Play what else a credential can come from, here: metadata, hardened-metadata, cloudsso, oauth, \
    github, vault or uri. ,life=SECONDS behind it is how long the credential lives, the login or the token; may be repeated";

/// What can be written, for mistakes.
const FORMS: &str = "NAME=IP:PORT or NAME=IP:PORT,life=SECONDS, where NAME is metadata, hardened-metadata, cloudsso, oauth, \
                     github, vault or uri";

/// One of them, and where it is to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    kind: Kind,
    address: SocketAddr,
    /// In seconds.
    life: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Metadata,
    HardenedMetadata,
    CloudSso,
    OAuth,
    GitHub,
    Vault,
    Uri,
}

impl Kind {
    const NAMES: [(&'static str, Self); 7] = [
        ("metadata", Self::Metadata),
        ("hardened-metadata", Self::HardenedMetadata),
        ("cloudsso", Self::CloudSso),
        ("oauth", Self::OAuth),
        ("github", Self::GitHub),
        ("vault", Self::Vault),
        ("uri", Self::Uri),
    ];

    fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

impl FromStr for Placed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (name, rest) = text.split_once('=')?;
            let kind = Kind::NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)?;
            let (address, more) =
                rest.split_once(',').map_or((rest, None), |(rest, more)| (rest, Some(more)));
            let life = match more {
                Some(more) => Some(positive(more.strip_prefix("life=")?)?),
                None => None,
            };
            Some(Self { kind, address: address.parse().ok()?, life })
        };
        read().ok_or_else(|| format!("write {FORMS}"))
    }
}

impl fmt::Display for Placed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.kind.name(), self.address)
    }
}

/// Those that play. They end with the value.
pub(super) struct Playing {
    /// Each by its name, and the URL that a client of it is given.
    pub(super) urls: Vec<(&'static str, String)>,
    /// Held: whoever is dropped listens no more.
    rooms: Vec<Box<dyn Any + Send + Sync>>,
}

impl Playing {
    /// An object of the URLs. Of two of one name the last.
    pub(super) fn json(&self) -> String {
        let urls: BTreeMap<&str, &str> = self.urls.iter().map(|(name, url)| (*name, url.as_str())).collect();
        format!("{}\n", serde_json::json!(urls))
    }
}

/// Begins to play them. KMS keeps a user's AccessKey beside them, at the cloud's own address.
pub(super) async fn play(placed: &[Placed], sandbox: &Sandbox) -> io::Result<Playing> {
    sandbox.manage_user(MANAGED_USER, Some(ROTATION));
    let mut playing = Playing { urls: Vec::new(), rooms: Vec::new() };
    for one in placed {
        let told = |error: io::Error| {
            io::Error::new(error.kind(), format!("--counterpart {one}: {error}; choose another address"))
        };
        let listener = TcpListener::bind(one.address).await.map_err(told)?;
        let (url, room) = one.begin(listener, sandbox).map_err(told)?;
        playing.urls.push((one.kind.name(), url));
        playing.rooms.push(room);
    }
    Ok(playing)
}

impl Placed {
    fn begin(
        &self,
        listener: TcpListener,
        sandbox: &Sandbox,
    ) -> io::Result<(String, Box<dyn Any + Send + Sync>)> {
        let life = self.life.map(seconds);
        Ok(match self.kind {
            Kind::Metadata | Kind::HardenedMetadata => {
                let mut room = Metadata::new(ROLE);
                if self.kind == Kind::HardenedMetadata {
                    room = room.hardened();
                }
                let room = life.into_iter().fold(room, |room, life| room.lasting(life, life / 4));
                let playing = sandbox.metadata(listener, room)?;
                (playing.url(""), Box::new(playing))
            }
            Kind::CloudSso => {
                let room = life.into_iter().fold(CloudSso::default(), CloudSso::lasting);
                let playing = sandbox.cloud_sso(listener, room)?;
                (playing.url(SIGN_IN_PATH), Box::new(playing))
            }
            Kind::OAuth => {
                let refresh = Duration::from_secs(365 * 24 * 3_600);
                let room = life.into_iter().fold(OAuth::default(), |room, life| room.lasting(life, refresh));
                let playing = sandbox.oauth(listener, room)?;
                (playing.url(""), Box::new(playing))
            }
            Kind::GitHub => {
                let room = life.into_iter().fold(GitHub::new(JOB_PROOF), GitHub::lasting);
                let playing = sandbox.github(listener, room)?;
                (playing.url(JOB_PATH), Box::new(playing))
            }
            Kind::Vault => {
                let room = Vault::new(VAULT_TOKEN).sts_role(ROLE, ROLE_ARN).kubernetes_role(ROLE);
                let playing = sandbox.vault(listener, life.into_iter().fold(room, Vault::lasting))?;
                (playing.url(""), Box::new(playing))
            }
            Kind::Uri => {
                let room = CredentialsUri::new(URI_PATH, ROLE);
                let room = life.into_iter().fold(room, |room, life| room.lasting(life, life / 4));
                let playing = sandbox.credentials_uri(listener, room)?;
                (playing.url(URI_PATH), Box::new(playing))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counterpart_is_read_with_its_address_and_its_life() {
        let placed = |text: &str| text.parse::<Placed>();
        let address = SocketAddr::from(([127, 0, 0, 1], 9_121));
        let metadata = Placed { kind: Kind::HardenedMetadata, address, life: Some(60) };
        assert_eq!(placed("hardened-metadata=127.0.0.1:9121,life=60"), Ok(metadata));
        for (name, kind) in Kind::NAMES {
            let text = format!("{name}=127.0.0.1:9121");
            assert_eq!(placed(&text), Ok(Placed { kind, address, life: None }));
            assert_eq!(placed(&text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "metadata",
            "metadata=9121",
            "imds=127.0.0.1:1",
            "uri=127.0.0.1:1,life=0",
            "uri=127.0.0.1:1,x",
        ] {
            assert_eq!(placed(text), Err(format!("write {FORMS}")), "{text}");
        }
    }
}
