//! CloudSSO's portal as `login` meets it: a device that asks to be let in, a page on which a person lets it in, and then
//! credentials of whichever accounts the person was given.

mod assignments;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::{Value, json};

use super::answer::{Answer, text};
use super::cloud::Cloud;
use super::counterpart::{Room, Scene};
use super::encode::xml;
use super::error::Error;
use super::heard::Heard;
use super::html;
use super::passes::Passes;
use super::pkce;
use super::verify::bearer;
use assignments::{Account, Configuration};

/// Where a person lets a device in.
const PAGE: &str = "/device/login";

/// How long a device may wait for that, in seconds.
const DEVICE_LIFE: i64 = 600;

/// How long a login lasts unless it is said. From the default of CloudSSO's access configurations' portal sessions.
const LOGIN_LIFE: Duration = Duration::from_secs(8 * 3_600);

/// How long a credential of an access configuration lives, in seconds: `SessionDuration`'s default.
const CREDENTIAL_LIFE: i64 = 3_600;

/// What CloudSSO's own roles in the accounts begin with.
const ROLE: &str = "AliyunReservedSSO-";

/// Who logs in.
const PERSON: &str = "alice";

/// A portal. By default one person has one access configuration, `Admin`, in the sandbox's account.
#[derive(Debug)]
pub struct CloudSso {
    accounts: Vec<Account>,
    /// The most that a list holds at a time, whatever is asked.
    page: usize,
    login_life: i64,
    interval: u64,
    devices: Passes<Device>,
    /// What became of each device, by the code that people read.
    decisions: Passes<Option<bool>>,
    logins: Passes<()>,
}

#[derive(Clone, Debug)]
struct Device {
    client: String,
    challenge: String,
    user_code: String,
}

impl Default for CloudSso {
    fn default() -> Self {
        Self {
            accounts: Vec::new(),
            page: 100,
            login_life: 0,
            interval: 5,
            devices: Passes::default(),
            decisions: Passes::default(),
            logins: Passes::default(),
        }
        .lasting(LOGIN_LIFE)
    }
}

impl CloudSso {
    /// Gives the person access configurations, by id and name, in one more account. The first one takes the place of the
    /// sandbox's own.
    #[must_use]
    pub fn account(mut self, id: &str, name: &str, configurations: &[(&str, &str)]) -> Self {
        self.accounts.push(Account::new(id, name, configurations));
        self
    }

    /// Lists hold no more than this at a time.
    #[must_use]
    pub fn pages_of(mut self, most: usize) -> Self {
        self.page = most.max(1);
        self
    }

    /// A login lasts so long, in whole seconds.
    #[must_use]
    pub fn lasting(mut self, life: Duration) -> Self {
        self.login_life = i64::try_from(life.as_secs()).unwrap_or(i64::MAX);
        self
    }

    /// Asks devices to wait so many seconds between two questions.
    #[must_use]
    pub fn interval(mut self, seconds: u64) -> Self {
        self.interval = seconds;
        self
    }

    /// Ends every login.
    pub fn log_everybody_out(&self) {
        self.logins.forget();
    }

    fn accounts(&self) -> Vec<Account> {
        if self.accounts.is_empty() { vec![Account::usual()] } else { self.accounts.clone() }
    }

    fn authorize(&self, scene: &Scene<'_>) -> Result<Answer, Error> {
        let Scene { cloud, heard, origin, .. } = scene;
        let body = body(heard)?;
        let client = required(&body, "ClientId")?;
        let challenge = required(&body, "CodeChallenge")?;
        if !pkce::is_challenge(required(&body, "CodeChallengeMethod")?, challenge) {
            return Err(invalid(
                "CodeChallenge is the base64 of a SHA-256 hash, and CodeChallengeMethod S256",
            ));
        }
        required(&body, "PortalUrl")?;
        let (device_code, user_code, end) = (cloud.letters(40), user_code(cloud), cloud.now() + DEVICE_LIFE);
        let (client, challenge) = (client.to_owned(), challenge.to_owned());
        self.devices.add(&device_code, end, Device { client, challenge, user_code: user_code.clone() });
        self.decisions.add(&user_code, end, None);
        let page = format!("{origin}{PAGE}");
        Ok(told(&json!({
            "DeviceCode": device_code,
            "UserCode": user_code,
            "VerificationUri": page,
            "VerificationUriComplete": format!("{page}?user_code={user_code}"),
            "ExpiresIn": DEVICE_LIFE,
            "Interval": self.interval,
        })))
    }

    fn token(&self, scene: &Scene<'_>) -> Result<Answer, Error> {
        let Scene { cloud, heard, .. } = scene;
        let (body, now) = (body(heard)?, cloud.now());
        if required(&body, "GrantType")? != "urn:ietf:params:oauth:grant-type:device_code" {
            return Err(invalid("GrantType"));
        }
        let code = required(&body, "DeviceCode")?;
        let gone = || Error::new(400, "InvalidDeviceCodeError", "The device code is invalid or expired.");
        let device = self.devices.get(code, now).ok_or_else(gone)?;
        if required(&body, "ClientId")? != device.client {
            return Err(invalid("ClientId"));
        }
        if !pkce::answers(required(&body, "CodeVerifier")?, &device.challenge) {
            return Err(invalid("CodeVerifier"));
        }
        match self.decisions.get(&device.user_code, now).ok_or_else(gone)? {
            None => Err(Error::new(400, "AuthorizationPending", "The device authorization is pending.")),
            Some(false) => Err(Error::new(403, "AccessDenied", "The device authorization was denied.")),
            Some(true) => {
                self.devices.take(code, now);
                let token = cloud.letters(64);
                self.logins.add(&token, now.saturating_add(self.login_life), ());
                Ok(told(&json!({
                    "AccessToken": token, "ExpiresIn": self.login_life, "TokenType": "Bearer",
                })))
            }
        }
    }

    fn admit(&self, cloud: &Cloud, heard: &Heard) -> Result<(), Error> {
        let token = bearer::read(heard).ok().flatten();
        let known = token.and_then(|token| self.logins.get(&token, cloud.now()));
        known.ok_or_else(|| Error::new(401, "InvalidAccessToken", "The access token is invalid or expired."))
    }

    fn accounts_page(&self, heard: &Heard) -> Result<Value, Error> {
        let list: Vec<Value> = self.accounts().iter().map(Account::told).collect();
        assignments::page(heard, "Accounts", list, self.page)
    }

    fn configurations_page(&self, heard: &Heard) -> Result<Value, Error> {
        let account = heard.query_value("AccountId").ok_or_else(|| invalid("AccountId"))?;
        let account = self.accounts().into_iter().find(|known| known.id == account);
        let list = account.map_or_else(Vec::new, |account| account.configurations);
        let list = list.iter().map(Configuration::told).collect();
        assignments::page(heard, "AccessConfigurationsForAccount", list, self.page)
    }

    fn credential(&self, cloud: &Cloud, heard: &Heard) -> Result<Value, Error> {
        let body = body(heard)?;
        let (account, configuration) =
            (required(&body, "AccountId")?, required(&body, "AccessConfigurationId")?);
        let accounts = self.accounts();
        let assigned =
            accounts.iter().filter(|known| known.id == account).flat_map(|known| &known.configurations);
        let name = assigned.into_iter().find(|known| known.id == configuration).map(|known| &known.name);
        let name = name.ok_or_else(|| {
            Error::new(
                403,
                "NoPermission",
                "The access configuration is not assigned to you in this account.",
            )
        })?;
        let issued = cloud.issue(&super::issue::Session {
            account: account.to_owned(),
            role: format!("{ROLE}{name}"),
            name: PERSON.to_owned(),
            lifetime: CREDENTIAL_LIFE,
        });
        Ok(json!({ "CloudCredential": issued.credentials() }))
    }

    /// The page on which a person types the code that the device shows, or finds it typed.
    fn show(heard: &Heard) -> Answer {
        let code = heard.query_value("user_code").unwrap_or_default();
        let seen = format!(
            "<p>A device asks for access to your accounts. Does it show this code?</p>\n\
             <label>Code <input id=\"user_code\" name=\"user_code\" value=\"{}\"></label>",
            xml(&code)
        );
        html::page(200, "CloudSSO", &html::decision(PAGE, &seen, &[]))
    }

    fn decide(&self, cloud: &Cloud, heard: &Heard) -> Answer {
        let form = heard.parameters();
        let field = |name: &str| form.get(name).map_or("", |text| text.trim());
        let (is_approved, code) = (field("decision") == "approve", field("user_code").to_uppercase());
        let is_open = self.decisions.get(&code, cloud.now()) == Some(None);
        match is_open && self.decisions.set(&code, cloud.now(), Some(is_approved)) {
            true if is_approved => html::page(200, "You are logged in", "<p>Go back to the device.</p>"),
            true => html::page(200, "The device was turned away", "<p>You can close this page.</p>"),
            false => html::page(400, "No device waits with this code", "<p>It may have been too late.</p>"),
        }
    }
}

impl Room for CloudSso {
    const PRODUCT: &'static str = "cloudsso";

    fn action(heard: &Heard) -> &'static str {
        match (heard.method.as_str(), heard.path.as_str()) {
            ("POST", "/device-authorization") => "DeviceAuthorization",
            ("POST", "/token") => "Token",
            ("GET", "/access-assignments/accounts") => "ListAccounts",
            ("GET", "/access-assignments/access-configurations") => "ListAccessConfigurations",
            ("POST", "/cloud-credentials") => "CloudCredentials",
            ("GET", PAGE) => "Page",
            ("POST", PAGE) => "Decision",
            _ => "unknown",
        }
    }

    fn answer(&self, action: &'static str, scene: &Scene<'_>) -> Result<Answer, Error> {
        let Scene { cloud, heard, request_id, .. } = scene;
        let mut value = match action {
            "DeviceAuthorization" => return self.authorize(scene),
            "Token" => return self.token(scene),
            "Page" => return Ok(Self::show(heard)),
            "Decision" => return Ok(self.decide(cloud, heard)),
            "unknown" => return Err(Error::new(404, "NotFound", "CloudSSO has nothing here.")),
            signed_in => {
                self.admit(cloud, heard)?;
                match signed_in {
                    "ListAccounts" => self.accounts_page(heard)?,
                    "ListAccessConfigurations" => self.configurations_page(heard)?,
                    _ => self.credential(cloud, heard)?,
                }
            }
        };
        if let Value::Object(members) = &mut value {
            members.insert("RequestId".to_owned(), json!(request_id));
        }
        Ok(told(&value))
    }

    fn refusal(error: &Error, request_id: &str) -> Answer {
        let Error { status, code, message, .. } = error;
        let value = json!({ "ErrorCode": code, "ErrorMessage": message, "RequestId": request_id });
        text(*status, "application/json", value.to_string())
    }
}

/// Eight letters that cannot be taken for others, in two groups.
fn user_code(cloud: &Cloud) -> String {
    const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";
    let letter =
        |byte: &u8| LETTERS.get(usize::from(*byte) % LETTERS.len()).map(|&letter| char::from(letter));
    let letters: String = cloud.random(8).iter().filter_map(letter).collect();
    let (first, second) = letters.split_at_checked(4).unwrap_or_default();
    format!("{first}-{second}")
}

fn body(heard: &Heard) -> Result<Value, Error> {
    serde_json::from_slice(&heard.body).map_err(|_| invalid("the body is no JSON"))
}

fn required<'a>(body: &'a Value, name: &str) -> Result<&'a str, Error> {
    let value = body.get(name).and_then(Value::as_str).filter(|value| !value.is_empty());
    value.ok_or_else(|| invalid(name))
}

fn invalid(what: &str) -> Error {
    Error::new(400, "InvalidParameter", &format!("A parameter is invalid: {what}."))
}

fn told(value: &Value) -> Answer {
    text(200, "application/json", value.to_string())
}
