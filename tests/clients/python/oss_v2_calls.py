"""`alibabacloud-oss-v2`: every call that moves objects, with objects of OBJECT_MIB, in both styles of addressing."""

import os
import tempfile
from pathlib import Path

import alibabacloud_oss_v2 as oss
import checks
import dummies
import objects

BUCKET, FAR_BUCKET = "demo", "made-by-oss-v2-calls"
PREFIX = "oss-v2-calls/"

SCRATCH = tempfile.TemporaryDirectory()
SOURCE = Path(SCRATCH.name, "source")
SUM = objects.write(SOURCE)

# Modest objects have parts of the least size that OSS takes.
PART = max(objects.SIZE // 64, 100 * 1024)


def client(**more):
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(
        dummies.ACCESS_KEY_ID, dummies.ACCESS_KEY_SECRET
    )
    config.region = "cn-hangzhou"
    config.endpoint = os.environ["PINNED_OSS_CN_HANGZHOU"]
    for name, value in more.items():
        setattr(config, name, value)
    return oss.Client(config)


OF = client()
VIRTUAL = client(endpoint="http://oss-cn-hangzhou.aliyuncs.com", proxy_host={"http": os.environ["FORWARD"]})


class Part:
    """A stretch of SOURCE as a body of known length."""

    def __init__(self, start, length):
        self.file, self.start, self.length = SOURCE.open("rb"), start, length
        self.seek(0)

    def __len__(self):
        return self.length

    def seek(self, offset, whence=os.SEEK_SET):
        self.at = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self.length}[whence] + offset
        self.file.seek(self.start + self.at)
        return self.at

    def tell(self):
        return getattr(self, "at", 0)

    def read(self, size=-1):
        left = self.length - self.at
        piece = self.file.read(left if size is None or size < 0 else min(size, left))
        self.at += len(piece)
        return piece


def put(key, body, of=OF, bucket=BUCKET, **more):
    return of.put_object(oss.PutObjectRequest(bucket=bucket, key=key, body=body, **more))


def get(key, of=OF, bucket=BUCKET, **more):
    return of.get_object(oss.GetObjectRequest(bucket=bucket, key=key, **more))


def read(key, of=OF, bucket=BUCKET, **more):
    with get(key, of, bucket, **more).body as stream:
        return stream.read()


def head(key, of=OF):
    return of.head_object(oss.HeadObjectRequest(bucket=BUCKET, key=key))


def same_bytes(key, of=OF):
    with get(key, of).body as stream:
        checks.same(objects.digest(stream.iter_bytes(block_size=1 << 20)), SUM)


def drop(*keys):
    """Makes room for the next large object."""
    for key in keys:
        OF.delete_object(oss.DeleteObjectRequest(bucket=BUCKET, key=key))


def refused(status, code, act):
    error = checks.raised(oss.exceptions.OperationError, act).unwrap()
    checks.same((error.status_code, error.code), (status, code))
    return error


def begin(key, of=OF, bucket=BUCKET, **more):
    return of.initiate_multipart_upload(
        oss.InitiateMultipartUploadRequest(bucket=bucket, key=key, **more)
    ).upload_id


def send(key, upload, number, body, of=OF, bucket=BUCKET):
    done = of.upload_part(
        oss.UploadPartRequest(bucket=bucket, key=key, upload_id=upload, part_number=number, body=body)
    )
    return oss.UploadPart(part_number=number, etag=done.etag)


def complete(key, upload, parts, of=OF, bucket=BUCKET, **more):
    body = oss.CompleteMultipartUpload(parts=parts) if parts is not None else None
    return of.complete_multipart_upload(
        oss.CompleteMultipartUploadRequest(
            bucket=bucket, key=key, upload_id=upload, complete_multipart_upload=body, **more
        )
    )


def abort(key, upload):
    OF.abort_multipart_upload(oss.AbortMultipartUploadRequest(bucket=BUCKET, key=key, upload_id=upload))


def an_object_is_streamed_from_and_to_a_file_in_both_styles():
    for style, of in (("path", OF), ("virtual", VIRTUAL)):
        with SOURCE.open("rb") as file:
            put(PREFIX + style, file, of)
        same_bytes(PREFIX + style, of)
    drop(PREFIX + "virtual")
    down = Path(SCRATCH.name, "down")
    OF.get_object_to_file(oss.GetObjectRequest(bucket=BUCKET, key=PREFIX + "path"), str(down))
    with down.open("rb") as file:
        checks.same(objects.digest(objects.pieces(file)), SUM)
    down.unlink()


def parts_become_an_object_with_the_sum_of_all():
    key = PREFIX + "parts//中 +%2F"
    upload = begin(key, metadata={"by": "parts"}, content_type="text/x-one")
    length, parts = objects.SIZE // 4, []
    for place, number in reversed(list(enumerate([1, 2, 7, 10000]))):
        parts.insert(0, send(key, upload, number, Part(place * length, length)))
    pages = OF.list_parts_paginator().iter_page(
        oss.ListPartsRequest(bucket=BUCKET, key=key, upload_id=upload, max_parts=3)
    )
    listed = [[one.part_number for one in page.parts] for page in pages]
    checks.same(listed, [[1, 2, 7], [10000]])
    done = complete(key, upload, parts)
    assert done.etag.strip('"').endswith("-4"), done.etag
    got = head(key)
    checks.same((got.object_type, got.content_type, dict(got.metadata)["by"]), ("Multipart", "text/x-one", "parts"))
    checks.same((got.hash_crc64, done.hash_crc64), (head(PREFIX + "path").hash_crc64,) * 2)
    same_bytes(key)
    drop(key)


def all_parts_are_taken_without_a_list():
    key = PREFIX + "all"
    upload = begin(key)
    body = objects.stretch(SOURCE, 0, 102_400)
    for number in (3, 4):
        send(key, upload, number, body)
    complete(key, upload, None, complete_all="yes")
    checks.same(read(key), body + body)


def the_managers_upload_download_and_copy_in_parallel():
    options = {"part_size": PART, "parallel_num": 3}
    for style, of in (("path", OF), ("virtual", VIRTUAL)):
        key = PREFIX + "managed ü " + style
        of.uploader().upload_file(oss.PutObjectRequest(bucket=BUCKET, key=key), str(SOURCE), **options)
        down = Path(SCRATCH.name, "down")
        of.downloader().download_file(oss.GetObjectRequest(bucket=BUCKET, key=key), str(down), **options)
        with down.open("rb") as file:
            checks.same(objects.digest(objects.pieces(file)), SUM)
        down.unlink()
    request = oss.CopyObjectRequest(bucket=BUCKET, key=PREFIX + "managed copy", source_bucket=BUCKET, source_key=key)
    OF.copier().copy(request, multipart_copy_threshold=PART, disable_shallow_copy=True, **options)
    same_bytes(PREFIX + "managed copy")
    drop(PREFIX + "managed ü path", PREFIX + "managed ü virtual", PREFIX + "managed copy")


def uploads_are_listed_aborted_and_then_unknown():
    keys = [f"{PREFIX}uploads/{name}" for name in ("a", "b+", "c/1", "c/2", "ü")]
    begun = {begin(key): key for key in keys}
    seen = {}
    for page in OF.list_multipart_uploads_paginator().iter_page(
        oss.ListMultipartUploadsRequest(bucket=BUCKET, prefix=PREFIX + "uploads/", max_uploads=2)
    ):
        seen |= {one.upload_id: one.key for one in page.uploads or ()}
    checks.same(seen, begun)
    for upload, key in begun.items():
        abort(key, upload)
        refused(404, "NoSuchUpload", lambda u=upload, k=key: send(k, u, 1, b"late"))


def parts_that_do_not_fit_are_refused():
    key = PREFIX + "misfits"
    upload = begin(key)
    small = [send(key, upload, number, b"small") for number in (1, 2)]
    refused(400, "EntityTooSmall", lambda: complete(key, upload, small))
    refused(400, "InvalidPartOrder", lambda: complete(key, upload, small[::-1]))
    missing = [oss.UploadPart(part_number=3, etag=small[0].etag)]
    refused(400, "InvalidPart", lambda: complete(key, upload, missing))
    abort(key, upload)


def ranges_are_stretches_and_what_lies_outside_is_oss_own_way():
    key, last, middle = PREFIX + "path", objects.SIZE - 1, objects.SIZE // 2 - 50_000
    got = get(key, range_header=f"bytes={middle}-{middle + 99_999}")
    checks.same((got.status_code, got.body.read()), (206, objects.stretch(SOURCE, middle, 100_000)))
    checks.same(read(key, range_header="bytes=-1000"), objects.stretch(SOURCE, last - 999, 1000))
    checks.same(read(key, range_header=f"bytes={last - 9}-"), objects.stretch(SOURCE, last - 9, 10))
    small = PREFIX + "small"
    put(small, b"0123456789")
    checks.same(read(small, range_header="bytes=5-100"), b"0123456789")
    checks.same(read(small, range_header="bytes=5-100", range_behavior="standard"), b"56789")
    outside = {"range_header": "bytes=10-100", "range_behavior": "standard"}
    refused(416, "InvalidRange", lambda: get(small, **outside))


def an_object_grows_by_appending():
    key, position, crc, quarter = PREFIX + "appended", 0, 0, objects.SIZE // 4
    for number in range(4):
        done = OF.append_object(
            oss.AppendObjectRequest(
                bucket=BUCKET, key=key, position=position, init_hash_crc64=crc, body=Part(number * quarter, quarter)
            )
        )
        position, crc = done.next_position, done.hash_crc64
        checks.same(position, (number + 1) * quarter)
    same_bytes(key)

    def append(to, at):
        return OF.append_object(oss.AppendObjectRequest(bucket=BUCKET, key=to, position=at, body=b"x"))

    error = refused(409, "PositionNotEqualToLength", lambda: append(key, 1))
    checks.same(error.headers["x-oss-next-append-position"], str(objects.SIZE))
    refused(409, "ObjectNotAppendable", lambda: append(PREFIX + "path", objects.SIZE))
    drop(key)
    with OF.append_file(BUCKET, PREFIX + "file") as file:
        file.write(b"hello ")
        file.write(b"world")
    checks.same(read(PREFIX + "file"), b"hello world")


def an_object_is_copied_whole_and_in_parts():
    source, target = PREFIX + "copy/ü+ %2F//s", PREFIX + "copied"
    with SOURCE.open("rb") as file:
        put(source, file, metadata={"a": "b"}, content_type="text/x-one")

    def copy(**more):
        return OF.copy_object(
            oss.CopyObjectRequest(bucket=BUCKET, key=target, source_bucket=BUCKET, source_key=source, **more)
        )

    copy()
    same_bytes(target)
    checks.same(dict(head(target).metadata), {"a": "b"})
    copy(metadata_directive="REPLACE", metadata={"c": "d"}, content_type="text/x-two")
    checks.same((dict(head(target).metadata), head(target).content_type), ({"c": "d"}, "text/x-two"))
    etag = head(source).etag
    refused(412, "PreconditionFailed", lambda: copy(if_match='"0"'))
    checks.same(checks.raised(oss.exceptions.OperationError, lambda: copy(if_none_match=etag)).unwrap().status_code, 304)

    upload, half, parts = begin(target), objects.SIZE // 2, []
    for number, stretch in ((1, f"bytes=0-{half - 1}"), (2, f"bytes={half}-{objects.SIZE - 1}")):
        done = OF.upload_part_copy(
            oss.UploadPartCopyRequest(
                bucket=BUCKET,
                key=target,
                upload_id=upload,
                part_number=number,
                source_bucket=BUCKET,
                source_key=source,
                source_range=stretch,
            )
        )
        parts.append(oss.UploadPart(part_number=number, etag=done.etag))
    complete(target, upload, parts)
    drop(source)
    same_bytes(target)
    drop(target)


def reads_and_writes_keep_to_their_conditions():
    key = PREFIX + "conditions"
    etag = put(key, b"body").etag
    then, before = head(key).headers["Last-Modified"], "Thu, 01 Jan 2015 00:00:00 GMT"
    for conditions, status in (
        ({"if_match": '"0"'}, 412),
        ({"if_none_match": etag}, 304),
        ({"if_modified_since": then}, 304),
        ({"if_unmodified_since": before}, 412),
    ):
        error = checks.raised(oss.exceptions.OperationError, lambda c=conditions: read(key, **c)).unwrap()
        checks.same(error.status_code, status)
    checks.same(read(key, if_match=etag, if_unmodified_since=then, if_modified_since=before), b"body")
    refused(409, "FileAlreadyExists", lambda: put(key, b"other", forbid_overwrite=True))
    got = get(key, response_content_type="text/x-two", response_cache_control="no-store")
    checks.same((got.content_type, got.cache_control), ("text/x-two", "no-store"))
    meta = OF.get_object_meta(oss.GetObjectMetaRequest(bucket=BUCKET, key=key))
    checks.same((meta.content_length, meta.etag), (4, etag))


def every_key_at_the_edges_is_its_own_object_in_both_styles():
    for number, key in enumerate(objects.EDGES):
        put(key, f"{number}".encode(), OF if number % 2 else VIRTUAL)
    for number, key in enumerate(objects.EDGES):
        for of in (OF, VIRTUAL):
            checks.same(read(key, of).decode(), f"{number}")
    listed = []
    for page in OF.list_objects_v2_paginator().iter_page(oss.ListObjectsV2Request(bucket=BUCKET, max_keys=7)):
        listed += [one.key for one in page.contents]
    checks.same([key for key in objects.EDGES if key not in listed], [])
    for key in ("\\leading", "e" * 1024):
        refused(400, "InvalidObjectName", lambda k=key: put(k, b"x"))
    refused(400, "InvalidObjectName", lambda: put("/leading", b"x", VIRTUAL))


def many_objects_are_deleted_at_once():
    put(PREFIX + "stays", b"x")
    named = [oss.DeleteObject(key=key) for key in objects.EDGES]
    done = OF.delete_multiple_objects(oss.DeleteMultipleObjectsRequest(bucket=BUCKET, objects=named[:5]))
    checks.same(sorted(one.key for one in done.deleted_objects), sorted(objects.EDGES[:5]))
    # Quiet, which is answered with nothing.
    request = oss.DeleteMultipleObjectsRequest(bucket=BUCKET, objects=named[5:], quiet=True)
    assert not OF.delete_multiple_objects(request).deleted_objects
    for key in objects.EDGES:
        assert not OF.is_object_exist(BUCKET, key), key
    assert OF.is_object_exist(BUCKET, PREFIX + "stays")


def long_listings_come_in_pages():
    keys = [f"{PREFIX}pages/{number % 5}/{number:03}" for number in range(230)]
    for key in keys:
        put(key, b"")
    for paginator, request in (
        (OF.list_objects_paginator(), oss.ListObjectsRequest),
        (OF.list_objects_v2_paginator(), oss.ListObjectsV2Request),
    ):
        for size, pages in ((100, 3), (115, 2), (1000, 1)):
            got = list(paginator.iter_page(request(bucket=BUCKET, prefix=PREFIX + "pages/", max_keys=size)))
            checks.same(([one.key for page in got for one in page.contents], len(got)), (sorted(keys), pages))
        got = paginator.iter_page(request(bucket=BUCKET, prefix=PREFIX + "pages/", delimiter="/", max_keys=2))
        folded = [one.prefix for page in got for one in page.common_prefixes]
        checks.same(folded, [f"{PREFIX}pages/{number}/" for number in range(5)])
    named = [oss.DeleteObject(key=key) for key in keys]
    OF.delete_multiple_objects(oss.DeleteMultipleObjectsRequest(bucket=BUCKET, objects=named))


def a_bucket_of_another_region_takes_all_calls_too():
    far = client(endpoint=os.environ["PINNED_OSS_CN_BEIJING"], region="cn-beijing")
    far.put_bucket(oss.PutBucketRequest(bucket=FAR_BUCKET))
    place = {"of": far, "bucket": FAR_BUCKET}
    upload, body = begin("parts", **place), objects.stretch(SOURCE, 0, 102_400)
    complete("parts", upload, [send("parts", upload, number, body, **place) for number in (1, 2)], **place)
    far.copy_object(oss.CopyObjectRequest(bucket=FAR_BUCKET, key="copy", source_key="parts"))
    checks.same(read("copy", **place), body + body)
    done = far.append_object(oss.AppendObjectRequest(bucket=FAR_BUCKET, key="log", position=0, body=b"12345"))
    checks.same(done.next_position, 5)
    checks.same(far.get_bucket_stat(oss.GetBucketStatRequest(bucket=FAR_BUCKET)).object_count, 3)
    checks.same(far.get_bucket_location(oss.GetBucketLocationRequest(bucket=FAR_BUCKET)).location, "oss-cn-beijing")
    pages = far.list_buckets_paginator().iter_page(oss.ListBucketsRequest(prefix=FAR_BUCKET, max_keys=1))
    checks.same([one.name for page in pages for one in page.buckets], [FAR_BUCKET])
    refused(409, "BucketNotEmpty", lambda: far.delete_bucket(oss.DeleteBucketRequest(bucket=FAR_BUCKET)))
    named = [oss.DeleteObject(key=key) for key in ("parts", "copy", "log")]
    far.delete_multiple_objects(oss.DeleteMultipleObjectsRequest(bucket=FAR_BUCKET, objects=named))
    far.delete_bucket(oss.DeleteBucketRequest(bucket=FAR_BUCKET))


checks.run(
    an_object_is_streamed_from_and_to_a_file_in_both_styles,
    parts_become_an_object_with_the_sum_of_all,
    all_parts_are_taken_without_a_list,
    the_managers_upload_download_and_copy_in_parallel,
    uploads_are_listed_aborted_and_then_unknown,
    parts_that_do_not_fit_are_refused,
    ranges_are_stretches_and_what_lies_outside_is_oss_own_way,
    an_object_grows_by_appending,
    an_object_is_copied_whole_and_in_parts,
    reads_and_writes_keep_to_their_conditions,
    every_key_at_the_edges_is_its_own_object_in_both_styles,
    many_objects_are_deleted_at_once,
    long_listings_come_in_pages,
    a_bucket_of_another_region_takes_all_calls_too,
)
