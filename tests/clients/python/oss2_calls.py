"""`oss2`: every call that moves objects, with objects of OBJECT_MIB. Pointed at the proxy by `http_proxy`."""

import tempfile
from pathlib import Path

import checks
import dummies
import objects
import oss2
from oss2.exceptions import NotModified, ObjectNotAppendable, PositionNotEqualToLength, PreconditionFailed, ServerError
from oss2.models import PartInfo

HOST, FAR_HOST = "http://oss-cn-hangzhou.aliyuncs.com", "http://oss-cn-beijing.aliyuncs.com"
FAR_BUCKET = "made-by-oss2-calls"
PREFIX = "oss2-calls/"
AUTH = oss2.AuthV4(dummies.ACCESS_KEY_ID, dummies.ACCESS_KEY_SECRET)
OF = oss2.Bucket(AUTH, HOST, "demo", region="cn-hangzhou")

SCRATCH = tempfile.TemporaryDirectory()
SOURCE = Path(SCRATCH.name, "source")
SUM = objects.write(SOURCE)

# Modest objects have parts of the least size that OSS takes.
PART = max(objects.SIZE // 64, 100 * 1024)


def same_bytes(key, of=OF):
    checks.same(objects.digest(objects.pieces(of.get_object(key))), SUM)


def refused(status, code, act):
    error = checks.raised(ServerError, act)
    checks.same((error.status, error.code), (status, code))
    return error


def upload_parts(of, key, numbers):
    """Sends SOURCE as parts of these numbers, the last first."""
    upload = of.init_multipart_upload(key, headers={"x-oss-meta-by": "parts"}).upload_id
    length, parts = -(-objects.SIZE // len(numbers)), []
    for place, number in reversed(list(enumerate(numbers))):
        with SOURCE.open("rb") as file:
            file.seek(place * length)
            size = min(length, objects.SIZE - place * length)
            done = of.upload_part(key, upload, number, oss2.SizedFileAdapter(file, size))
        parts.append(PartInfo(number, done.etag, size=size, part_crc=done.crc))
    return upload, parts[::-1]


def an_object_is_streamed_from_and_to_a_file():
    done = OF.put_object_from_file(PREFIX + "whole", str(SOURCE))
    down = Path(SCRATCH.name, "down")
    got = OF.get_object_to_file(PREFIX + "whole", str(down))
    with down.open("rb") as file:
        checks.same(objects.digest(objects.pieces(file)), SUM)
    down.unlink()
    checks.same((got.server_crc, got.client_crc), (done.crc, done.crc))


def parts_become_an_object_with_the_sum_of_all():
    key = PREFIX + "parts//中 +%2F"
    upload, parts = upload_parts(OF, key, [1, 2, 7, 10000])
    checks.same([one.part_number for one in oss2.PartIterator(OF, key, upload, max_parts=3)], [1, 2, 7, 10000])
    checks.same([one.upload_id for one in oss2.ObjectUploadIterator(OF, key)], [upload])
    done = OF.complete_multipart_upload(key, upload, parts)
    assert done.etag.endswith("-4"), done.etag
    head = OF.head_object(key)
    checks.same((head.object_type, head.headers["x-oss-meta-by"]), ("Multipart", "parts"))
    checks.same(head.server_crc, OF.head_object(PREFIX + "whole").server_crc)
    same_bytes(key)
    OF.delete_object(key)


def an_interrupted_upload_is_resumed_and_a_download_too():
    store = oss2.ResumableStore(root=SCRATCH.name)
    oss2.resumable_upload(
        OF, PREFIX + "resumable", str(SOURCE), store=store, multipart_threshold=PART, part_size=PART, num_threads=3
    )
    down = Path(SCRATCH.name, "down")
    store = oss2.ResumableDownloadStore(root=SCRATCH.name)
    oss2.resumable_download(
        OF, PREFIX + "resumable", str(down), store=store, multiget_threshold=PART, part_size=PART, num_threads=3
    )
    with down.open("rb") as file:
        checks.same(objects.digest(objects.pieces(file)), SUM)
    down.unlink()
    OF.delete_object(PREFIX + "resumable")


def uploads_are_listed_aborted_and_then_unknown():
    keys = [f"{PREFIX}uploads/{name}" for name in ("a", "b+", "c/1", "c/2", "ü")]
    begun = {OF.init_multipart_upload(key).upload_id: key for key in keys}
    seen = {one.upload_id: one.key for one in oss2.MultipartUploadIterator(OF, PREFIX + "uploads/", max_uploads=2)}
    checks.same(seen, begun)
    page = OF.list_multipart_uploads(PREFIX + "uploads/", delimiter="/")
    checks.same((page.prefix_list, len(page.upload_list)), ([PREFIX + "uploads/c/"], 3))
    for upload, key in begun.items():
        OF.abort_multipart_upload(key, upload)
        refused(404, "NoSuchUpload", lambda u=upload, k=key: OF.upload_part(k, u, 1, b"late"))
    checks.same(OF.list_multipart_uploads(PREFIX + "uploads/").upload_list, [])


def parts_that_do_not_fit_are_refused():
    key = PREFIX + "misfits"
    upload = OF.init_multipart_upload(key).upload_id
    small = [PartInfo(number, OF.upload_part(key, upload, number, b"small").etag) for number in (1, 2)]
    refused(400, "EntityTooSmall", lambda: OF.complete_multipart_upload(key, upload, small))
    refused(400, "InvalidPart", lambda: OF.complete_multipart_upload(key, upload, [PartInfo(3, small[0].etag)]))
    OF.abort_multipart_upload(key, upload)


def ranges_are_stretches_and_what_lies_outside_is_oss_own_way():
    key, last = PREFIX + "whole", objects.SIZE - 1
    middle = objects.SIZE // 2 - 50_000
    got = OF.get_object(key, byte_range=(middle, middle + 99_999))
    checks.same((got.status, got.read()), (206, objects.stretch(SOURCE, middle, 100_000)))
    checks.same(OF.get_object(key, byte_range=(None, 1000)).read(), objects.stretch(SOURCE, last - 999, 1000))
    checks.same(OF.get_object(key, byte_range=(last - 9, None)).read(), objects.stretch(SOURCE, last - 9, 10))
    small = PREFIX + "small"
    OF.put_object(small, b"0123456789")
    standard = {"x-oss-range-behavior": "standard"}
    checks.same(OF.get_object(small, byte_range=(5, 100)).read(), b"0123456789")
    checks.same(OF.get_object(small, byte_range=(5, 100), headers=standard).read(), b"56789")
    checks.same(OF.get_object(small, byte_range=(10, 100)).read(), b"0123456789")
    refused(416, "InvalidRange", lambda: OF.get_object(small, byte_range=(10, 100), headers=standard))


def an_object_grows_by_appending():
    key, position, crc = PREFIX + "appended", 0, 0
    OF.delete_object(key)
    quarter = objects.SIZE // 4
    for number in range(4):
        with SOURCE.open("rb") as file:
            file.seek(number * quarter)
            done = OF.append_object(key, position, oss2.SizedFileAdapter(file, quarter), init_crc=crc)
        position, crc = done.next_position, done.crc
        checks.same(position, (number + 1) * quarter)
    same_bytes(key)
    error = checks.raised(PositionNotEqualToLength, lambda: OF.append_object(key, 1, b"x"))
    checks.same(error.next_position, objects.SIZE)
    checks.raised(ObjectNotAppendable, lambda: OF.append_object(PREFIX + "whole", objects.SIZE, b"x"))
    checks.same(OF.head_object(key).object_type, "Appendable")
    OF.delete_object(key)


def an_object_is_copied_whole_and_in_parts():
    source, target = PREFIX + "copy/ü+ %2F//s", PREFIX + "copied"
    OF.put_object_from_file(source, str(SOURCE), headers={"Content-Type": "text/x-one", "x-oss-meta-a": "b"})
    OF.copy_object("demo", source, target)
    same_bytes(target)
    checks.same(OF.head_object(target).headers["x-oss-meta-a"], "b")
    OF.update_object_meta(target, {"x-oss-meta-c": "d"})
    head = OF.head_object(target).headers
    checks.same((head.get("x-oss-meta-a"), head["x-oss-meta-c"]), (None, "d"))

    upload, half = OF.init_multipart_upload(target).upload_id, objects.SIZE // 2
    halves = [(0, half - 1), (half, objects.SIZE - 1)]
    copies = [
        OF.upload_part_copy("demo", source, stretch, target, upload, number + 1)
        for number, stretch in enumerate(halves)
    ]
    parts = [PartInfo(number + 1, done.etag) for number, done in enumerate(copies)]
    OF.complete_multipart_upload(target, upload, parts)
    OF.delete_object(source)
    same_bytes(target)
    OF.delete_object(target)


def copies_and_reads_keep_to_their_conditions():
    key = PREFIX + "conditions"
    etag = OF.put_object(key, b"body").etag
    then = OF.head_object(key).headers["Last-Modified"]
    before = "Thu, 01 Jan 2015 00:00:00 GMT"
    for headers, kind in (
        ({"If-Match": "0"}, PreconditionFailed),
        ({"If-None-Match": etag}, NotModified),
        ({"If-Modified-Since": then}, NotModified),
        ({"If-Unmodified-Since": before}, PreconditionFailed),
    ):
        checks.raised(kind, lambda h=headers: OF.get_object(key, headers=h))
        copy = {"x-oss-copy-source-" + name.lower(): value for name, value in headers.items()}
        checks.raised(kind, lambda h=copy: OF.copy_object("demo", key, key + "-copy", headers=h))
    for headers in (
        {"If-Match": etag},
        {"If-None-Match": "0"},
        {"If-Modified-Since": before},
        {"If-Unmodified-Since": then},
    ):
        checks.same(OF.get_object(key, headers=headers).read(), b"body")
    forbidden = {"x-oss-forbid-overwrite": "true"}
    refused(409, "FileAlreadyExists", lambda: OF.put_object(key, b"other", headers=forbidden))
    got = OF.get_object(key, params={"response-content-type": "text/x-two", "response-cache-control": "no-store"})
    checks.same((got.content_type, got.headers["Cache-Control"]), ("text/x-two", "no-store"))


def every_key_at_the_edges_is_its_own_object():
    for number, key in enumerate(objects.EDGES):
        # The longest key leaves no room for a prefix.
        OF.put_object(key, f"{number}")
    for number, key in enumerate(objects.EDGES):
        checks.same(OF.get_object(key).read().decode(), f"{number}")
    listed = [one.key for one in oss2.ObjectIteratorV2(OF, max_keys=7)]
    checks.same([key for key in objects.EDGES if key not in listed], [])
    for key in ("/leading", "//", "\\leading", "e" * 1024):
        refused(400, "InvalidObjectName", lambda k=key: OF.put_object(k, b"x"))


def many_objects_are_deleted_at_once():
    OF.put_object(PREFIX + "stays", b"x")
    checks.same(sorted(OF.batch_delete_objects(list(objects.EDGES)).deleted_keys), sorted(objects.EDGES))
    listed = [one.key for one in oss2.ObjectIterator(OF)]
    checks.same([key for key in objects.EDGES if key in listed], [])
    assert PREFIX + "stays" in listed


def long_listings_come_in_pages():
    keys = [f"{PREFIX}pages/{number % 5}/{number:03}" for number in range(230)]
    for key in keys:
        OF.put_object(key, b"")
    for pages in (oss2.ObjectIterator, oss2.ObjectIteratorV2):
        for size in (100, 99, 1000):
            found = [one.key for one in pages(OF, prefix=PREFIX + "pages/", max_keys=size)]
            checks.same(found, sorted(keys))
        folded = [one.key for one in pages(OF, prefix=PREFIX + "pages/", delimiter="/", max_keys=2)]
        checks.same(folded, [f"{PREFIX}pages/{number}/" for number in range(5)])
    OF.batch_delete_objects(keys)


def a_bucket_of_another_region_takes_all_calls_too():
    of = oss2.Bucket(AUTH, FAR_HOST, FAR_BUCKET, region="cn-beijing")
    of.create_bucket()
    upload = of.init_multipart_upload("parts").upload_id
    body = objects.stretch(SOURCE, 0, 102_400)
    parts = [PartInfo(number, of.upload_part("parts", upload, number, body).etag) for number in (1, 2)]
    of.complete_multipart_upload("parts", upload, parts)
    of.copy_object(FAR_BUCKET, "parts", "copy")
    checks.same(of.get_object("copy").read(), body + body)
    checks.same(of.append_object("log", 0, b"12345").next_position, 5)
    checks.same(of.get_bucket_stat().object_count, 3)
    service = oss2.Service(AUTH, FAR_HOST, region="cn-beijing")
    checks.same([one.name for one in oss2.BucketIterator(service, prefix="made-by-oss2-calls", max_keys=1)], [FAR_BUCKET])
    refused(409, "BucketNotEmpty", of.delete_bucket)
    of.batch_delete_objects(["parts", "copy", "log"])
    of.delete_bucket()


checks.run(
    an_object_is_streamed_from_and_to_a_file,
    parts_become_an_object_with_the_sum_of_all,
    an_interrupted_upload_is_resumed_and_a_download_too,
    uploads_are_listed_aborted_and_then_unknown,
    parts_that_do_not_fit_are_refused,
    ranges_are_stretches_and_what_lies_outside_is_oss_own_way,
    an_object_grows_by_appending,
    an_object_is_copied_whole_and_in_parts,
    copies_and_reads_keep_to_their_conditions,
    every_key_at_the_edges_is_its_own_object,
    many_objects_are_deleted_at_once,
    long_listings_come_in_pages,
    a_bucket_of_another_region_takes_all_calls_too,
)
