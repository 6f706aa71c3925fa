//! The page on which a person lets a program in, and the code with which the browser is sent back to that program.

use crate::sandbox::answer::Answer;
use crate::sandbox::cloud::Cloud;
use crate::sandbox::encode::{percent, xml};
use crate::sandbox::heard::{Heard, Parameters};
use crate::sandbox::html;
use crate::sandbox::passes::Passes;
use crate::sandbox::pkce;

/// Where it is.
pub(super) const PAGE: &str = "/oauth2/v1/auth";

/// How long a code is good, in seconds.
const CODE_LIFE: i64 = 60;

/// What a code was given for.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) client: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
}

/// What a program asks for. The page hands it on to the form, and the form brings it back.
struct Ask<'a> {
    client: &'a str,
    redirect_uri: &'a str,
    state: &'a str,
    challenge: &'a str,
}

impl<'a> Ask<'a> {
    fn read(parameters: &'a Parameters) -> Result<Self, &'static str> {
        let value = |name: &str| parameters.get(name).map_or("", String::as_str);
        if value("response_type") != "code" {
            return Err("response_type is code.");
        }
        if value("client_id").is_empty() {
            return Err("client_id is missing.");
        }
        if !is_loopback(value("redirect_uri")) {
            return Err("redirect_uri is no http URL of this machine with a port.");
        }
        if !pkce::is_challenge(value("code_challenge_method"), value("code_challenge")) {
            return Err("code_challenge is the base64 of a SHA-256 hash, and code_challenge_method S256.");
        }
        Ok(Self {
            client: value("client_id"),
            redirect_uri: value("redirect_uri"),
            state: value("state"),
            challenge: value("code_challenge"),
        })
    }

    /// Where the browser goes then.
    fn back(&self, name: &str, value: &str) -> String {
        let join = if self.redirect_uri.contains('?') { '&' } else { '?' };
        let state = percent(self.state.as_bytes());
        format!("{}{join}{name}={value}&state={state}", self.redirect_uri)
    }
}

/// A native program's redirect (RFC 8252): never away from this machine, whose port the program chooses.
fn is_loopback(uri: &str) -> bool {
    let authority = uri.strip_prefix("http://").and_then(|rest| rest.split(['/', '?']).next());
    let port = authority.and_then(|authority| {
        ["127.0.0.1:", "localhost:", "[::1]:"].iter().find_map(|host| authority.strip_prefix(host))
    });
    port.is_some_and(|port| port.parse::<u16>().is_ok())
        && uri.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
}

/// The page, or what is wrong with the address that the program sent the browser to.
pub(super) fn show(heard: &Heard) -> Answer {
    let parameters = heard.parameters();
    match Ask::read(&parameters) {
        Err(why) => html::page(400, "Nothing to approve", &format!("<p>{}</p>", xml(why))),
        Ok(ask) => {
            let seen = format!("<p>The program {} asks for access to your account.</p>", xml(ask.client));
            let hidden = [
                ("response_type", "code"),
                ("client_id", ask.client),
                ("redirect_uri", ask.redirect_uri),
                ("state", ask.state),
                ("code_challenge", ask.challenge),
                ("code_challenge_method", "S256"),
            ];
            html::page(200, "Log in with Alibaba Cloud", &html::decision(PAGE, &seen, &hidden))
        }
    }
}

/// What the person decided.
pub(super) fn decide(codes: &Passes<Grant>, cloud: &Cloud, heard: &Heard) -> Answer {
    let parameters = heard.parameters();
    let ask = match Ask::read(&parameters) {
        Ok(ask) => ask,
        Err(why) => return html::page(400, "Nothing to approve", &format!("<p>{}</p>", xml(why))),
    };
    if parameters.get("decision").is_none_or(|decision| decision != "approve") {
        return html::redirect(&ask.back("error", "access_denied"));
    }
    let code = cloud.letters(32);
    let grant = Grant {
        client: ask.client.to_owned(),
        redirect_uri: ask.redirect_uri.to_owned(),
        challenge: ask.challenge.to_owned(),
    };
    codes.add(&code, cloud.now() + CODE_LIFE, grant);
    html::redirect(&ask.back("code", &code))
}
