"""`pyodps`: MaxCompute, its service and its tunnel. Pointed at the proxy by `http_proxy`, and at one listener for both hosts."""

import os
from datetime import date, datetime
from decimal import Decimal

import checks
import dummies
from odps import ODPS, errors, options
from odps.accounts import StsAccount
from odps.models import TableSchema
from odps.tunnel import TableTunnel

# The pinned listener is an address of this machine, which is not asked for through a proxy.
os.environ["no_proxy"] = "127.0.0.1"
PINNED = os.environ["PINNED_ODPS_CN_HANGZHOU"]
PROJECT = "from_pyodps"

COLUMNS = {
    "id": "bigint",
    "small": "smallint",
    "name": "string",
    "price": "double",
    "is_new": "boolean",
    "at": "datetime",
    "exact": "decimal",
    "day": "date",
    "code": "varchar(20)",
}
ROWS = [
    [1, -7, "中文 'quoted' \"twice\", \\ and\nlines", 2.5, True, datetime(2024, 3, 7, 8, 9, 5, 123000), Decimal("1.50"),
     date(2024, 3, 7), "é"],
    [None] * len(COLUMNS),
    [2**63 - 1, 32767, "", -1e300, False, datetime(1999, 12, 31, 23, 59, 59), Decimal("-0.000000001"), date(1970, 1, 1),
     "x" * 20],
    [-(2**63) + 1, None, "\U0001f680\0", 0.1, None, None, Decimal("12345678901234567890"), None, None],
]


def client(region="cn-hangzhou", endpoint=None, account=None, project=PROJECT):
    endpoint = endpoint or f"http://service.{region}.maxcompute.aliyun.com/api"
    if account:
        return ODPS(account=account, project=project, endpoint=endpoint)
    return ODPS(dummies.ACCESS_KEY_ID, dummies.ACCESS_KEY_SECRET, project, endpoint=endpoint)


def pinned():
    return client(endpoint=PINNED + "/api")


def schema():
    return TableSchema.from_lists(list(COLUMNS), list(COLUMNS.values()))


def fresh(of, name, columns=None):
    """The table of this name, without rows."""
    of.delete_table(name, if_exists=True)
    return of.create_table(name, columns or schema())


def values(records):
    return [list(record.values) for record in records]


def a_project_is_described():
    found = client().get_project(PROJECT)
    found.reload()
    checks.same((found.name, found.status.value, found.region_id), (PROJECT, "AVAILABLE", "cn-hangzhou"))
    assert found.creation_time <= found.last_modified_time, found.creation_time


def a_table_is_made_described_listed_and_dropped():
    of = client()
    of.delete_table("described", if_exists=True)
    columns = TableSchema.from_lists(["键", "b"], ["bigint", "decimal(10,2)"])
    of.create_table("described", columns, comment="a 中文 comment", lifecycle=7)
    found = of.get_table("described")
    found.reload()
    checks.same(found.comment, "a 中文 comment")
    checks.same([(one.name, one.type) for one in found.table_schema.columns], [("键", "bigint"), ("b", "decimal(10,2)")])
    assert "described" in [one.name for one in of.list_tables(prefix="desc")]
    checks.same([one.name for one in of.list_tables(prefix="nothing")], [])
    assert of.exist_table("described")
    of.delete_table("described")
    assert not of.exist_table("described")


def every_value_comes_back(of, name):
    fresh(of, name)
    of.write_table(name, ROWS)
    checks.same(values(of.read_table(name)), ROWS)
    of.write_table(name, ROWS[:1])
    checks.same(values(of.read_table(name)), ROWS + ROWS[:1])
    of.write_table(name, ROWS[2:], overwrite=True)
    checks.same(values(of.read_table(name)), ROWS[2:])


def every_value_of_every_type_comes_back():
    every_value_comes_back(client(), "every_value")


def every_value_comes_back_through_one_listener_for_service_and_tunnel():
    of = pinned()
    every_value_comes_back(of, "through_one_listener")
    # The host that the service named was this listener, whatever the SDK did with it.
    checks.same(TableTunnel(of).tunnel_rest.endpoint, PINNED)
    # Both ways lead to one cloud.
    checks.same(values(client().read_table("through_one_listener")), ROWS[2:])


def a_block(session, number, rows):
    with session.open_record_writer(number) as writer:
        for row in rows:
            writer.write(session.new_record(row))


def several_blocks_are_one_table_in_the_order_of_their_numbers():
    of = client()
    table = fresh(of, "blocks", TableSchema.from_lists(["n", "text"], ["bigint", "string"]))
    rows = [[number, f"第 {number}" * 20] for number in range(30_000)]
    session = TableTunnel(of).create_upload_session(table)
    for number in (2, 0, 1):
        a_block(session, number, rows[number * 10_000 : (number + 1) * 10_000])
    session.commit([0, 1, 2])
    found = TableTunnel(of).create_download_session(table)
    checks.same(found.count, 30_000)
    with found.open_record_reader(9_990, 20) as reader:
        checks.same(values(reader), rows[9_990:10_010])
    with found.open_record_reader(0, 3, columns=["text"]) as reader:
        checks.same(values(reader), [row[1:] for row in rows[:3]])
    with found.open_record_reader(0, found.count) as reader:
        checks.same(values(reader), rows)


def a_session_reads_what_there_was_when_it_began():
    of = client()
    table = fresh(of, "snapshot", TableSchema.from_lists(["n"], ["bigint"]))
    of.write_table("snapshot", [[1]])
    session = TableTunnel(of).create_download_session(table)
    of.write_table("snapshot", [[2]])
    with session.open_record_reader(0, 10) as reader:
        checks.same(values(reader), [[1]])
    again = TableTunnel(of).create_download_session(table, download_id=session.id)
    checks.same(again.count, 1)


def a_query_is_waited_for_and_its_rows_come_back_in_both_ways():
    for of in (client(), pinned()):
        fresh(of, "queried")
        of.write_table("queried", ROWS)
        query = "SELECT id, name, '中 \\'' AS text, 7 FROM queried LIMIT 2"
        ran = of.execute_sql(query)
        assert ran.is_terminated() and ran.is_successful()
        expected = [[ROWS[0][0], ROWS[0][2], "中 '", 7], [None, None, "中 '", 7]]
        with ran.open_reader(tunnel=True) as reader:
            checks.same(([one.name for one in reader.schema.columns][:3], reader.count), (["id", "name", "text"], 2))
            checks.same(values(reader), expected)
        with of.execute_sql("SELECT count(*) AS n FROM queried").open_reader(tunnel=False) as reader:
            checks.same([record["n"] for record in reader], ["4"])
        checks.same(of.get_instance(ran.id).get_sql_query(), query + ";")


def what_is_missing_raises_what_it_would_without_a_proxy():
    for of in (client(), pinned()):
        error = checks.raised(errors.NoSuchObject, lambda: of.get_table("missing").reload())
        checks.same((error.code, error.status_code), ("NoSuchObject", 404))
        assert "ODPS-0130131" in str(error) and len(error.request_id) == 24, error
        error = checks.raised(errors.NoSuchTable, lambda: TableTunnel(of).create_download_session("missing"))
        checks.same((error.code, error.status_code), ("NoSuchTable", 404))
        error = checks.raised(errors.NoSuchTable, lambda: of.execute_sql("SELECT * FROM missing"))
        assert "[1,15] Table not found" in str(error), error
        error = checks.raised(errors.ParseError, lambda: of.execute_sql("UPSERT INTO missing"))
        assert "[1,1]" in str(error), error


def either_version_of_the_signature_is_kept():
    of = client()
    try:
        for is_version_4 in (False, True):
            options.enable_v4_sign = is_version_4
            fresh(of, "versions", TableSchema.from_lists(["n"], ["bigint"]))
            of.write_table("versions", [[int(is_version_4)]])
            checks.same(values(of.read_table("versions")), [[int(is_version_4)]])
    finally:
        options.enable_v4_sign = True


def a_dummy_token_is_replaced():
    account = StsAccount(dummies.ACCESS_KEY_ID, dummies.ACCESS_KEY_SECRET, dummies.SECURITY_TOKEN)
    for of in (client(account=account), client(endpoint=PINNED + "/api", account=account)):
        fresh(of, "with_token")
        of.write_table("with_token", ROWS)
        checks.same(values(of.read_table("with_token")), ROWS)


def another_region_has_tables_of_its_own():
    account = StsAccount(dummies.ACCESS_KEY_ID, dummies.ACCESS_KEY_SECRET, dummies.SECURITY_TOKEN)
    for of in (client("cn-beijing"), client("cn-beijing", account=account)):
        fresh(of, "far")
        of.write_table("far", ROWS)
        checks.same(values(of.read_table("far")), ROWS)
    client().delete_table("far", if_exists=True)
    checks.same(values(client("cn-beijing").read_table("far")), ROWS)


def refused_in(region, act):
    """What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way, in both versions."""
    for is_version_4 in (True, False):
        options.enable_v4_sign = is_version_4
        try:
            error = checks.raised(errors.SignatureNotMatch, lambda: act(client(region)))
        finally:
            options.enable_v4_sign = True
        checks.same((error.code, error.status_code), ("SignatureNotMatch", 401))
        assert "ODPS-0410042" in str(error), error


def described(of):
    of.get_table("described").reload()


def queried(of):
    of.execute_sql("SELECT 1")


def downloaded(of):
    host = of.endpoint.replace("service.", "dt.").removesuffix("/api")
    TableTunnel(of, endpoint=host).create_download_session("described")


def a_spoilt_signature_is_the_sdks_own_exception():
    for act in (described, queried, downloaded):
        refused_in("cn-shanghai", act)


def a_header_changed_after_signing_is_the_sdks_own_exception():
    for act in (described, queried, downloaded):
        refused_in("cn-shenzhen", act)


def a_request_that_comes_to_another_region_is_the_sdks_own_exception():
    of = client("ap-southeast-1")
    error = checks.raised(errors.SignatureNotMatch, lambda: described(of))
    checks.same((error.code, error.status_code), ("SignatureNotMatch", 401))
    # Version 2 signs no region and no host: the other region answers, and has no such table.
    options.enable_v4_sign = False
    try:
        error = checks.raised(errors.NoSuchObject, lambda: described(of))
    finally:
        options.enable_v4_sign = True
    checks.same((error.code, error.status_code), ("NoSuchObject", 404))


checks.run(
    a_project_is_described,
    a_table_is_made_described_listed_and_dropped,
    every_value_of_every_type_comes_back,
    every_value_comes_back_through_one_listener_for_service_and_tunnel,
    several_blocks_are_one_table_in_the_order_of_their_numbers,
    a_session_reads_what_there_was_when_it_began,
    a_query_is_waited_for_and_its_rows_come_back_in_both_ways,
    what_is_missing_raises_what_it_would_without_a_proxy,
    either_version_of_the_signature_is_kept,
    a_dummy_token_is_replaced,
    another_region_has_tables_of_its_own,
    a_spoilt_signature_is_the_sdks_own_exception,
    a_header_changed_after_signing_is_the_sdks_own_exception,
    a_request_that_comes_to_another_region_is_the_sdks_own_exception,
)
