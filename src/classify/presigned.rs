//! URLs that a caller signed with a dummy key: they leave signed in a header, and their time is kept here.
//!
//! Whoever made such a URL meant it to end. The cloud never sees when, so it is judged here, by the clock that is handed in.

use crate::names::{Scheme, calendar};
use crate::refusal::{Code, Refusal};
use crate::wire::{NameSet, Parameter};

/// One of these in a query makes a signed URL of it.
static MARKS: NameSet = NameSet::new(&[
    "x-oss-signature",
    "x-oss-signature-version",
    "OSSAccessKeyId",
    "X-Amz-Algorithm",
    "X-Amz-Signature",
    "AWSAccessKeyId",
]);

/// A week: V4's longest.
const LIFE_SECONDS_MAX: i64 = 604_800;
/// How far a clock may be ahead of ours: what the cloud allows.
const AHEAD_SECONDS_MAX: i64 = 15 * 60;

/// How a URL says when it ends.
enum Life {
    /// A date, and seconds from it.
    From { date: &'static str, seconds: &'static str },
    /// A Unix time.
    Until(&'static str),
}

/// One way of signing a URL.
struct Form {
    scheme: Scheme,
    /// The parameters that it cannot do without, beside those of its life.
    needs: &'static [&'static str],
    life: Life,
}

static OSS_V4: Form = Form {
    scheme: Scheme::OssV4,
    needs: &["x-oss-signature-version", "x-oss-credential", "x-oss-signature"],
    life: Life::From { date: "x-oss-date", seconds: "x-oss-expires" },
};
static OSS_V2: Form = Form {
    scheme: Scheme::OssV1,
    needs: &["x-oss-signature-version", "x-oss-access-key-id", "x-oss-signature"],
    life: Life::Until("x-oss-expires"),
};
static OSS_V1: Form =
    Form { scheme: Scheme::OssV1, needs: &["OSSAccessKeyId", "Signature"], life: Life::Until("Expires") };
static S3_V4: Form = Form {
    scheme: Scheme::S3,
    needs: &["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature"],
    life: Life::From { date: "X-Amz-Date", seconds: "X-Amz-Expires" },
};
static S3_V2: Form =
    Form { scheme: Scheme::S3, needs: &["AWSAccessKeyId", "Signature"], life: Life::Until("Expires") };

/// With what the URL was signed, if it was. In any letter case: what only some readers would take for a signature is
/// refused rather than sent to find out.
pub(super) fn scheme(query: &[Parameter<'_>]) -> Result<Option<Scheme>, Refusal> {
    if !query.iter().any(|parameter| MARKS.find_parameter(parameter).is_some()) {
        return Ok(None);
    }
    let form = form(query)?;
    for name in form.needs {
        value(query, name)?;
    }
    Ok(Some(form.scheme))
}

/// Refuses a signed URL, as `scheme` knows one, that is over, not begun, or says neither.
pub fn check_signed_url(query: &[Parameter<'_>], unix_seconds: i64) -> Result<(), Refusal> {
    let form = form(query)?;
    let ends = match form.life {
        Life::Until(name) => number(query, name)?,
        Life::From { date, seconds } => {
            let begins = calendar::parse_iso_basic(&value(query, date)?).ok_or_else(malformed)?;
            let life = number(query, seconds)?;
            if begins - unix_seconds > AHEAD_SECONDS_MAX {
                return Err(Refusal::new(
                    Code::PresignedUrl,
                    "the URL's signature is dated more than 15 minutes ahead",
                    "set the clock of the machine that makes the URLs",
                ));
            }
            if !(1..=LIFE_SECONDS_MAX).contains(&life) {
                return Err(malformed());
            }
            begins + life
        }
    };
    if ends < unix_seconds {
        return Err(Refusal::new(
            Code::PresignedUrl,
            "the URL's signature has expired",
            "make a new URL, or send the plain request: countersign signs it",
        ));
    }
    Ok(())
}

/// Of two at once nobody knows which is read.
fn form(query: &[Parameter<'_>]) -> Result<&'static Form, Refusal> {
    let has = |name: &str| query.iter().any(|parameter| parameter.is(name));
    let oss = has("x-oss-signature") || has("x-oss-signature-version");
    match (
        oss,
        has("OSSAccessKeyId"),
        has("X-Amz-Algorithm") || has("X-Amz-Signature"),
        has("AWSAccessKeyId"),
    ) {
        (true, false, false, false) => match value(query, "x-oss-signature-version")?.as_str() {
            "OSS4-HMAC-SHA256" => Ok(&OSS_V4),
            "OSS2" => Ok(&OSS_V2),
            _ => Err(malformed()),
        },
        (false, true, false, false) => Ok(&OSS_V1),
        (false, false, true, false) => Ok(&S3_V4),
        (false, false, false, true) => Ok(&S3_V2),
        _ => Err(malformed()),
    }
}

/// The value of what must be there once.
fn value(query: &[Parameter<'_>], name: &str) -> Result<String, Refusal> {
    let mut found = query.iter().filter(|parameter| parameter.is_ignoring_case(name));
    let (Some(parameter), None) = (found.next(), found.next()) else { return Err(malformed()) };
    let value = String::from_utf8(parameter.decoded_value().collect()).map_err(|_| malformed())?;
    if !parameter.is(name) || value.is_empty() { Err(malformed()) } else { Ok(value) }
}

fn number(query: &[Parameter<'_>], name: &str) -> Result<i64, Refusal> {
    let text = value(query, name)?;
    let is_plain = text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain { text.parse().map_err(|_| malformed()) } else { Err(malformed()) }
}

fn malformed() -> Refusal {
    Refusal::new(
        Code::PresignedUrl,
        "the URL carries a signature that is not whole, or more than one",
        "send the plain request: countersign signs it",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::parameters;

    /// 2024-03-07T08:09:05Z.
    const BEGUN: i64 = 1_709_798_945;
    const V4: &str = "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=a%2F20240307%2Fr%2Foss%2Faliyun_v4_request&x-oss-signature=0";
    const AMZ: &str =
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-SignedHeaders=host&X-Amz-Signature=0";

    fn judged(query: &str, at: i64) -> Result<(), Code> {
        let query = parameters(query.as_bytes()).collect::<Vec<_>>();
        scheme(&query).and_then(|_| check_signed_url(&query, at)).map_err(|refusal| refusal.code)
    }

    #[test]
    fn each_form_holds_to_its_last_second_and_not_to_the_next() {
        for (query, of) in [
            (format!("a=b&{V4}&x-oss-date=20240307T080905Z&x-oss-expires=60"), Scheme::OssV4),
            (format!("{AMZ}&X-Amz-Date=20240307T080905Z&X-Amz-Expires=60"), Scheme::S3),
            (format!("OSSAccessKeyId=a&Signature=b%3D&Expires={}", BEGUN + 60), Scheme::OssV1),
            (format!("AWSAccessKeyId=a&Signature=b%3D&Expires={}", BEGUN + 60), Scheme::S3),
            (
                format!(
                    "x-oss-signature-version=OSS2&x-oss-access-key-id=a&x-oss-signature=b&x-oss-expires={}",
                    BEGUN + 60
                ),
                Scheme::OssV1,
            ),
        ] {
            let parsed = parameters(query.as_bytes()).collect::<Vec<_>>();
            assert_eq!(scheme(&parsed).unwrap(), Some(of), "{query}");
            assert_eq!(judged(&query, BEGUN), Ok(()), "{query}");
            assert_eq!(judged(&query, BEGUN + 60), Ok(()), "{query}");
            assert_eq!(judged(&query, BEGUN + 61), Err(Code::PresignedUrl), "{query}");
        }
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        let date = "x-oss-date=20240307T080905Z";
        for query in [
            format!("{V4}&{date}"),
            format!("{V4}&x-oss-expires=60"),
            format!("{V4}&{date}&x-oss-expires=0"),
            format!("{V4}&{date}&x-oss-expires=604801"),
            format!("{V4}&{date}&x-oss-expires=-1"),
            format!("{V4}&{date}&x-oss-expires=60&x-oss-expires=70"),
            format!("{V4}&{date}&x-oss-expires=60&X-Oss-Expires=70"),
            format!("{V4}&x-oss-date=2024-03-07&x-oss-expires=60"),
            format!("{V4}&x-oss-date=20240230T080905Z&x-oss-expires=60"),
            format!("{V4}&{date}&x-oss-expires=60&OSSAccessKeyId=a"),
            format!("x-oss-signature=0&{date}&x-oss-expires=60"),
            "x-oss-signature-version=OSS9&x-oss-signature=0".to_owned(),
            "OSSAccessKeyId=a&Signature=b".to_owned(),
            "OSSAccessKeyId=a&Expires=9999999999".to_owned(),
            "OSSAccessKeyId=a&Signature=b&Expires=9999999999999".to_owned(),
            "ossaccesskeyid=a&Signature=b&Expires=9999999999".to_owned(),
            format!("{AMZ}&X-Amz-Date=20240307T080905Z"),
        ] {
            assert_eq!(judged(&query, BEGUN), Err(Code::PresignedUrl), "{query}");
        }
        let ahead = format!("{V4}&{date}&x-oss-expires=60");
        assert_eq!(judged(&ahead, BEGUN - 900), Ok(()));
        assert_eq!(judged(&ahead, BEGUN - 901), Err(Code::PresignedUrl));
        let plain = parameters(b"Expires=1&Signature=a").collect::<Vec<_>>();
        assert_eq!(scheme(&plain).unwrap(), None);
    }
}
