"""`boto3`: OSS in the dialect of Amazon S3. Pointed at the proxy by its configuration's `proxies`, or by its endpoint."""

import hashlib
import io
import os
import urllib.request

import boto3
import checks
import dummies
import objects
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

# It exists from the start; the other is made here.
BUCKET, FAR_BUCKET = "demo", "made-by-boto3"
PREFIX = "boto3/"
# OSS takes parts of 100 KiB and more, S3 of 5 MiB.
PART = 5 * 1024 * 1024


def client(region="cn-hangzhou", pinned=None, **more):
    """Of a bucket's own host, by the proxy; or, `pinned`, of a listener that stands for the endpoint."""
    style = {"addressing_style": "path" if pinned else "virtual"}
    proxies = None if pinned else {"http": os.environ["FORWARD"]}
    usual = {
        "region_name": f"oss-{region}",
        "endpoint_url": pinned or f"http://s3.oss-{region}.aliyuncs.com",
        "config": Config(s3=style, proxies=proxies, signature_version="s3v4"),
        "aws_access_key_id": dummies.ACCESS_KEY_ID,
        "aws_secret_access_key": dummies.ACCESS_KEY_SECRET,
    }
    return boto3.client("s3", **(usual | more))


def in_the_path():
    return client(pinned=os.environ["PINNED_OSS_CN_HANGZHOU"])


def put(of, key, body, bucket=BUCKET, **more):
    return of.put_object(Bucket=bucket, Key=key, Body=body, **more)


def get(of, key, bucket=BUCKET, **more):
    return of.get_object(Bucket=bucket, Key=key, **more)


def read(of, key, bucket=BUCKET, **more):
    return get(of, key, bucket, **more)["Body"].read()


def fetched(url, **more):
    """What whoever has a URL, and no SDK, gets through the proxy."""
    proxy = urllib.request.build_opener(urllib.request.ProxyHandler({"http": os.environ["FORWARD"]}))
    return proxy.open(urllib.request.Request(url, **more), timeout=30)


def refused(status, code, act, kind=ClientError):
    answer = checks.raised(kind, act).response
    checks.same((answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]), (status, code))
    return answer


def an_object_comes_back_with_its_headers():
    of, body = client(), b"first\x00\xff bytes"
    done = put(of, PREFIX + "one", body, ContentType="text/x-one", CacheControl="no-cache", Metadata={"author": "a b"})
    digest = f'"{hashlib.md5(body).hexdigest().upper()}"'
    checks.same((done["ETag"], len(done["ResponseMetadata"]["RequestId"])), (digest, 24))
    got = get(of, PREFIX + "one")
    checks.same(got["Body"].read(), body)
    checks.same((got["ContentType"], got["CacheControl"], got["ETag"]), ("text/x-one", "no-cache", digest))
    # What the SDK wrapped the body in on its way there is not part of the object.
    checks.same((got["Metadata"], got.get("ContentEncoding")), ({"author": "a b"}, None))


def a_head_tells_the_size_and_has_no_body():
    of = client()
    put(of, PREFIX + "headed", b"12345")
    got = of.head_object(Bucket=BUCKET, Key=PREFIX + "headed")
    checks.same((got["ContentLength"], got["ContentType"]), (5, "application/octet-stream"))


def every_awkward_key_is_its_own_object_in_both_styles():
    styles = (client(), in_the_path())
    for number, key in enumerate(objects.KEYS):
        put(styles[number % 2], PREFIX + "keys/" + key, f"{number} {key}".encode())
    for number, key in enumerate(objects.KEYS):
        for of in styles:
            checks.same(read(of, PREFIX + "keys/" + key).decode(), f"{number} {key}")


def listings_of_both_versions_page_and_show_every_awkward_key_once():
    expected = sorted((PREFIX + "keys/" + key for key in objects.KEYS), key=str.encode)
    for call in ("list_objects_v2", "list_objects"):
        asked = {"Bucket": BUCKET, "Prefix": PREFIX + "keys/", "PaginationConfig": {"PageSize": 4}}
        pages = list(client().get_paginator(call).paginate(**asked))
        checks.same([len(page["Contents"]) for page in pages], [4, 4, 4, 3])
        checks.same([one["Key"] for page in pages for one in page["Contents"]], expected)


def a_listing_folds_at_a_delimiter():
    page = client().list_objects_v2(Bucket=BUCKET, Prefix=PREFIX + "keys/a/", Delimiter="/")
    prefixes = [one["Prefix"] for one in page["CommonPrefixes"]]
    checks.same(prefixes, [PREFIX + "keys/a//", PREFIX + "keys/a/ends-with-slashes/", PREFIX + "keys/a/nested/"])
    checks.same([one["Key"] for one in page["Contents"]], [PREFIX + "keys/a/b"])


def a_range_is_that_stretch():
    of = client()
    put(of, PREFIX + "range", bytes(range(256)))
    got = get(of, PREFIX + "range", Range="bytes=16-31")
    checks.same((got["ResponseMetadata"]["HTTPStatusCode"], got["ContentRange"]), (206, "bytes 16-31/256"))
    checks.same(got["Body"].read(), bytes(range(16, 32)))
    checks.same(read(of, PREFIX + "range", Range="bytes=-5"), bytes(range(251, 256)))


def a_large_object_is_streamed_both_ways_unchanged():
    of, body = in_the_path(), objects.large()
    put(of, PREFIX + "large", io.BytesIO(body))
    got = get(of, PREFIX + "large")
    checks.same((got["ContentLength"], got.get("ContentEncoding")), (len(body), None))
    checks.same(objects.digest(got["Body"].iter_chunks(1 << 20)), hashlib.sha256(body).hexdigest())
    of.delete_object(Bucket=BUCKET, Key=PREFIX + "large")


def every_checksum_that_the_sdk_can_name_is_sent_in_a_header():
    # In chunks, with the sum behind the last, it sends over TLS alone.
    of, sent = client(), {}
    of.meta.events.register("before-send.s3.PutObject", lambda request, **_: sent.update(request.headers))
    for name in ("CRC32", "SHA1", "SHA256"):
        for body in (b"held", io.BytesIO(b"held")):
            sent.clear()
            put(of, f"{PREFIX}summed/{name}", body, ChecksumAlgorithm=name)
            assert f"x-amz-checksum-{name.lower()}" in sent, sent
            checks.same(read(of, f"{PREFIX}summed/{name}", ChecksumMode="ENABLED"), b"held")


def a_checksum_that_the_caller_reckoned_goes_out_with_the_object():
    put(client(), PREFIX + "summed/own", b"held", ChecksumSHA256="5V1hBoU79zPh4AzEpMZHV0fBBzMUNo1+xUXcRPhKkrE=")
    checks.same(read(client(), PREFIX + "summed/own"), b"held")
    wrong = {"ContentMD5": "AAAAAAAAAAAAAAAAAAAAAA=="}
    refused(400, "InvalidDigest", lambda: put(client(), PREFIX + "summed/wrong", b"held", **wrong))


def as_others_set_it_up():
    """The bucket in the path of the endpoint, the region without `oss-`, no checksum that is not asked for, and URLs
    signed as S3 did before version 4."""
    config = Config(
        s3={"addressing_style": "path"},
        proxies={"http": os.environ["FORWARD"]},
        signature_version="s3",
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return client(region_name="cn-hangzhou", config=config)


def a_client_that_is_set_up_otherwise_is_served_too():
    of, key = as_others_set_it_up(), PREFIX + "bare ü"
    put(of, key, io.BytesIO(b"bare"))
    checks.same(read(of, key), b"bare")
    checks.same(fetched(of.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": key})).read(), b"bare")


def parts_become_an_object():
    of, key = client(), PREFIX + "parts//中 +%2F"
    upload = of.create_multipart_upload(Bucket=BUCKET, Key=key, Metadata={"by": "parts"})["UploadId"]
    asked, parts = {"Bucket": BUCKET, "Key": key, "UploadId": upload}, []
    bodies = {1: b"a" * 102_400, 7: b"b" * 102_400, 10000: b"end"}
    for number, body in bodies.items():
        etag = of.upload_part(PartNumber=number, Body=io.BytesIO(body), **asked)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    listed = of.list_parts(**asked)["Parts"]
    checks.same([(one["PartNumber"], one["Size"]) for one in listed], [(number, len(one)) for number, one in bodies.items()])
    done = of.complete_multipart_upload(MultipartUpload={"Parts": parts}, **asked)
    assert done["ETag"].strip('"').endswith("-3"), done["ETag"]
    got = get(of, key)
    checks.same((got["Body"].read(), got["Metadata"]), (b"".join(bodies.values()), {"by": "parts"}))
    refused(404, "NoSuchUpload", lambda: of.list_parts(**asked), of.exceptions.NoSuchUpload)


def the_transfer_manager_uploads_and_downloads_in_parallel():
    of, body = client(), objects.large()[: 3 * PART + 5]
    options = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=3)
    of.upload_fileobj(io.BytesIO(body), BUCKET, PREFIX + "managed ü", Config=options)
    down = io.BytesIO()
    of.download_fileobj(BUCKET, PREFIX + "managed ü", down, Config=options)
    checks.same(objects.digest([down.getvalue()]), objects.digest([body]))


def uploads_are_listed_and_aborted():
    of, key = client(), PREFIX + "uploads/a b"
    upload = of.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
    listed = of.list_multipart_uploads(Bucket=BUCKET, Prefix=PREFIX + "uploads/")["Uploads"]
    checks.same([(one["Key"], one["UploadId"]) for one in listed], [(key, upload)])
    of.abort_multipart_upload(Bucket=BUCKET, Key=key, UploadId=upload)
    assert "Uploads" not in of.list_multipart_uploads(Bucket=BUCKET, Prefix=PREFIX + "uploads/")


def an_object_is_copied_with_its_metadata_or_with_another():
    of, source = client(), {"Bucket": BUCKET, "Key": PREFIX + "copy/ü+ %2F//s"}
    put(of, source["Key"], b"copied", Metadata={"a": "b"})
    done = of.copy_object(Bucket=BUCKET, Key=PREFIX + "copied", CopySource=source)
    checks.same(done["CopyObjectResult"]["ETag"], f'"{hashlib.md5(b"copied").hexdigest().upper()}"')
    got = get(of, PREFIX + "copied")
    checks.same((got["Body"].read(), got["Metadata"]), (b"copied", {"a": "b"}))
    more = {"MetadataDirective": "REPLACE", "Metadata": {"c": "d"}}
    of.copy_object(Bucket=BUCKET, Key=PREFIX + "copied", CopySource=source, **more)
    checks.same(of.head_object(Bucket=BUCKET, Key=PREFIX + "copied")["Metadata"], {"c": "d"})


def reads_keep_to_their_conditions():
    of = client()
    etag = put(of, PREFIX + "conditions", b"body")["ETag"]
    checks.same(read(of, PREFIX + "conditions", IfMatch=etag), b"body")
    refused(412, "PreconditionFailed", lambda: read(of, PREFIX + "conditions", IfMatch='"0"'))
    refused(304, "304", lambda: read(of, PREFIX + "conditions", IfNoneMatch=etag))


def many_objects_are_deleted_at_once():
    # OSS demands a `Content-MD5` here, which the SDK no longer sends; the proxy adds it.
    of, keys = client(), [PREFIX + "many/" + key for key in objects.KEYS]
    for key in keys:
        put(of, key, b"")
    named = [{"Key": key} for key in keys]
    done = of.delete_objects(Bucket=BUCKET, Delete={"Objects": named[:5]})
    checks.same(sorted(one["Key"] for one in done["Deleted"]), sorted(keys[:5]))
    assert not of.delete_objects(Bucket=BUCKET, Delete={"Objects": named[5:], "Quiet": True}).get("Deleted")
    checks.same(of.list_objects_v2(Bucket=BUCKET, Prefix=PREFIX + "many/")["KeyCount"], 0)


def a_deleted_object_is_gone_and_the_sdk_says_so():
    of = client()
    put(of, PREFIX + "gone", b"soon")
    checks.same(of.delete_object(Bucket=BUCKET, Key=PREFIX + "gone")["ResponseMetadata"]["HTTPStatusCode"], 204)
    answer = refused(404, "NoSuchKey", lambda: read(of, PREFIX + "gone"), of.exceptions.NoSuchKey)
    checks.same(answer["Error"]["Key"], PREFIX + "gone")
    refused(404, "404", lambda: of.head_object(Bucket=BUCKET, Key=PREFIX + "gone"))
    nowhere = {"Bucket": "made-by-nobody"}
    refused(404, "NoSuchBucket", lambda: of.list_objects_v2(**nowhere), of.exceptions.NoSuchBucket)


def a_url_that_was_signed_with_the_dummy_key_works_through_the_proxy():
    of, key = client(), PREFIX + "by url ü"

    def url(call, **more):
        return of.generate_presigned_url(call, Params={"Bucket": BUCKET, "Key": key, **more}, ExpiresIn=60)

    checks.same(fetched(url("put_object"), data=b"by url", method="PUT").status, 200)
    got = fetched(url("get_object", ResponseContentType="text/x-two"))
    checks.same((got.read(), got.headers["Content-Type"]), (b"by url", "text/x-two"))


def the_buckets_and_their_facts_come_back():
    of = client()
    assert BUCKET in [one["Name"] for one in of.list_buckets()["Buckets"]]
    checks.same(of.head_bucket(Bucket=BUCKET)["ResponseMetadata"]["HTTPStatusCode"], 200)
    checks.same(of.get_bucket_location(Bucket=BUCKET)["LocationConstraint"], "oss-cn-hangzhou")


def a_bucket_of_another_region_is_made_filled_and_deleted():
    plain, tokened = client("cn-beijing"), client("cn-beijing", aws_session_token=dummies.SECURITY_TOKEN)
    plain.create_bucket(Bucket=FAR_BUCKET)
    for of, key in ((plain, "a//中%2F"), (tokened, "with a token")):
        put(of, key, io.BytesIO(key.encode()), FAR_BUCKET)
        checks.same(read(of, key, FAR_BUCKET).decode(), key)
    named = [{"Key": one["Key"]} for one in plain.list_objects_v2(Bucket=FAR_BUCKET)["Contents"]]
    checks.same(len(tokened.delete_objects(Bucket=FAR_BUCKET, Delete={"Objects": named})["Deleted"]), 2)
    checks.same(plain.delete_bucket(Bucket=FAR_BUCKET)["ResponseMetadata"]["HTTPStatusCode"], 204)


def refused_in(region):
    """What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way."""
    answer = checks.raised(ClientError, lambda: put(client(region), PREFIX + "spoilt", b"spoilt")).response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def a_spoilt_signature_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shanghai"), (403, "SignatureDoesNotMatch"))


def a_header_changed_after_signing_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shenzhen"), (403, "SignatureDoesNotMatch"))


def a_request_that_comes_to_another_region_is_the_sdks_own_exception():
    checks.same(refused_in("cn-qingdao"), (400, "InvalidArgument"))


checks.run(
    an_object_comes_back_with_its_headers,
    a_head_tells_the_size_and_has_no_body,
    every_awkward_key_is_its_own_object_in_both_styles,
    listings_of_both_versions_page_and_show_every_awkward_key_once,
    a_listing_folds_at_a_delimiter,
    a_range_is_that_stretch,
    a_large_object_is_streamed_both_ways_unchanged,
    every_checksum_that_the_sdk_can_name_is_sent_in_a_header,
    a_checksum_that_the_caller_reckoned_goes_out_with_the_object,
    a_client_that_is_set_up_otherwise_is_served_too,
    parts_become_an_object,
    the_transfer_manager_uploads_and_downloads_in_parallel,
    uploads_are_listed_and_aborted,
    an_object_is_copied_with_its_metadata_or_with_another,
    reads_keep_to_their_conditions,
    many_objects_are_deleted_at_once,
    a_deleted_object_is_gone_and_the_sdk_says_so,
    a_url_that_was_signed_with_the_dummy_key_works_through_the_proxy,
    the_buckets_and_their_facts_come_back,
    a_bucket_of_another_region_is_made_filled_and_deleted,
    a_spoilt_signature_is_the_sdks_own_exception,
    a_header_changed_after_signing_is_the_sdks_own_exception,
    a_request_that_comes_to_another_region_is_the_sdks_own_exception,
)
