//! OAuth by the browser: the address that asks a human, and the tokens for the code that comes back (RFC 8252, with PKCE).

use std::fmt;

use zeroize::Zeroizing;

use super::pkce::{Pkce, random_text};
use super::site::Site;
use crate::clock::{Clock, NoEntropy};
use crate::credential::{AnswerError, Carry, FetchError, OAuthSession, encoded, tokens};

/// Where the browser comes back to, on this machine. The aliyun CLI's, since its application is registered with it.
pub(super) const CALLBACK: &str = "/cli/callback";

/// One question to a human.
pub struct Authorization {
    /// The address to open.
    pub url: String,
    /// What the browser must bring back, so that a code is not somebody else's.
    pub state: Zeroizing<String>,
    redirect_uri: String,
    pkce: Pkce,
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorization(back to {})", self.redirect_uri)
    }
}

impl Authorization {
    /// Asks for a code that is sent to `port` of this machine.
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub fn new(site: &Site, port: u16) -> Result<Self, NoEntropy> {
        let (pkce, state) = (Pkce::new()?, random_text()?);
        let redirect_uri = format!("http://127.0.0.1:{port}{CALLBACK}");
        let query = encoded(&[
            ("response_type", "code"),
            ("client_id", &site.client_id),
            ("redirect_uri", &redirect_uri),
            ("state", &state),
            ("code_challenge", &pkce.challenge()),
            ("code_challenge_method", "S256"),
        ]);
        let url = format!("{}/oauth2/v1/auth?{}", site.sign_in_url.trim_end_matches('/'), *query);
        Ok(Self { url, state, redirect_uri, pkce })
    }
}

/// The session that a code is good for: `POST /v1/token`.
///
/// # Errors
/// The site refuses, or gives no refresh token: what it gave would end within hours.
pub async fn redeem(
    with: (&dyn Carry, &dyn Clock),
    site: &Site,
    authorization: &Authorization,
    code: &str,
) -> Result<OAuthSession, FetchError> {
    let place = site.place().map_err(|_| FetchError::Broken)?;
    let form = [
        ("client_id", site.client_id.as_str()),
        ("code", code),
        ("code_verifier", authorization.pkce.verifier()),
        ("grant_type", "authorization_code"),
        ("redirect_uri", &authorization.redirect_uri),
    ];
    let tokens = tokens(with, &place, &form).await?;
    let incomplete = || FetchError::BadAnswer(place.authority(), AnswerError::Incomplete);
    Ok(OAuthSession {
        site: site.name.word().to_owned(),
        url: site.url.clone(),
        client_id: site.client_id.clone(),
        access_token: tokens.access,
        access_ends_at: tokens.access_ends_at,
        refresh_token: tokens.refresh.ok_or_else(incomplete)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::login::site::SiteName;

    #[test]
    fn the_browser_is_asked_as_by_the_official_client() {
        let authorization = Authorization::new(&Site::new(SiteName::Cn), 12_345).unwrap();
        // As the aliyun CLI opens it, up to what is random.
        let (fixed, random) = authorization.url.split_once("&state=").unwrap();
        assert_eq!(
            fixed,
            "https://signin.aliyun.com/oauth2/v1/auth?response_type=code&client_id=4038181954557748008\
             &redirect_uri=http%3A%2F%2F127.0.0.1%3A12345%2Fcli%2Fcallback"
        );
        let (state, challenge) = random.split_once("&code_challenge=").unwrap();
        assert_eq!(state, *authorization.state);
        assert_eq!(challenge, format!("{}&code_challenge_method=S256", authorization.pkce.challenge()));
    }
}
