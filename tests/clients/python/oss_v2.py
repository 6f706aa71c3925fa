"""`alibabacloud-oss-v2`: the current SDK for OSS. Pointed at the proxy by its endpoint, a pinned listener."""

import asyncio
import hashlib
import io
import os

import alibabacloud_oss_v2 as oss
import alibabacloud_oss_v2.aio as oss_aio
import checks
import dummies
import objects

# It exists from the start; the other is made here.
BUCKET, FAR_BUCKET = "demo", "made-by-oss-v2"
PREFIX = "oss-v2/"


def settings(**more):
    """The SDK's own configuration: an address as endpoint makes it use the path style."""
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(
        dummies.ACCESS_KEY_ID, dummies.ACCESS_KEY_SECRET
    )
    config.region = "cn-hangzhou"
    config.endpoint = os.environ["PINNED_OSS_CN_HANGZHOU"]
    for name, value in more.items():
        setattr(config, name, value)
    return config


def with_token():
    return oss.credentials.StaticCredentialsProvider(
        dummies.ACCESS_KEY_ID, dummies.ACCESS_KEY_SECRET, dummies.SECURITY_TOKEN
    )


def client(**more):
    return oss.Client(settings(**more))


def put(of, key, body, bucket=BUCKET, **more):
    return of.put_object(oss.PutObjectRequest(bucket=bucket, key=key, body=body, **more))


def get(of, key, bucket=BUCKET, **more):
    return of.get_object(oss.GetObjectRequest(bucket=bucket, key=key, **more))


def read(of, key, bucket=BUCKET, **more):
    with get(of, key, bucket, **more).body as stream:
        return stream.read()


def an_object_comes_back_with_its_headers():
    of, body = client(), b"first\x00\xff bytes"
    headers = {"content_type": "text/x-one", "metadata": {"Author": "a b"}, "cache_control": "no-cache"}
    done = put(of, PREFIX + "one", body, **headers)
    digest = hashlib.md5(body).hexdigest().upper()
    checks.same((done.status_code, done.etag), (200, f'"{digest}"'))
    assert len(done.request_id) == 24, done.request_id
    got = get(of, PREFIX + "one")
    checks.same(got.body.read(), body)
    checks.same((got.content_type, got.cache_control, got.etag), ("text/x-one", "no-cache", f'"{digest}"'))
    checks.same((dict(got.metadata)["author"], got.hash_crc64), ("a b", done.hash_crc64))


def a_head_tells_the_size_and_has_no_body():
    of = client()
    put(of, PREFIX + "headed", b"12345")
    got = of.head_object(oss.HeadObjectRequest(bucket=BUCKET, key=PREFIX + "headed"))
    checks.same((got.content_length, got.object_type), (5, "Normal"))


def every_awkward_key_is_its_own_object():
    of = client()
    for number, key in enumerate(objects.KEYS):
        put(of, PREFIX + "keys/" + key, f"{number} {key}".encode())
    for number, key in enumerate(objects.KEYS):
        checks.same(read(of, PREFIX + "keys/" + key).decode(), f"{number} {key}")


def a_listing_shows_every_awkward_key_once():
    found = []
    for page in client().list_objects_v2_paginator().iter_page(
        oss.ListObjectsV2Request(bucket=BUCKET, prefix=PREFIX + "keys/", max_keys=4)
    ):
        assert len(page.contents) <= 4, page.contents
        found += [one.key for one in page.contents]
    checks.same(found, sorted((PREFIX + "keys/" + key for key in objects.KEYS), key=str.encode))


def a_listing_of_the_first_version_pages_too():
    pages = client().list_objects_paginator().iter_page(
        oss.ListObjectsRequest(bucket=BUCKET, prefix=PREFIX + "keys/", max_keys=7)
    )
    checks.same([len(page.contents) for page in pages], [7, 7, 1])


def a_listing_folds_at_a_delimiter():
    page = client().list_objects_v2(
        oss.ListObjectsV2Request(bucket=BUCKET, prefix=PREFIX + "keys/a/", delimiter="/")
    )
    prefixes = [one.prefix for one in page.common_prefixes]
    checks.same(prefixes, [PREFIX + "keys/a//", PREFIX + "keys/a/ends-with-slashes/", PREFIX + "keys/a/nested/"])
    checks.same([one.key for one in page.contents], [PREFIX + "keys/a/b"])


def a_range_is_that_stretch():
    of = client()
    put(of, PREFIX + "range", bytes(range(256)))
    got = get(of, PREFIX + "range", range_header="bytes=16-31", range_behavior="standard")
    checks.same((got.status_code, got.content_range), (206, "bytes 16-31/256"))
    checks.same(got.body.read(), bytes(range(16, 32)))
    checks.same(read(of, PREFIX + "range", range_header="bytes=-5"), bytes(range(251, 256)))


def a_large_object_is_streamed_both_ways_unchanged():
    of, body = client(), objects.large()
    put(of, PREFIX + "large", io.BytesIO(body))
    digest, length = hashlib.sha256(), 0
    with get(of, PREFIX + "large").body as stream:
        for part in stream.iter_bytes(block_size=1 << 20):
            digest.update(part)
            length += len(part)
    checks.same((length, digest.digest()), (len(body), hashlib.sha256(body).digest()))
    middle = objects.LARGE_BYTES // 2
    stretch = read(of, PREFIX + "large", range_header=f"bytes={middle}-{middle + 99}")
    checks.same(stretch, body[middle : middle + 100])


def a_body_of_unknown_length_is_sent_in_chunks():
    of = client()
    put(of, PREFIX + "chunked", (bytes([number]) * 1000 for number in range(50)))
    checks.same(read(of, PREFIX + "chunked"), b"".join(bytes([number]) * 1000 for number in range(50)))


def an_empty_object_is_an_object():
    of = client()
    put(of, PREFIX + "empty", b"")
    checks.same(read(of, PREFIX + "empty"), b"")


def a_deleted_object_is_gone_and_oss_says_so():
    of = client()
    put(of, PREFIX + "gone", b"soon")
    checks.same(of.delete_object(oss.DeleteObjectRequest(bucket=BUCKET, key=PREFIX + "gone")).status_code, 204)
    error = checks.raised(oss.exceptions.OperationError, lambda: read(of, PREFIX + "gone")).unwrap()
    checks.same((error.status_code, error.code, error.ec), (404, "NoSuchKey", "0026-00000001"))
    assert not of.is_object_exist(BUCKET, PREFIX + "gone") and of.is_object_exist(BUCKET, PREFIX + "one")


def the_buckets_and_their_facts_come_back():
    of = client()
    assert BUCKET in [one.name for one in of.list_buckets(oss.ListBucketsRequest()).buckets]
    info = of.get_bucket_info(oss.GetBucketInfoRequest(bucket=BUCKET)).bucket_info
    checks.same((info.name, info.location, info.acl), (BUCKET, "oss-cn-hangzhou", "private"))


def a_client_without_any_key_is_served_too():
    of = client(credentials_provider=oss.credentials.AnonymousCredentialsProvider())
    put(of, PREFIX + "keys-none/ü", b"nobody signed this")
    checks.same(read(of, PREFIX + "keys-none/ü"), b"nobody signed this")


def the_signature_of_version_1_is_replaced():
    of = client(signature_version="v1", credentials_provider=with_token())
    put(of, PREFIX + "v1 ü", b"one", metadata={"a": "b"})
    checks.same(read(of, PREFIX + "v1 ü", response_content_type="text/x-one"), b"one")


def headers_that_the_caller_signed_in_addition_are_signed_again():
    of = client(additional_headers=["range", "host"])
    checks.same(read(of, PREFIX + "range", range_header="bytes=0-3"), bytes(range(4)))


def the_virtual_host_style_works_through_a_forward_listener():
    # Not a plain string: the SDK would file it under `http://`, where nobody looks, and go around the proxy.
    proxy = {"http": os.environ["FORWARD"]}
    of = client(endpoint="http://oss-cn-hangzhou.aliyuncs.com", proxy_host=proxy)
    put(of, PREFIX + "forward/中 文", b"by its own name")
    checks.same(read(of, PREFIX + "forward/中 文"), b"by its own name")


def an_asynchronous_client_is_served_too():
    async def there_and_back():
        of = oss_aio.AsyncClient(settings())
        try:
            await of.put_object(oss.PutObjectRequest(bucket=BUCKET, key=PREFIX + "async ü", body=b"later"))
            got = await of.get_object(oss.GetObjectRequest(bucket=BUCKET, key=PREFIX + "async ü"))
            return await got.body.read()
        finally:
            await of.close()

    checks.same(asyncio.run(there_and_back()), b"later")


def a_bucket_of_another_region_is_made_filled_and_deleted():
    far = {"endpoint": os.environ["PINNED_OSS_CN_BEIJING"], "region": "cn-beijing"}
    plain, tokened = client(**far), client(**far, credentials_provider=with_token())
    plain.put_bucket(oss.PutBucketRequest(bucket=FAR_BUCKET))
    for of, key in ((plain, "a//中%2F"), (tokened, "with a token")):
        put(of, key, key.encode(), FAR_BUCKET)
        checks.same(read(of, key, FAR_BUCKET).decode(), key)
        of.delete_object(oss.DeleteObjectRequest(bucket=FAR_BUCKET, key=key))
    checks.same(plain.delete_bucket(oss.DeleteBucketRequest(bucket=FAR_BUCKET)).status_code, 204)


def refused_in(region):
    """What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way."""
    proxy = {"http": os.environ["FORWARD"]}
    of = client(region=region, endpoint=f"http://oss-{region}.aliyuncs.com", proxy_host=proxy)
    error = checks.raised(oss.exceptions.OperationError, lambda: put(of, PREFIX + "spoilt", b"spoilt")).unwrap()
    return type(error), error.status_code, error.code


def a_spoilt_signature_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shanghai"), (oss.exceptions.ServiceError, 403, "SignatureDoesNotMatch"))


def a_header_changed_after_signing_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shenzhen"), (oss.exceptions.ServiceError, 403, "SignatureDoesNotMatch"))


def a_request_that_comes_to_another_region_is_the_sdks_own_exception():
    checks.same(refused_in("cn-qingdao"), (oss.exceptions.ServiceError, 400, "InvalidArgument"))


checks.run(
    an_object_comes_back_with_its_headers,
    a_head_tells_the_size_and_has_no_body,
    every_awkward_key_is_its_own_object,
    a_listing_shows_every_awkward_key_once,
    a_listing_of_the_first_version_pages_too,
    a_listing_folds_at_a_delimiter,
    a_range_is_that_stretch,
    a_large_object_is_streamed_both_ways_unchanged,
    a_body_of_unknown_length_is_sent_in_chunks,
    an_empty_object_is_an_object,
    a_deleted_object_is_gone_and_oss_says_so,
    the_buckets_and_their_facts_come_back,
    a_client_without_any_key_is_served_too,
    the_signature_of_version_1_is_replaced,
    headers_that_the_caller_signed_in_addition_are_signed_again,
    the_virtual_host_style_works_through_a_forward_listener,
    an_asynchronous_client_is_served_too,
    a_bucket_of_another_region_is_made_filled_and_deleted,
    a_spoilt_signature_is_the_sdks_own_exception,
    a_header_changed_after_signing_is_the_sdks_own_exception,
    a_request_that_comes_to_another_region_is_the_sdks_own_exception,
)
