//! A text cut into what can be compared: lines, and the parameters of a line, without what nobody may read.

use crate::wire::{Spelling, decoded};

/// A line, or one parameter of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece(pub(super) String);

/// Stands where a security token was.
const TOKEN: &str = "[security-token]";
/// Stands where the id of an AccessKey was, which an application does not see either.
const KEY_ID: &str = "[access-key-id]";

impl Piece {
    /// Name and value of a header or of a parameter.
    pub(super) fn named(&self) -> Option<(&str, &str)> {
        named(&self.0)
    }
}

fn named(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(['?', '&']);
    let (name, value) = text.split_at_checked(text.find([':', '='])?)?;
    let is_name =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    is_name.then_some((name, value.get(1..)?))
}

/// The pieces of a canonical request or of a string-to-sign.
pub(super) fn pieces(text: &[u8]) -> Vec<Piece> {
    let text = String::from_utf8_lossy(text);
    let cut = of_rpc(&text).unwrap_or_else(|| text.split('\n').flat_map(of_line).collect());
    cut.into_iter().map(|piece| Piece(shown(&piece))).collect()
}

/// RPC version 1 signs `METHOD&PATH&PARAMETERS`, the last two encoded once more (RPC signature, "Construct the
/// string-to-sign").
fn of_rpc(text: &str) -> Option<Vec<String>> {
    let mut parts = text.split('&');
    let (method, path, parameters) = (parts.next()?, parts.next()?, parts.next()?);
    let is_rpc = parts.next().is_none()
        && !text.contains('\n')
        && method.bytes().all(|byte| byte.is_ascii_uppercase())
        && path == "%2F";
    is_rpc.then(|| {
        let parameters = decoded(parameters.as_bytes(), Spelling::Path).collect::<Vec<u8>>();
        let parameters = String::from_utf8_lossy(&parameters).into_owned();
        let all = [method, "/"].into_iter().chain(parameters.split('&'));
        all.map(str::to_owned).collect()
    })
}

/// A resource or a query is cut before each parameter; any other line stays whole.
fn of_line(line: &str) -> Vec<String> {
    let is_query = line.starts_with('/')
        || line.find('=').is_some_and(|at| !line.get(..at).unwrap_or(line).contains([':', ' ']));
    let mut out = vec![String::new()];
    for letter in line.chars() {
        if is_query && matches!(letter, '?' | '&') {
            out.push(String::new());
        }
        if let Some(last) = out.last_mut() {
            last.push(letter);
        }
    }
    out
}

/// The piece as it may be read: without token or key id, and without what a terminal would obey.
fn shown(piece: &str) -> String {
    let masked = match named(piece) {
        Some((name, value)) if !value.is_empty() => match mask(name) {
            Some(mask) => piece.strip_suffix(value).map(|before| format!("{before}{mask}")),
            None => None,
        },
        _ => None,
    };
    let text = masked.unwrap_or_else(|| piece.to_owned());
    text.chars()
        .flat_map(|letter| if letter.is_control() { letter.escape_default().collect() } else { vec![letter] })
        .collect()
}

/// What stands for the value of such a name. Every scheme's own name for a token ends in one of these words.
fn mask(name: &str) -> Option<&'static str> {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    if plain.ends_with("securitytoken") || plain.ends_with("ststoken") {
        Some(TOKEN)
    } else if plain.ends_with("accesskeyid") {
        Some(KEY_ID)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        pieces(text.as_bytes()).into_iter().map(|Piece(text)| text).collect()
    }

    #[test]
    fn headers_are_lines_and_parameters_are_pieces_of_theirs() {
        let expected = ["GET", "/b/k", "?acl", "&uploadId=1", "", "host:h&h", "x-oss-date:20240307T000000Z"];
        assert_eq!(told("GET\n/b/k?acl&uploadId=1\n\nhost:h&h\nx-oss-date:20240307T000000Z"), expected);
        assert_eq!(told("a=1&b="), ["a=1", "&b="]);
    }

    #[test]
    fn the_parameters_of_rpc_are_decoded_once() {
        let text = "POST&%2F&AccessKeyId%3DSTS.a%26Name%3Da%2520b%26SecurityToken%3DCAIS%252Ba";
        let expected =
            ["POST", "/", "AccessKeyId=[access-key-id]", "Name=a%20b", "SecurityToken=[security-token]"];
        assert_eq!(told(text), expected);
    }

    #[test]
    fn a_token_is_masked_under_every_schemes_name() {
        for line in [
            "x-acs-security-token:CAISa",
            "x-oss-security-token:CAISa",
            "x-amz-security-token:CAISa",
            "x-ots-ststoken:CAISa",
            "/b/k?security-token=CAISa",
            "x-oss-security-token=CAISa&x-oss-a=1",
            "SecurityToken=CAISa",
        ] {
            let told = told(line).concat();
            assert!(!told.contains("CAIS") && told.contains("[security-token]"), "{line}: {told}");
        }
        assert_eq!(told("x-acs-security-token:"), ["x-acs-security-token:"]);
    }

    #[test]
    fn nothing_that_a_terminal_obeys_stays() {
        assert_eq!(told("x-a:\u{1b}[2J\u{9b}\r"), ["x-a:\\u{1b}[2J\\u{9b}\\r"]);
    }
}
