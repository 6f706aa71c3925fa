//! What the aliyun CLI keeps of a human's login, by CloudSSO or OAuth: a triple, and an access token that brings another
//! while it lives. The refresh token is not even read: it rotates, and whoever uses it logs the CLI out.

use std::time::Duration;

use super::error::ProfileFault;
use crate::clock::Clock;
use crate::credential::carry::Carry;
use crate::credential::cloud_sso::{self, Assignment};
use crate::credential::credential::Fetched;
use crate::credential::error::FetchError;
use crate::credential::oauth;
use crate::names::Place;
use crate::secret::BearerToken;

/// A triple with less left than this, in seconds, is replaced where it can be: what is asked for next must be there in time.
const LEFT_MIN: u64 = 300;

/// What a login left.
#[derive(Debug)]
pub(in crate::credential) struct Session {
    /// The triple, and when it ends, in seconds since 1970.
    pub(super) triple: Option<(Fetched, u64)>,
    /// The access token, and when it ends by the file's word.
    pub(super) token: Option<(BearerToken, Option<u64>)>,
    pub(super) place: Place,
    pub(super) kind: Kind,
}

/// By what the login was.
#[derive(Debug)]
pub(in crate::credential) enum Kind {
    /// An account and an access configuration of CloudSSO.
    CloudSso(Assignment),
    /// OAuth.
    OAuth,
}

/// The place of OAuth's token end.
pub(super) fn oauth_place(site: &str) -> Result<Place, ProfileFault> {
    let url = match () {
        () if site.eq_ignore_ascii_case("CN") => "https://oauth.aliyun.com",
        () if site.eq_ignore_ascii_case("INTL") => "https://oauth.alibabacloud.com",
        () => return Err(ProfileFault::Malformed("oauth_site_type")),
    };
    Place::parse(url).map(|(place, _)| place).map_err(|_| ProfileFault::Malformed("oauth_site_type"))
}

/// An access token out of the file.
pub(super) fn token(
    text: Option<&str>,
    ends_at: Option<i64>,
    name: &'static str,
) -> Result<Option<(BearerToken, Option<u64>)>, ProfileFault> {
    let Some(text) = text else { return Ok(None) };
    let token = BearerToken::new(text.to_owned()).map_err(|_| ProfileFault::Malformed(name))?;
    Ok(Some((token, seconds(ends_at))))
}

/// A time in the file. The CLI writes 0 where it knows none.
pub(super) fn seconds(time: Option<i64>) -> Option<u64> {
    time.and_then(|time| u64::try_from(time).ok()).filter(|time| *time > 0)
}

impl Session {
    /// The credential. `None`: the login is over. `oauth`: where OAuth is asked, instead of at the site.
    pub(super) async fn fetch(
        self,
        with: (&dyn Carry, &dyn Clock),
        oauth_url: Option<&Place>,
    ) -> Result<Option<Fetched>, FetchError> {
        let Self { triple, token, place, kind } = self;
        let now = with.1.now();
        let left = |ends_at: u64| ends_at.saturating_sub(now.wall.as_secs());
        let living = triple.map(|(pair, ends_at)| (pair, left(ends_at))).filter(|(_, left)| *left > 0);
        let (living, left_of_it) = living.map_or((None, 0), |(mut pair, left)| {
            pair.life = Some((now, Duration::from_secs(left)));
            (Some(pair), left)
        });
        let token = token.filter(|(_, ends_at)| ends_at.is_none_or(|ends_at| left(ends_at) > 0));
        let Some((token, _)) = token.filter(|_| left_of_it <= LEFT_MIN) else { return Ok(living) };
        let outcome = match &kind {
            Kind::CloudSso(assignment) => cloud_sso::credentials(with, &place, &token, assignment).await,
            Kind::OAuth => oauth::exchange(with, oauth_url.unwrap_or(&place), &token).await,
        };
        match outcome {
            Ok(fetched) => Ok(Some(fetched)),
            // What little is left is better than nothing.
            Err(_) if living.is_some() => Ok(living),
            // The token is not taken any more, whatever the file says of its end.
            Err(FetchError::Refused(refused)) if cloud_sso::is_over(&refused) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
