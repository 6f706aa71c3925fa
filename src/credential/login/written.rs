//! A session as it is kept: one JSON object. What does not fit is no session.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::session::{CloudSsoSession, OAuthSession, SamlSession, Session};
use crate::credential::cloud_sso::Assignment;
use crate::credential::grammar;
use crate::names::RoleArn;
use crate::secret::BearerToken;

/// The longest that is read. Real ones have under 4 KiB.
pub const SESSION_BYTES_MAX: usize = 64 * 1024;

#[derive(Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Written {
    CloudSso {
        sign_in_url: String,
        access_token: Zeroizing<String>,
        ends_at: i64,
        account: String,
        access_configuration: String,
    },
    OAuth {
        site: String,
        url: String,
        client_id: String,
        access_token: Zeroizing<String>,
        access_ends_at: i64,
        refresh_token: Zeroizing<String>,
    },
    Saml {
        role_arn: String,
        access_key_id: String,
        access_key_secret: Zeroizing<String>,
        security_token: Zeroizing<String>,
        ends_at: i64,
    },
}

impl Session {
    /// The session in such a text. `None`: it is none.
    pub fn read(text: &[u8]) -> Option<Self> {
        let written = serde_json::from_slice(text).ok().filter(|_| text.len() <= SESSION_BYTES_MAX)?;
        let bearer = |text: Zeroizing<String>| BearerToken::new((*text).clone()).ok();
        Some(match written {
            Written::CloudSso { sign_in_url, access_token, ends_at, account, access_configuration } => {
                let assignment = Assignment { account, access_configuration };
                let access_token = bearer(access_token)?;
                Self::CloudSso(CloudSsoSession { sign_in_url, access_token, ends_at, assignment })
            }
            Written::OAuth { site, url, client_id, access_token, access_ends_at, refresh_token } => {
                let (access_token, refresh_token) = (bearer(access_token)?, bearer(refresh_token)?);
                Self::OAuth(OAuthSession {
                    site,
                    url,
                    client_id,
                    access_token,
                    access_ends_at,
                    refresh_token,
                })
            }
            Written::Saml { role_arn, access_key_id, access_key_secret, security_token, ends_at } => {
                Self::Saml(SamlSession {
                    role: RoleArn::parse(&role_arn)?,
                    access_key_id: grammar::id(access_key_id)?,
                    access_key_secret: grammar::secret((*access_key_secret).clone())?,
                    security_token: grammar::token((*security_token).clone())?,
                    ends_at,
                })
            }
        })
    }

    /// The text to keep.
    pub fn write(&self) -> Zeroizing<Vec<u8>> {
        let own = |text: &str| Zeroizing::new(text.to_owned());
        let written = match self {
            Self::CloudSso(session) => Written::CloudSso {
                sign_in_url: session.sign_in_url.clone(),
                access_token: own(session.access_token.expose()),
                ends_at: session.ends_at,
                account: session.assignment.account.clone(),
                access_configuration: session.assignment.access_configuration.clone(),
            },
            Self::OAuth(session) => Written::OAuth {
                site: session.site.clone(),
                url: session.url.clone(),
                client_id: session.client_id.clone(),
                access_token: own(session.access_token.expose()),
                access_ends_at: session.access_ends_at,
                refresh_token: own(session.refresh_token.expose()),
            },
            Self::Saml(session) => Written::Saml {
                role_arn: session.role.as_str().to_owned(),
                access_key_id: session.access_key_id.as_str().to_owned(),
                access_key_secret: own(&String::from_utf8_lossy(session.access_key_secret.expose())),
                security_token: own(session.security_token.expose()),
                ends_at: session.ends_at,
            },
        };
        // Nothing but texts and numbers is in it, which can always be written.
        Zeroizing::new(serde_json::to_vec(&written).unwrap_or_default())
    }
}
