//! What a request would reach beside the host that it names: another bucket to copy from, a project, a
//! customer's function.

use crate::endpoint::Tenants;
use crate::names::Endpoint;
use crate::refusal::{Code, Refusal};
use crate::sign::fc::TRIGGERS;
use crate::wire::{Field, Head, Method, Spelling, decoded};

/// Refuses what would reach past the operator's lists: a bucket or a project in the path, a copy
/// from another bucket, a function.
pub(super) fn check(head: &Head, endpoint: &Endpoint, path: &[u8], tenants: &Tenants) -> Result<(), Refusal> {
    match endpoint.product().code {
        "fc" | "fc-open" => check_function(endpoint, path),
        "oss" | "oss-data-acc" | "oss-dls" | "oss-s3" | "oss-vectors" => {
            if endpoint.tenant().is_none() && !matches!(path, b"" | b"/") {
                // Signed alike for both spellings: the signature would hold for a bucket that nobody listed.
                return Err(Refusal::new(
                    Code::HostNotAllowed,
                    "the path names a bucket, and buckets are named by the host",
                    "send it to `BUCKET.oss-REGION.aliyuncs.com`",
                ));
            }
            let sources = |field: &Field<'_>| field.is("x-oss-copy-source") || field.is("x-amz-copy-source");
            head.fields().filter(sources).try_for_each(|field| {
                let source = field.value.strip_prefix(b"/").unwrap_or(field.value);
                let bucket: Vec<u8> =
                    decoded(source, Spelling::Path).take_while(|byte| *byte != b'/').collect();
                let is_listed = std::str::from_utf8(&bucket).is_ok_and(|bucket| tenants.lists("oss", bucket));
                if is_listed { Ok(()) } else { Err(foreign_source()) }
            })
        }
        "datahub-data" => check_project(head, path, tenants),
        "oss-tables" => check_tables(path, tenants),
        _ => Ok(()),
    }
}

/// The bucket of tables that a path names: `acs:osstables:REGION:ACCOUNT:bucket/NAME`, with a table behind it or not. It is
/// named once and in this spelling, since a server may see a name in another.
fn check_tables(path: &[u8], tenants: &Tenants) -> Result<(), Refusal> {
    let mut whole: Vec<u8> = decoded(path, Spelling::Path).collect();
    whole.make_ascii_lowercase();
    let names = memchr::memmem::find_iter(&whole, b"osstables").count();
    let Some(resource) = crate::sign::oss::table_bucket(path) else {
        return if names == 0 { Ok(()) } else { Err(foreign_tables()) };
    };
    let resource: Vec<u8> = decoded(resource, Spelling::Path).collect();
    let bucket = std::str::from_utf8(&resource).ok().and_then(|resource| {
        let name = resource.splitn(5, ':').nth(4)?.strip_prefix("bucket/")?;
        let (name, below) = name.split_once('/').unwrap_or((name, "table/"));
        below.starts_with("table/").then_some(name)
    });
    let is_listed = bucket.is_some_and(|bucket| tenants.lists("oss", bucket));
    if is_listed && names == 1 { Ok(()) } else { Err(foreign_tables()) }
}

/// DataHub's projects, `/projects/NAME/…`. The signature covers the decoded path, so what a server might take apart
/// elsewhere than here is refused as well.
fn check_project(head: &Head, path: &[u8], tenants: &Tenants) -> Result<(), Refusal> {
    let slashes = |path: &[u8]| memchr::memchr_iter(b'/', path).count();
    let decoded: Vec<u8> = decoded(path, Spelling::Path).collect();
    let is_plain = !decoded.iter().any(|byte| matches!(byte, b';' | b'\\' | b'%'))
        && !decoded.windows(2).any(|pair| pair == b"//")
        && slashes(&decoded) == slashes(path);
    let mut segments = decoded.strip_prefix(b"/").unwrap_or_default().split(|&byte| byte == b'/');
    let refused = |sentence: &'static str, action: &'static str| {
        Err(Refusal::new(Code::HostNotAllowed, sentence, action))
    };
    if !is_plain || segments.next() != Some(b"projects") {
        return refused(
            "the path is not one that begins with `/projects`, or could be taken apart in two ways",
            "send `/projects/NAME/…`, with a plain name",
        );
    }
    match segments.next() {
        // What lists the projects names nobody's.
        None | Some(b"") if matches!(head.method(), Some(Method::Get)) => Ok(()),
        Some(name) if std::str::from_utf8(name).is_ok_and(|name| tenants.lists("datahub", name)) => Ok(()),
        _ => refused(
            "the path names a project that is not listed, or none",
            "add it to `datahub` under [tenants]",
        ),
    }
}

/// Function Compute's HTTP triggers, `/VERSION/proxy/…`: what is sent there, headers included, is handed to the function's
/// code. That of a listed account is the operator's own, called in the one way that is documented; other spellings that a
/// server might take for it are refused.
fn check_function(endpoint: &Endpoint, path: &[u8]) -> Result<(), Refusal> {
    if endpoint.tenant().is_some() && endpoint.product().code == "fc-open" && path.starts_with(TRIGGERS) {
        return Ok(());
    }
    let path: Vec<u8> = decoded(path, Spelling::Path).collect();
    let is_plain = !path.iter().any(|byte| matches!(byte, b';' | b'\\' | b'%'))
        && !path.windows(2).any(|pair| pair == b"//");
    let second = path.split(|&byte| byte == b'/').nth(2).unwrap_or_default();
    if !is_plain || second.trim_ascii().eq_ignore_ascii_case(b"proxy") {
        return Err(Refusal::new(
            Code::NeverSignHost,
            "this path runs a function, or could be taken for one that does, and its code would read the credential",
            "call a function of your own by `/2016-08-15/proxy/SERVICE/FUNCTION/` at `ACCOUNT.REGION.fc.aliyuncs.com`",
        ));
    }
    Ok(())
}

fn foreign_tables() -> Refusal {
    Refusal::new(
        Code::HostNotAllowed,
        "the path names a bucket of tables that is not listed",
        "add it to `oss` under [tenants]",
    )
}

fn foreign_source() -> Refusal {
    Refusal::new(
        Code::HostNotAllowed,
        "the header for the source of a copy names a bucket that is not listed",
        "add it to `oss` under [tenants]",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint;
    use crate::wire::HeadLimits;

    fn check_one(host: &str, path: &str, header: &str) -> Result<(), Code> {
        let mut tenants = Tenants::none();
        tenants.allow("oss", "mine-*").unwrap();
        tenants.allow("fc", "123456").unwrap();
        tenants.allow("datahub", "Mine_*").unwrap();
        let endpoint = endpoint::by_path(endpoint::reverse(host, &tenants).unwrap(), path.as_bytes());
        let mut head = Head::new();
        head.buffer()
            .extend_from_slice(format!("PUT {path} HTTP/1.1\r\nHost: {host}\r\n{header}\r\n").as_bytes());
        assert_eq!(head.parse(&HeadLimits { head: 4096, headers: 10, uri: 1024 }), Ok(true));
        check(&head, &endpoint, path.as_bytes(), &tenants).map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_copy_reads_from_listed_buckets_only() {
        let copy = |source: &str| {
            check_one(
                "mine-1.oss-cn-hangzhou.aliyuncs.com",
                "/k",
                &format!("x-oss-copy-source: {source}\r\n"),
            )
        };
        for source in ["/mine-2/key", "mine-2/a%2Fb", "/mine%2D2/key?versionId=1"] {
            assert_eq!(copy(source), Ok(()), "{source}");
        }
        for source in ["/theirs/key", "theirs", "/", "//mine-2/key", "/theirs%2Fmine-2/key"] {
            assert_eq!(copy(source), Err(Code::HostNotAllowed), "{source}");
        }
    }

    #[test]
    fn a_bucket_is_named_by_the_host_and_never_by_the_path() {
        let host = "oss-cn-hangzhou.aliyuncs.com";
        for path in ["/theirs/key", "/theirs/", "/theirs", "//theirs/key", "/./theirs"] {
            assert_eq!(check_one(host, path, ""), Err(Code::HostNotAllowed), "{path}");
        }
        assert_eq!(check_one(host, "/", ""), Ok(()));
        assert_eq!(check_one("mine-1.oss-cn-hangzhou.aliyuncs.com", "//any/key", ""), Ok(()));
    }

    #[test]
    fn a_project_is_named_by_the_path_in_one_way_alone() {
        let host = "dh-cn-hangzhou.aliyuncs.com";
        for path in ["/projects/Mine_1", "/projects/Mine%5f1/topics/t%20t/shards/0"] {
            assert_eq!(check_one(host, path, ""), Ok(()), "{path}");
        }
        for path in [
            "/projects/theirs",
            "/projects/mine_1",
            "/projects",
            "/projects/",
            "/projects//Mine_1",
            "//projects/Mine_1",
            "/Projects/Mine_1",
            "/projects%2FMine_1",
            "/projects/Mine_1%2ftopics",
            "/projects/Mine_1/..;/theirs",
            "/projects/Mine_1/topics/..%5c..%5c..%5ctheirs",
            "/projects/Mine_1/%252e%252e/theirs",
            "/",
        ] {
            assert_eq!(check_one(host, path, ""), Err(Code::HostNotAllowed), "{path}");
        }
    }

    #[test]
    fn a_listed_accounts_trigger_is_called_in_one_spelling_only() {
        let host = "123456.cn-hangzhou.fc.aliyuncs.com";
        for path in [
            "/2016-08-15/proxy",
            "/2023-03-30/proxy/s/f/",
            "/proxy/proxy/s/f/",
            "/2016-08-15/%70roxy/s/f/",
            "/2021-04-06/proxy/s/f/",
            "//2016-08-15/proxy/s/f/",
            "/2016-08-15//proxy/s/f/",
            "/2016-08-15/proxy;x/s/f/",
            "/2016-08-15/a/..;/proxy/s/f/",
            "/2016-08-15%2Fproxy/s/f/",
            "/2016-08-15/PROXY/s/f/",
            "/2016-08-15/proxy%20/s/f/",
            "/2016-08-15%5cproxy/s/f/",
            "/2016-08-15%252fproxy/s/f/",
        ] {
            assert_eq!(check_one(host, path, ""), Err(Code::NeverSignHost), "{path}");
        }
        for path in ["/2016-08-15/services", "/2016-08-15/proxy/s/f/", "/2016-08-15/proxy/s/f/a//b;c%25"] {
            assert_eq!(check_one(host, path, ""), Ok(()), "{path}");
        }
        // Where no account is named, nobody listed one.
        let trigger = "/2016-08-15/proxy/s/f/";
        for host in
            ["fc.cn-hangzhou.aliyuncs.com", "cn-hangzhou.fc.aliyuncs.com", "fcv3.cn-hangzhou.aliyuncs.com"]
        {
            assert_eq!(check_one(host, trigger, ""), Err(Code::NeverSignHost), "{host}");
        }
    }

    #[test]
    fn a_bucket_of_tables_is_named_once_and_in_one_spelling() {
        let host = "cn-hangzhou.oss-tables.aliyuncs.com";
        let arn = "acs%3Aosstables%3Acn-hangzhou%3A123%3Abucket%2F";
        for path in [
            "/buckets".to_owned(),
            format!("/namespaces/{arn}mine-1"),
            "/namespaces/acs:osstables:cn-hangzhou:123:bucket/mine-1/a".to_owned(),
            format!("/tag/{arn}mine-1%2Ftable%2F0aa1"),
        ] {
            assert_eq!(check_one(host, &path, ""), Ok(()), "{path}");
        }
        for path in [
            format!("/namespaces/{arn}theirs"),
            format!("/namespaces/{arn}theirs%2Fmine-1"),
            format!("/tables/{arn}mine-1/{arn}theirs"),
            format!("/tables/{arn}mine-1/../{arn}theirs"),
            "/buckets/ACS%3Aosstables%3Acn-hangzhou%3A123%3Abucket%2Ftheirs".to_owned(),
            "/buckets/%20acs%3Aosstables%3Acn-hangzhou%3A123%3Abucket%2Ftheirs".to_owned(),
            "/buckets/acs%253Aosstables%253Acn-hangzhou%253A123%253Abucket%252Ftheirs".to_owned(),
            "/buckets/acs:osstables:cn-hangzhou:123:x/mine-1/bucket/theirs".to_owned(),
        ] {
            assert_eq!(check_one(host, &path, ""), Err(Code::HostNotAllowed), "{path}");
        }
    }
}
