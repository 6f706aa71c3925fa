"""`oss2`: the SDK for OSS before the current one. Pointed at the proxy by `http_proxy`."""

import hashlib
import io
import tempfile
from pathlib import Path

import checks
import dummies
import objects
import oss2

HOST, FAR_HOST = "http://oss-cn-hangzhou.aliyuncs.com", "http://oss-cn-beijing.aliyuncs.com"
BUCKET, FAR_BUCKET = "demo", "made-by-oss2"
PREFIX = "oss2/"

VERSION_1 = oss2.Auth(dummies.ACCESS_KEY_ID, dummies.ACCESS_KEY_SECRET)
VERSION_4 = oss2.AuthV4(dummies.ACCESS_KEY_ID, dummies.ACCESS_KEY_SECRET)


def bucket(auth=VERSION_4):
    return oss2.Bucket(auth, HOST, BUCKET, region="cn-hangzhou")


def token(version):
    """A caller that believes to have a session."""
    return oss2.StsAuth(
        dummies.ACCESS_KEY_ID, dummies.ACCESS_KEY_SECRET, dummies.SECURITY_TOKEN, auth_version=version
    )


def an_object_comes_back_with_its_headers():
    of, body = bucket(), b"first\x00\xff bytes"
    headers = {"Content-Type": "text/x-one", "x-oss-meta-author": "a b", "Cache-Control": "no-cache"}
    done = of.put_object(PREFIX + "one", body, headers=headers)
    digest = hashlib.md5(body).hexdigest().upper()
    checks.same((done.status, done.etag), (200, digest))
    assert len(done.request_id) == 24, done.request_id
    got = of.get_object(PREFIX + "one")
    checks.same(got.read(), body)
    checks.same((got.content_type, got.headers["Cache-Control"], got.etag), ("text/x-one", "no-cache", digest))
    checks.same((got.headers["x-oss-meta-author"], got.server_crc), ("a b", done.crc))


def a_head_tells_the_size_and_has_no_body():
    of = bucket()
    of.put_object(PREFIX + "headed", b"12345")
    got = of.head_object(PREFIX + "headed")
    checks.same((got.content_length, got.object_type), (5, "Normal"))
    checks.same(of.get_object_meta(PREFIX + "headed").content_length, 5)


def keys_survive(of, folder):
    for number, key in enumerate(objects.KEYS):
        of.put_object(PREFIX + folder + key, f"{number} {key}")
    for number, key in enumerate(objects.KEYS):
        checks.same(of.get_object(PREFIX + folder + key).read().decode(), f"{number} {key}")


def every_awkward_key_is_its_own_object():
    keys_survive(bucket(), "keys/")


def every_awkward_key_survives_a_signature_of_version_1():
    keys_survive(bucket(VERSION_1), "keys-1/")


def a_listing_shows_every_awkward_key_once():
    found = [one.key for one in oss2.ObjectIterator(bucket(), prefix=PREFIX + "keys/", max_keys=4)]
    checks.same(found, sorted((PREFIX + "keys/" + key for key in objects.KEYS), key=str.encode))
    second = [one.key for one in oss2.ObjectIteratorV2(bucket(), prefix=PREFIX + "keys/", max_keys=4)]
    checks.same(second, found)


def a_listing_folds_at_a_delimiter():
    page = bucket().list_objects(prefix=PREFIX + "keys/a/", delimiter="/")
    folded = [PREFIX + "keys/a//", PREFIX + "keys/a/ends-with-slashes/", PREFIX + "keys/a/nested/"]
    checks.same(page.prefix_list, folded)
    checks.same([one.key for one in page.object_list], [PREFIX + "keys/a/b"])


def a_range_is_that_stretch():
    of = bucket()
    of.put_object(PREFIX + "range", bytes(range(256)))
    got = of.get_object(PREFIX + "range", byte_range=(16, 31))
    checks.same((got.status, got.content_range), (206, "bytes 16-31/256"))
    checks.same(got.read(), bytes(range(16, 32)))
    checks.same(of.get_object(PREFIX + "range", byte_range=(None, 5)).read(), bytes(range(251, 256)))


def a_large_object_is_streamed_both_ways_unchanged():
    of, body = bucket(), objects.large()
    with tempfile.TemporaryDirectory() as directory:
        up, down = Path(directory, "up"), Path(directory, "down")
        up.write_bytes(body)
        of.put_object_from_file(PREFIX + "large", str(up))
        of.get_object_to_file(PREFIX + "large", str(down))
        got = down.read_bytes()
    checks.same((len(got), hashlib.sha256(got).digest()), (len(body), hashlib.sha256(body).digest()))
    middle = objects.LARGE_BYTES // 2
    stretch = of.get_object(PREFIX + "large", byte_range=(middle, middle + 99)).read()
    checks.same(stretch, body[middle : middle + 100])


def a_body_of_unknown_length_is_sent_in_chunks():
    class Endless(io.RawIOBase):
        """Can be read, but neither measured nor rewound."""

        left = 50

        def read(self, size=-1):
            self.left -= 1
            return bytes([self.left]) * 1000 if self.left >= 0 else b""

        def fileno(self):
            raise io.UnsupportedOperation

    of = bucket()
    of.put_object(PREFIX + "chunked", iter(lambda source=Endless(): source.read(), b""))
    checks.same(of.get_object(PREFIX + "chunked").read(), b"".join(bytes([n]) * 1000 for n in reversed(range(50))))


def a_deleted_object_is_gone_and_oss_says_so():
    of = bucket()
    of.put_object(PREFIX + "gone", b"soon")
    checks.same(of.delete_object(PREFIX + "gone").status, 204)
    error = checks.raised(oss2.exceptions.NoSuchKey, lambda: of.get_object(PREFIX + "gone"))
    checks.same((error.status, error.code, error.details["Key"]), (404, "NoSuchKey", PREFIX + "gone"))
    assert not of.object_exists(PREFIX + "gone") and of.object_exists(PREFIX + "one")


def the_buckets_and_their_facts_come_back():
    service = oss2.Service(VERSION_4, HOST, region="cn-hangzhou")
    assert BUCKET in [one.name for one in oss2.BucketIterator(service)]
    info = bucket().get_bucket_info()
    checks.same((info.name, info.location, info.acl.grant), (BUCKET, "oss-cn-hangzhou", "private"))
    checks.same(bucket().get_bucket_location().location, "oss-cn-hangzhou")


def a_client_without_any_key_is_served_too():
    of = bucket(oss2.AnonymousAuth())
    of.put_object(PREFIX + "keys-none/ü", b"nobody signed this")
    checks.same(of.get_object(PREFIX + "keys-none/ü").read(), b"nobody signed this")


def a_dummy_token_is_replaced_whatever_the_signature():
    for version in (oss2.AUTH_VERSION_1, oss2.AUTH_VERSION_2, oss2.AUTH_VERSION_4):
        of = bucket(token(version))
        of.put_object(PREFIX + f"token {version}", version)
        checks.same(of.get_object(PREFIX + f"token {version}").read().decode(), version)


def a_bucket_of_another_region_is_made_filled_and_deleted():
    for version in (oss2.AUTH_VERSION_1, oss2.AUTH_VERSION_2, oss2.AUTH_VERSION_4):
        of = oss2.Bucket(token(version), FAR_HOST, FAR_BUCKET, region="cn-beijing")
        of.create_bucket()
        of.put_object("a//中%2F", version)
        checks.same(of.get_object("a//中%2F").read().decode(), version)
        of.delete_object("a//中%2F")
        checks.same(of.delete_bucket().status, 204)


def refused_in(region):
    """What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way."""
    of = oss2.Bucket(VERSION_4, f"http://oss-{region}.aliyuncs.com", BUCKET, region=region)
    error = checks.raised(oss2.exceptions.ServerError, lambda: of.put_object(PREFIX + "spoilt", b"spoilt"))
    return error.status, error.code


def a_spoilt_signature_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shanghai"), (403, "SignatureDoesNotMatch"))


def a_header_changed_after_signing_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shenzhen"), (403, "SignatureDoesNotMatch"))


def a_request_that_comes_to_another_region_is_the_sdks_own_exception():
    checks.same(refused_in("cn-qingdao"), (400, "InvalidArgument"))


checks.run(
    an_object_comes_back_with_its_headers,
    a_head_tells_the_size_and_has_no_body,
    every_awkward_key_is_its_own_object,
    every_awkward_key_survives_a_signature_of_version_1,
    a_listing_shows_every_awkward_key_once,
    a_listing_folds_at_a_delimiter,
    a_range_is_that_stretch,
    a_large_object_is_streamed_both_ways_unchanged,
    a_body_of_unknown_length_is_sent_in_chunks,
    a_deleted_object_is_gone_and_oss_says_so,
    the_buckets_and_their_facts_come_back,
    a_client_without_any_key_is_served_too,
    a_dummy_token_is_replaced_whatever_the_signature,
    a_bucket_of_another_region_is_made_filled_and_deleted,
    a_spoilt_signature_is_the_sdks_own_exception,
    a_header_changed_after_signing_is_the_sdks_own_exception,
    a_request_that_comes_to_another_region_is_the_sdks_own_exception,
)
