"""`pydatahub`: DataHub. Pointed at the proxy by `proxies`, since it does not ask the environment, and at a listener."""

import os
from decimal import Decimal

import checks
import dummies
from datahub import DataHub
from datahub.core import DatahubProtocolType
from datahub.exceptions import (
    AuthorizationFailedException,
    InvalidCursorException,
    InvalidOperationException,
    ResourceExistException,
    ResourceNotFoundException,
    SeekOutOfRangeException,
)
from datahub.models import BlobRecord, CompressFormat, CursorType, FieldType, RecordSchema, RecordType, TupleRecord

PROXIES = {"http": os.environ["FORWARD"]}
PINNED = os.environ["PINNED_DATAHUB_DATA_CN_HANGZHOU"]
PROJECT = "from_pydatahub"

FIELDS = {
    "id": FieldType.BIGINT,
    "name": FieldType.STRING,
    "price": FieldType.DOUBLE,
    "is_new": FieldType.BOOLEAN,
    "at": FieldType.TIMESTAMP,
    "exact": FieldType.DECIMAL,
}
SCHEMA = RecordSchema.from_lists(list(FIELDS), list(FIELDS.values()))
ROWS = [
    (1, "中文 'quoted' \"twice\", \\ and\nlines", 2.5, True, 1709798945123456, Decimal("1.50")),
    (None,) * len(FIELDS),
    (2**63 - 1, "", -1e300, False, 0, Decimal("-0.000000001")),
    (-(2**63), "\U0001f680" * 500, 0.1, None, None, None),
]
BLOBS = [b"first\x00\xff bytes", "中文".encode() * 1000, bytes(range(256))]


def client(region="cn-hangzhou", endpoint=None, **more):
    way = {"endpoint": endpoint} if endpoint else {"endpoint": f"http://dh-{region}.aliyuncs.com", "proxies": PROXIES}
    return DataHub(dummies.ACCESS_KEY_ID, dummies.ACCESS_KEY_SECRET, **way, **more)


def with_project(of):
    try:
        of.create_project(PROJECT, "a 中文 comment")
    except ResourceExistException:
        pass
    return of


def fresh(of, name, schema=SCHEMA, shards=2):
    """The topic of this name, without records."""
    with_project(of)
    try:
        of.delete_topic(PROJECT, name)
    except ResourceNotFoundException:
        pass
    if schema:
        of.create_tuple_topic(PROJECT, name, shards, 7, schema, comment="a 中文 topic")
    else:
        of.create_blob_topic(PROJECT, name, shards, 7, comment="a 中文 topic")
    of.wait_shards_ready(PROJECT, name)


def tuples(rows, shard="0"):
    records = [TupleRecord(schema=SCHEMA, values=list(row)) for row in rows]
    for record in records:
        record.shard_id = shard
    return records


def got(of, name, shard="0", schema=SCHEMA, page=2):
    """Every record of a shard, by pages."""
    cursor, records = of.get_cursor(PROJECT, name, shard, CursorType.OLDEST).cursor, []
    while True:
        if schema:
            read = of.get_tuple_records(PROJECT, name, shard, schema, cursor, page)
        else:
            read = of.get_blob_records(PROJECT, name, shard, cursor, page)
        records += read.records
        cursor = read.next_cursor
        if read.record_count == 0:
            return records


def a_project_is_made_described_and_listed():
    of = with_project(client())
    found = of.get_project(PROJECT)
    checks.same((found.comment, found.create_time <= found.last_modify_time), ("a 中文 comment", True))
    assert PROJECT in of.list_project().project_names
    error = checks.raised(ResourceExistException, lambda: of.create_project(PROJECT, ""))
    checks.same((error.status_code, error.error_code), (400, "ProjectAlreadyExist"))


def topics_of_both_kinds_are_made_described_listed_and_deleted():
    of = client()
    fresh(of, "described")
    fresh(of, "described_blob", schema=None, shards=3)
    found = of.get_topic(PROJECT, "described")
    checks.same((found.record_type, found.shard_count, found.life_cycle), (RecordType.TUPLE, 2, 7))
    checks.same([(one.name, one.type) for one in found.record_schema.field_list], list(FIELDS.items()))
    checks.same(found.comment, "a 中文 topic")
    checks.same(of.get_topic(PROJECT, "described_blob").record_type, RecordType.BLOB)
    shards = of.list_shard(PROJECT, "described_blob").shards
    checks.same([one.shard_id for one in shards], ["0", "1", "2"])
    checks.same((shards[0].begin_hash_key, shards[2].end_hash_key), ("0" * 32, "F" * 32))
    assert {"described", "described_blob"} <= set(of.list_topic(PROJECT).topic_names)
    of.delete_topic(PROJECT, "described")
    checks.raised(ResourceNotFoundException, lambda: of.get_topic(PROJECT, "described"))
    error = checks.raised(InvalidOperationException, lambda: of.delete_project(PROJECT))
    checks.same(error.error_code, "OperationDenied")


def every_value_comes_back(of, name, expected=ROWS):
    fresh(of, name)
    put = of.put_records(PROJECT, name, tuples(ROWS) + tuples(ROWS[:1], shard="1"))
    checks.same((put.failed_record_count, len(put.request_id)), (0, 32))
    records = got(of, name)
    checks.same([record.values for record in records], expected)
    checks.same([record.sequence for record in records], [0, 1, 2, 3])
    checks.same([record.values for record in got(of, name, shard="1")], ROWS[:1])


def every_value_of_every_type_comes_back():
    every_value_comes_back(client(), "every_value")


def every_value_comes_back_through_a_listener_of_its_own():
    every_value_comes_back(client(endpoint=PINNED), "through_a_listener")


def a_body_is_packed_or_not():
    for packed in (CompressFormat.LZ4, CompressFormat.NONE):
        every_value_comes_back(client(compress_format=packed), "packed")


def every_value_comes_back_as_protobuf():
    # Of a text that is not there, the SDK's reader makes an empty one.
    rows = [ROWS[0], (None, "", *ROWS[1][2:]), *ROWS[2:]]
    for packed in (CompressFormat.LZ4, CompressFormat.NONE):
        of = client(protocol_type=DatahubProtocolType.PB, compress_format=packed)
        every_value_comes_back(of, "protobuf", rows)
        of.put_records_by_shard(PROJECT, "protobuf", "1", tuples(ROWS, shard=""))
        checks.same([record.values for record in got(of, "protobuf", shard="1")], rows[:1] + rows)
        # As JSON they are the records that were put.
        checks.same([record.values for record in got(client(), "protobuf", shard="1")], ROWS[:1] + ROWS)
        blobs_come_back(of)


def blobs_and_attributes_come_back_byte_for_byte():
    blobs_come_back(client())


def blobs_come_back(of):
    fresh(of, "blobs", schema=None, shards=1)
    records = [BlobRecord(blob_data=blob) for blob in BLOBS]
    records[1].put_attribute("键", "a b+c/d=e&f")
    checks.same(of.put_records(PROJECT, "blobs", records).failed_record_count, 0)
    found = got(of, "blobs", schema=None)
    checks.same([record.blob_data for record in found], BLOBS)
    checks.same([record.attributes for record in found], [{}, {"键": "a b+c/d=e&f"}, {}])


def one_key_leads_to_one_shard():
    of = client()
    fresh(of, "keyed", shards=4)
    records = tuples(ROWS[:1] * 12, shard="")
    for number, record in enumerate(records):
        record.partition_key = f"key {number % 3}"
        record.put_attribute("key", record.partition_key)
    checks.same(of.put_records(PROJECT, "keyed", records).failed_record_count, 0)
    found = [{record.attributes["key"] for record in got(of, "keyed", shard=str(shard))} for shard in range(4)]
    checks.same(sorted(key for keys in found for key in keys), ["key 0", "key 1", "key 2"])


def a_cursor_is_had_by_place_and_by_time():
    of = client()
    fresh(of, "cursors")
    of.put_records(PROJECT, "cursors", tuples(ROWS))
    latest = of.get_cursor(PROJECT, "cursors", "0", CursorType.LATEST)
    checks.same(latest.sequence, 3)
    second = of.get_cursor(PROJECT, "cursors", "0", CursorType.SEQUENCE, 1)
    read = of.get_tuple_records(PROJECT, "cursors", "0", SCHEMA, second.cursor, 1)
    checks.same((read.records[0].values, read.start_seq), (ROWS[1], 1))
    timed = of.get_cursor(PROJECT, "cursors", "0", CursorType.SYSTEM_TIME, latest.record_time)
    assert timed.record_time >= latest.record_time, timed
    error = checks.raised(
        SeekOutOfRangeException, lambda: of.get_cursor(PROJECT, "cursors", "0", CursorType.SEQUENCE, 100)
    )
    checks.same((error.status_code, error.error_code), (400, "SeekOutOfRange"))


def what_is_missing_raises_what_it_would_without_a_proxy():
    for of in (client(), client(endpoint=PINNED)):
        with_project(of)
        fresh(of, "there")
        for code, act in (
            ("NoSuchProject", lambda: of.get_project("missing")),
            ("NoSuchTopic", lambda: of.get_topic(PROJECT, "missing")),
            ("NoSuchTopic", lambda: of.put_records(PROJECT, "missing", tuples(ROWS))),
            ("NoSuchShard", lambda: of.get_cursor(PROJECT, "there", "9", CursorType.OLDEST)),
        ):
            error = checks.raised(ResourceNotFoundException, act)
            checks.same((error.status_code, error.error_code, len(error.request_id)), (404, code, 32))
        error = checks.raised(
            InvalidCursorException, lambda: of.get_tuple_records(PROJECT, "there", "0", SCHEMA, "0" * 31, 1)
        )
        checks.same((error.status_code, error.error_code), (400, "InvalidCursor"))
        put = of.put_records(PROJECT, "there", tuples(ROWS[:1]) + tuples(ROWS[:1], shard="9"))
        checks.same(put.failed_record_count, 1)
        checks.same((put.failed_records[0].index, put.failed_records[0].error_code), (1, "NoSuchShard"))


def a_dummy_token_is_replaced():
    for endpoint in (None, PINNED):
        every_value_comes_back(client(endpoint=endpoint, security_token=dummies.SECURITY_TOKEN), "with_token")


def another_region_has_topics_of_its_own():
    every_value_comes_back(client("cn-beijing"), "far")
    every_value_comes_back(client("cn-beijing", security_token=dummies.SECURITY_TOKEN), "far")
    checks.raised(ResourceNotFoundException, lambda: client().get_topic(PROJECT, "far"))


def refused_in(region):
    """What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way."""
    error = checks.raised(AuthorizationFailedException, lambda: client(region).list_topic(PROJECT))
    return error.status_code, error.error_code


def a_spoilt_signature_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shanghai"), (401, "Unauthorized"))


def a_header_changed_after_signing_is_the_sdks_own_exception():
    checks.same(refused_in("cn-shenzhen"), (401, "Unauthorized"))


def a_request_that_comes_to_another_region_finds_nothing_of_its_own():
    # Its signature covers neither the region nor the host, so the other region answers.
    of = client("ap-southeast-1")
    error = checks.raised(ResourceNotFoundException, lambda: of.list_topic(PROJECT))
    checks.same((error.status_code, error.error_code), (404, "NoSuchProject"))


checks.run(
    a_project_is_made_described_and_listed,
    topics_of_both_kinds_are_made_described_listed_and_deleted,
    every_value_of_every_type_comes_back,
    every_value_comes_back_through_a_listener_of_its_own,
    a_body_is_packed_or_not,
    every_value_comes_back_as_protobuf,
    blobs_and_attributes_come_back_byte_for_byte,
    one_key_leads_to_one_shard,
    a_cursor_is_had_by_place_and_by_time,
    what_is_missing_raises_what_it_would_without_a_proxy,
    a_dummy_token_is_replaced,
    another_region_has_topics_of_its_own,
    a_spoilt_signature_is_the_sdks_own_exception,
    a_header_changed_after_signing_is_the_sdks_own_exception,
    a_request_that_comes_to_another_region_finds_nothing_of_its_own,
)
