//! Pages of buckets and of uploads, and what a bucket tells of itself.

use super::super::client::{Visit, request};
use super::{all, call, one, put, refusal};

#[tokio::test]
async fn uploads_are_listed_in_pages_each_once() {
    let visit = Visit::new().await;
    let mut begun = Vec::new();
    for key in ["a", "b/1", "b/2", "c", "c", "c", "d+"] {
        begun.push((key, one(&call(&visit, ("POST", key, "uploads"), &[], b"").await, "UploadId")));
    }
    let page = async |more: &str| call(&visit, ("GET", "", &format!("uploads{more}")), &[], b"").await;
    for size in [1, 2, 3, 1_000] {
        let (mut seen, mut at) = (Vec::new(), String::new());
        // No more pages than entries.
        for turn in 0.. {
            assert!(turn < begun.len(), "no end to pages of {size}");
            let answer = page(&format!("&max-uploads={size}{at}")).await;
            seen.extend(all(&answer, "Key").into_iter().zip(all(&answer, "UploadId")));
            let next = (one(&answer, "NextKeyMarker"), one(&answer, "NextUploadIdMarker"));
            if one(&answer, "IsTruncated") == "false" {
                assert_eq!(next, (String::new(), String::new()));
                break;
            }
            at = format!("&key-marker={}&upload-id-marker={}", next.0, next.1);
        }
        let mut expected: Vec<_> = begun.iter().map(|(key, id)| ((*key).to_owned(), id.clone())).collect();
        expected.sort();
        assert_eq!(seen, expected, "pages of {size}");
    }
    // A marker of keys alone passes over all uploads of that key.
    assert_eq!(all(&page("&key-marker=c").await, "Key"), ["d+"]);
    let folded = page("&delimiter=%2F&encoding-type=url").await;
    assert_eq!(all(&folded, "Key"), ["a", "c", "c", "c", "d%2B"]);
    assert_eq!(all(&folded, "Prefix"), ["", "b%2F"]);
    let first = page("&delimiter=%2F&max-uploads=2").await;
    assert_eq!((one(&first, "NextKeyMarker"), one(&first, "IsTruncated")), ("b/".into(), "true".into()));
    let second = page("&delimiter=%2F&max-uploads=1&key-marker=b%2F").await;
    assert_eq!((all(&second, "Key"), all(&second, "CommonPrefixes").len()), (vec!["c".to_owned()], 0));
    assert_eq!(all(&page("&prefix=b%2F").await, "Key"), ["b/1", "b/2"]);
    assert_eq!(refusal(&page("&max-uploads=0").await), (400, "InvalidArgument".to_owned()));
}

#[tokio::test]
async fn buckets_are_listed_in_pages_and_one_too_many_is_not_made() {
    let visit = Visit::new().await;
    let host = "oss-cn-hangzhou.aliyuncs.com";
    let make =
        async |name: &str| visit.oss(&visit.user(), request("PUT", &format!("{name}.{host}"), "/", "")).await;
    for number in 0..99 {
        assert_eq!(make(&format!("made-{number:02}")).await.status, 200);
    }
    assert_eq!(refusal(&make("made-99").await), (400, "TooManyBuckets".to_owned()));
    assert_eq!(make("made-98").await.status, 200, "it is there already");
    let list = async |query: &str| visit.oss(&visit.user(), request("GET", host, "/", query)).await;
    let (mut seen, mut marker) = (Vec::new(), String::new());
    for _ in 0..4 {
        let answer = list(&format!("prefix=made-&max-keys=30&marker={marker}")).await;
        seen.extend(all(&answer, "Name"));
        marker = all(&answer, "NextMarker").pop().unwrap_or_default();
    }
    assert_eq!((seen.len(), seen.first().map(String::as_str), marker.as_str()), (99, Some("made-00"), ""));
    assert_eq!(refusal(&list("max-keys=1001").await), (400, "InvalidArgument".to_owned()));
}

#[tokio::test]
async fn a_bucket_tells_what_is_in_it() {
    let visit = Visit::new().await;
    put(&visit, "a", &[0; 100]).await;
    put(&visit, "b", &[0; 11]).await;
    let id = one(&call(&visit, ("POST", "c", "uploads"), &[], b"").await, "UploadId");
    call(&visit, ("PUT", "c", &format!("partNumber=1&uploadId={id}")), &[], b"x").await;
    let stat = call(&visit, ("GET", "", "stat"), &[], b"").await;
    for (name, value) in
        [("Storage", "111"), ("ObjectCount", "2"), ("MultipartUploadCount", "1"), ("MultipartPartCount", "1")]
    {
        assert_eq!(one(&stat, name), value, "{name}");
    }
    let listed = call(&visit, ("GET", "", "location"), &[], b"").await;
    assert_eq!(one(&listed, "LocationConstraint"), "oss-cn-hangzhou");
}
