//! CloudSSO's sign-in portal: who may log in there how, and to which accounts that leads.

use std::fmt;

use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::device::Device;
use super::pkce::Pkce;
use crate::clock::Clock;
use crate::credential::{
    Answer, AnswerError, Ask, AskBody, Carry, FetchError, answer_json, ask, cloud_sso_refusal, encoded,
};
use crate::names::{BadUrl, Place};
use crate::secret::BearerToken;

/// What one page of a list may hold at most: as the aliyun CLI asks.
const PAGE: &str = "100";
/// More pages than this are no list.
const PAGES_MAX: usize = 100;

/// One portal, asked as one client.
pub struct Portal<'a> {
    pub(super) carry: &'a dyn Carry,
    pub(super) clock: &'a dyn Clock,
    pub(super) place: Place,
    pub(super) client_id: &'a str,
    sign_in_url: &'a str,
}

impl fmt::Debug for Portal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Portal({})", self.place)
    }
}

/// An account that the human may use.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct Account {
    /// Its number.
    #[serde(rename = "AccountId")]
    pub id: String,
    /// What people call it.
    #[serde(default)]
    pub display_name: String,
}

/// What the human may be in an account.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct AccessConfiguration {
    /// Its id.
    #[serde(rename = "AccessConfigurationId")]
    pub id: String,
    /// What people call it.
    #[serde(rename = "AccessConfigurationName", default)]
    pub name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    #[serde(default)]
    accounts: Vec<Account>,
    #[serde(default)]
    access_configurations_for_account: Vec<AccessConfiguration>,
    #[serde(default)]
    is_truncated: bool,
    #[serde(default)]
    next_token: Option<String>,
}

impl<'a> Portal<'a> {
    /// `sign_in_url`: the whole address that a human opens, `https://signin-…/start/login`.
    ///
    /// # Errors
    /// It is no address.
    pub fn new(
        (carry, clock): (&'a dyn Carry, &'a dyn Clock),
        sign_in_url: &'a str,
        client_id: &'a str,
    ) -> Result<Self, BadUrl> {
        let (place, _) = Place::parse(sign_in_url)?;
        Ok(Self { carry, clock, place, client_id, sign_in_url })
    }

    /// Asks for a code that a human confirms in a browser: `POST /device-authorization`.
    ///
    /// # Errors
    /// The portal gives none.
    pub async fn begin(&self, pkce: &Pkce) -> Result<Device, FetchError> {
        let body = json!({
            "ClientId": self.client_id,
            "CodeChallenge": pkce.challenge(),
            "CodeChallengeMethod": "S256",
            "PortalUrl": self.sign_in_url,
        });
        let answer = self.post("/device-authorization", Zeroizing::new(body.to_string())).await?;
        if answer.status != 200 {
            return Err(FetchError::Refused(cloud_sso_refusal(&self.name(), &answer)));
        }
        Device::read(&answer.body, &self.place).map_err(|error| self.bad(error))
    }

    /// Every account that the token leads to.
    ///
    /// # Errors
    /// The portal gives no whole list.
    pub async fn accounts(&self, token: &BearerToken) -> Result<Vec<Account>, FetchError> {
        self.list("/access-assignments/accounts", None, token, |listed| listed.accounts).await
    }

    /// Everything that the token may be in one account.
    ///
    /// # Errors
    /// The portal gives no whole list.
    pub async fn access_configurations(
        &self,
        token: &BearerToken,
        account: &str,
    ) -> Result<Vec<AccessConfiguration>, FetchError> {
        let path = "/access-assignments/access-configurations";
        self.list(path, Some(account), token, |listed| listed.access_configurations_for_account).await
    }

    async fn list<T>(
        &self,
        path: &str,
        account: Option<&str>,
        token: &BearerToken,
        items: impl Fn(Listed) -> Vec<T>,
    ) -> Result<Vec<T>, FetchError> {
        let (mut all, mut next) = (Vec::new(), None::<String>);
        for _ in 0..PAGES_MAX {
            let mut query = match account {
                Some(account) => vec![("AccountId", account)],
                None => vec![("MaxResults", PAGE)],
            };
            query.extend(next.as_deref().map(|next| ("NextToken", next)));
            let target = format!("{path}?{}", *encoded(&query));
            let asked = Ask { place: &self.place, target: &target, bearer: Some(token), body: AskBody::Read };
            let answer = ask(self.carry, asked).await?;
            if answer.status != 200 {
                return Err(FetchError::Refused(cloud_sso_refusal(&self.name(), &answer)));
            }
            let mut listed: Listed = answer_json(&answer.body).map_err(|error| self.bad(error))?;
            let token = listed.next_token.take().filter(|token| listed.is_truncated && !token.is_empty());
            all.extend(items(listed));
            match token {
                Some(token) => next = Some(token),
                None => return Ok(all),
            }
        }
        Err(self.bad(AnswerError::TooLong))
    }

    pub(super) async fn post(&self, target: &str, body: Zeroizing<String>) -> Result<Answer, FetchError> {
        ask(self.carry, Ask { place: &self.place, target, bearer: None, body: AskBody::Json(body) }).await
    }

    pub(super) fn name(&self) -> String {
        self.place.authority()
    }

    pub(super) fn bad(&self, error: AnswerError) -> FetchError {
        FetchError::BadAnswer(self.name(), error)
    }
}
