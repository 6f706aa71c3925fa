"""`tablestore`: Tablestore, signed as version 2 and as version 4. Pointed at the proxy by its endpoint, since it reads no
setting for a proxy; it believes no answer that is not signed with its own key, whose secret must be `dummy`."""

import asyncio
import os

import checks
import dummies
from tablestore import (
    INF_MAX,
    INF_MIN,
    AsyncOTSClient,
    BatchGetRowRequest,
    BatchWriteRowRequest,
    CapacityUnit,
    ComparatorType,
    CompositeColumnCondition,
    Condition,
    DeleteRowItem,
    Direction,
    LogicalOperator,
    OTSClient,
    OTSClientError,
    OTSServiceError,
    PutRowItem,
    ReservedThroughput,
    ReturnType,
    Row,
    SingleColumnCondition,
    TableInBatchGetRowItem,
    TableInBatchWriteRowItem,
    TableMeta,
    TableOptions,
    UpdateRowItem,
)

INSTANCE, TABLE = "demo", "orders"
KEY = [("customer", "STRING"), ("number", "INTEGER"), ("raw", "BINARY")]
COLUMNS = [
    ("count", 9_007_199_254_740_993),
    ("is_paid", True),
    ("picture", bytearray(range(256))),
    ("price", -0.5),
    ("title", "测试 é\n\0"),
]


def client(region="cn-hangzhou", version=2, kind=OTSClient, secret="dummy", **more):
    """Of a listener that stands for the instance's endpoint."""
    pinned = os.environ[f"PINNED_{INSTANCE}_{region}_ots_aliyuncs_com".replace("-", "_").upper()]
    if version == 4:
        more["region"] = region
    return kind(pinned, dummies.ACCESS_KEY_ID, secret, INSTANCE, **more)


def key(number, customer="wang"):
    return [("customer", customer), ("number", number), ("raw", bytearray(b"\x00\xff"))]


def create(of, table=TABLE, **more):
    options = TableOptions(**({"time_to_live": -1, "max_version": 2} | more))
    of.create_table(TableMeta(table, KEY, [("title", "STRING")]), options, ReservedThroughput(CapacityUnit(0, 0)))


def put(of, number, columns=COLUMNS, expects="IGNORE", condition=None, **more):
    return of.put_row(TABLE, Row(key(number), columns), Condition(expects, condition), **more)


def columns(row):
    """Without their stamps."""
    return [(name, value) for name, value, _ in row.attribute_columns]


def read(of, number, **more):
    _, row, _ = of.get_row(TABLE, key(number), **more)
    return row


def numbers(rows):
    return [dict(row.primary_key)["number"] for row in rows]


def refused(status, code, act):
    error = checks.raised(OTSServiceError, act)
    checks.same((error.get_http_status(), error.get_error_code()), (status, code))
    return error


def a_table_is_created_listed_and_described():
    of = client()
    create(of)
    assert TABLE in of.list_table()
    told = of.describe_table(TABLE)
    checks.same((told.table_meta.table_name, told.table_meta.schema_of_primary_key), (TABLE, KEY))
    checks.same(told.table_meta.defined_columns, [("title", "STRING")])
    checks.same((told.table_options.time_to_live, told.table_options.max_version), (-1, 2))
    refused(409, "OTSObjectAlreadyExist", lambda: create(of))


def a_row_comes_back_with_a_value_of_every_type_by_both_versions():
    for number, version in enumerate((2, 4)):
        of = client(version=version)
        consumed, returned = put(of, number, return_type=ReturnType.RT_PK)
        checks.same((consumed.write, returned.primary_key), (1, key(number)))
        row = read(of, number)
        checks.same((row.primary_key, columns(row)), (key(number), COLUMNS))
        assert read(of, 404) is None


def what_is_written_and_read_without_the_native_parser_is_the_same():
    of = client(enable_native=False)
    put(of, 2)
    row = read(of, 2)
    checks.same((row.primary_key, columns(row)), (key(2), COLUMNS))
    checks.same(columns(read(client(), 2)), COLUMNS)


def only_the_named_columns_come_back():
    of = client()
    checks.same(columns(read(of, 0, columns_to_get=["title", "price"])), [COLUMNS[3], COLUMNS[4]])
    checks.same(columns(read(of, 0, start_column="is_paid", end_column="price")), COLUMNS[1:3])
    assert read(of, 0, columns_to_get=["nowhere"]) is None


def an_update_puts_adds_to_and_deletes_columns_and_older_versions_stay():
    of = client()
    put(of, 3, [("count", 1), ("gone", "soon"), ("kept", "first")])
    stamp = read(of, 3).attribute_columns[0][2]
    change = {"put": [("kept", "second", stamp + 1)], "increment": [("count", 41)], "delete_all": ["gone"]}
    of.update_row(TABLE, Row(key(3), change), Condition("EXPECT_EXIST"))
    checks.same(columns(read(of, 3)), [("count", 42), ("kept", "second")])
    both = read(of, 3, columns_to_get=["kept"], max_version=2).attribute_columns
    checks.same(both, [("kept", "second", stamp + 1), ("kept", "first", stamp)])
    of.update_row(TABLE, Row(key(3), {"delete": [("kept", None, stamp + 1)]}), Condition("IGNORE"))
    checks.same(columns(read(of, 3, columns_to_get=["kept"])), [("kept", "first")])


def a_condition_that_does_not_hold_is_the_sdks_own_exception():
    of = client()
    error = refused(403, "OTSConditionCheckFail", lambda: put(of, 0, expects="EXPECT_NOT_EXIST"))
    checks.same((error.get_error_message(), len(error.get_request_id())), ("Condition check failed.", 36))
    missing = lambda: of.update_row(TABLE, Row(key(404), {"put": [("a", 1)]}), Condition("EXPECT_EXIST"))  # noqa: E731
    refused(403, "OTSConditionCheckFail", missing)
    is_cheap = SingleColumnCondition("price", 0.0, ComparatorType.LESS_THAN)
    is_other = CompositeColumnCondition(LogicalOperator.NOT)
    is_other.add_sub_condition(is_cheap)
    put(of, 0, condition=is_cheap)
    refused(403, "OTSConditionCheckFail", lambda: put(of, 0, condition=is_other))


def a_range_is_read_forward_in_pages_and_backward():
    of = client(version=4)
    for number in range(10, 17):
        put(of, number, [("number_again", number)])
    start, end = key(10), [("customer", "wang"), ("number", 16), ("raw", INF_MAX)]
    pages = []
    while start:
        _, start, rows, _ = of.get_range(TABLE, Direction.FORWARD, start, end, limit=3)
        pages.append(numbers(rows))
    checks.same(pages, [[10, 11, 12], [13, 14, 15], [16]])
    every = [(name, INF_MIN) for name, _ in KEY], [(name, INF_MAX) for name, _ in KEY]
    _, left, rows, _ = of.get_range(TABLE, Direction.BACKWARD, every[1], key(13))
    checks.same((numbers(rows), left), ([16, 15, 14], None))
    is_odd = SingleColumnCondition("number_again", 14, ComparatorType.GREATER_THAN, pass_if_missing=False)
    _, _, rows, _ = of.get_range(TABLE, Direction.FORWARD, *every, column_filter=is_odd)
    checks.same(numbers(rows), [15, 16])
    error = refused(400, "OTSParameterInvalid", lambda: of.get_range(TABLE, Direction.FORWARD, *reversed(every)))
    checks.same(error.get_error_message(), "Begin key must less than end key in FORWARD")


def every_row_of_a_range_of_many_pages_is_iterated_once():
    of = client()
    start, end = key(10), key(17)
    rows = of.xget_range(TABLE, Direction.FORWARD, start, end, CapacityUnit(0, 0))
    checks.same(numbers(rows), list(range(10, 17)))


def rows_are_written_and_read_in_batches_each_with_its_own_outcome():
    of = client()
    put(of, 20)
    put(of, 21)
    request = BatchWriteRowRequest()
    items = [
        PutRowItem(Row(key(22), [("a", 1)]), Condition("EXPECT_NOT_EXIST")),
        PutRowItem(Row(key(20), [("a", 2)]), Condition("EXPECT_NOT_EXIST")),
        UpdateRowItem(Row(key(23), {"put": [("a", 3)]}), Condition("IGNORE")),
        DeleteRowItem(Row(key(21)), Condition("EXPECT_EXIST")),
    ]
    request.add(TableInBatchWriteRowItem(TABLE, items))
    done = of.batch_write_row(request)
    fine, failed = done.get_put()
    checks.same((len(fine), [one.error_code for one in failed]), (1, ["OTSConditionCheckFail"]))
    checks.same([len(some) for some in (*done.get_update(), *done.get_delete())], [1, 0, 1, 0])

    request = BatchGetRowRequest()
    request.add(TableInBatchGetRowItem(TABLE, [key(number) for number in (20, 21, 22, 23)], None, None, 1))
    request.add(TableInBatchGetRowItem("nowhere", [key(1)], None, None, 1))
    got = of.batch_get_row(request)
    rows = got.get_result_by_table(TABLE)
    checks.same([one.row and columns(one.row) for one in rows], [COLUMNS, None, [("a", 1)], [("a", 3)]])
    checks.same([one.error_code for one in got.get_failed_rows()], ["OTSObjectNotExist"])


def a_row_of_a_megabyte_comes_back_unchanged():
    of, columns_ = client(), [("large", bytearray(os.urandom(1 << 20)))]
    put(of, 30, columns_)
    checks.same(columns(read(of, 30)), columns_)


def a_deleted_row_is_gone():
    of = client()
    put(of, 40)
    of.delete_row(TABLE, Row(key(40)), Condition("EXPECT_EXIST"))
    assert read(of, 40) is None
    refused(403, "OTSConditionCheckFail", lambda: of.delete_row(TABLE, Row(key(40)), Condition("EXPECT_EXIST")))


def a_table_that_is_not_there_and_a_key_that_does_not_fit_are_the_sdks_own_exceptions():
    of = client()
    error = refused(404, "OTSObjectNotExist", lambda: of.get_row("nowhere", key(1)))
    checks.same(error.get_error_message(), "Requested table does not exist.")
    error = refused(400, "OTSInvalidPK", lambda: of.get_row(TABLE, key(1)[:1]))
    checks.same(error.get_error_message(), "Validate PK size fail. Input: 1, Meta: 3.")


def the_asynchronous_client_is_served_too():
    async def there_and_back():
        async with client(version=4, kind=AsyncOTSClient) as of:
            await of.put_row(TABLE, Row(key(50), COLUMNS), Condition("IGNORE"))
            return await of.get_row(TABLE, key(50))

    checks.same(columns(asyncio.run(there_and_back())[1]), COLUMNS)


def an_answer_is_believed_only_under_the_clients_own_secret():
    for version in (2, 4):
        error = checks.raised(OTSClientError, lambda v=version: client(version=v, secret="another").list_table())
        checks.same(error.get_error_message(), "Invalid signature in response. HTTP status: 200.")


def a_table_of_another_region_is_made_filled_and_deleted():
    for version, more in ((2, {}), (4, {"sts_token": dummies.SECURITY_TOKEN})):
        of = client("cn-beijing", version, **more)
        create(of)
        put(of, 1)
        checks.same(columns(read(of, 1)), COLUMNS)
        of.delete_table(TABLE)
        assert TABLE not in of.list_table()


def refused_in(region, version):
    """What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way."""
    error = checks.raised(OTSServiceError, lambda: put(client(region, version), 1))
    return error.get_http_status(), error.get_error_code(), error.get_error_message()


def a_spoilt_signature_is_the_sdks_own_exception():
    for version in (2, 4):
        checks.same(refused_in("cn-shanghai", version), (403, "OTSAuthFailed", "Signature mismatch."))


def a_header_changed_after_signing_is_the_sdks_own_exception():
    for version in (2, 4):
        checks.same(refused_in("cn-shenzhen", version), (403, "OTSAuthFailed", "Signature mismatch."))


def a_request_that_comes_to_another_region_is_the_sdks_own_exception():
    # Version 2 covers neither host nor region: what tells is that the table is not there.
    checks.same(refused_in("cn-qingdao", 2), (404, "OTSObjectNotExist", "Requested table does not exist."))
    checks.same(refused_in("cn-qingdao", 4), (403, "OTSAuthFailed", "Signature mismatch."))


checks.run(
    a_table_is_created_listed_and_described,
    a_row_comes_back_with_a_value_of_every_type_by_both_versions,
    what_is_written_and_read_without_the_native_parser_is_the_same,
    only_the_named_columns_come_back,
    an_update_puts_adds_to_and_deletes_columns_and_older_versions_stay,
    a_condition_that_does_not_hold_is_the_sdks_own_exception,
    a_range_is_read_forward_in_pages_and_backward,
    every_row_of_a_range_of_many_pages_is_iterated_once,
    rows_are_written_and_read_in_batches_each_with_its_own_outcome,
    a_row_of_a_megabyte_comes_back_unchanged,
    a_deleted_row_is_gone,
    a_table_that_is_not_there_and_a_key_that_does_not_fit_are_the_sdks_own_exceptions,
    the_asynchronous_client_is_served_too,
    an_answer_is_believed_only_under_the_clients_own_secret,
    a_table_of_another_region_is_made_filled_and_deleted,
    a_spoilt_signature_is_the_sdks_own_exception,
    a_header_changed_after_signing_is_the_sdks_own_exception,
    a_request_that_comes_to_another_region_is_the_sdks_own_exception,
)
