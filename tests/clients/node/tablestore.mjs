// `tablestore`: Tablestore, signed as version 2. Pointed at the proxy by an agent.

import { ok } from "node:assert/strict";

import TableStore from "tablestore";

import { raised, run, same } from "./checks.mjs";
import * as dummies from "./dummies.mjs";
import { agent } from "./through.mjs";

const { Client, Condition, Direction, INF_MAX, INF_MIN, Long, RowExistenceExpectation, SingleColumnCondition } = TableStore;
const INSTANCE = "demo-node";
const TABLE = { tableName: "orders" };
const { IGNORE, EXPECT_EXIST, EXPECT_NOT_EXIST } = RowExistenceExpectation;
const COLUMNS = [
  { count: Long.fromString("9007199254740993") },
  { isPaid: true },
  { picture: Buffer.from(Array.from({ length: 256 }, (_, at) => at)) },
  { price: -0.5 },
  { title: "测试 é\n\0" },
];

function client(region = "cn-hangzhou", more = {}) {
  return new Client({
    accessKeyId: dummies.ACCESS_KEY_ID,
    secretAccessKey: dummies.ACCESS_KEY_SECRET,
    endpoint: `http://${INSTANCE}.${region}.ots.aliyuncs.com`,
    instancename: INSTANCE,
    httpOptions: { agent },
    maxRetries: 0,
    ...more,
  });
}

const key = (number) => [{ customer: "wang" }, { number: Long.fromNumber(number) }];
const when = (expectation, column = null) => new Condition(expectation, column);

function create(of) {
  const primaryKey = [{ name: "customer", type: "STRING" }, { name: "number", type: "INTEGER" }];
  return of.createTable({
    tableMeta: { ...TABLE, primaryKey },
    reservedThroughput: { capacityUnit: { read: 0, write: 0 } },
    tableOptions: { timeToLive: -1, maxVersions: 2 },
    streamSpecification: { enableStream: false },
  });
}

const put = (of, number, attributeColumns = COLUMNS, condition = when(IGNORE), more = {}) =>
  of.putRow({ ...TABLE, primaryKey: key(number), attributeColumns, condition, ...more });

/** Numbers of 64 bits as their digits: the SDK reads them into objects. */
const plain = (value) => (typeof value?.toNumber === "function" ? value.toString() : value);
const written = (some) => some.flatMap(Object.entries).map(([name, value]) => [name, plain(value)]);
const columns = (row) => row.attributes.map(({ columnName, columnValue }) => [columnName, plain(columnValue)]);
const numbers = (rows) => rows.map((row) => Number(plain(row.primaryKey[1].value)));

/** The columns of a row. Null: it is not there. */
async function read(of, number, more = {}) {
  const { row } = await of.getRow({ ...TABLE, primaryKey: key(number), maxVersions: 1, ...more });
  return row.primaryKey ? columns(row) : null;
}

/** The SDK does not read the cloud's message: its code is the status, and its text the message's bytes. */
async function refused(status, code, act) {
  const error = await raised(Error, act);
  same([error.code, error.name, error.message.includes(`${code}\u0012`)], [status, status, true]);
  ok(error.message.includes(error.headers["x-ots-requestid"]), error.message);
}

await run({
  "a table is created, listed and described": async () => {
    const of = client();
    await create(of);
    ok((await of.listTable({})).tableNames.includes(TABLE.tableName));
    const { tableMeta, tableOptions, tableStatus } = await of.describeTable(TABLE);
    const names = tableMeta.primaryKey.map(({ name, type }) => [name, type]);
    same([names, tableOptions.maxVersions, tableStatus], [[["customer", 2], ["number", 1]], 2, 1]);
    await refused(409, "OTSObjectAlreadyExist", () => create(of));
  },

  "a row comes back with a value of every type": async () => {
    const of = client();
    const { consumed, row } = await put(of, 1, COLUMNS, when(IGNORE), { returnContent: { returnType: 1 } });
    same([consumed.capacityUnit.write, row.primaryKey[0].value, numbers([row])], [1, "wang", [1]]);
    same(await read(of, 1), written(COLUMNS));
    same(await read(of, 404), null);
    same(await read(of, 1, { columnsToGet: ["price", "title"] }), written(COLUMNS).slice(3));
  },

  "a call with a callback is answered by it": async () => {
    const { tableNames } = await new Promise((resolve, reject) => {
      client().listTable({}, (error, data) => (error ? reject(error) : resolve(data)));
    });
    ok(tableNames.includes(TABLE.tableName));
  },

  "an update puts, adds to and deletes columns": async () => {
    const of = client();
    await put(of, 3, [{ count: Long.fromNumber(1) }, { gone: "soon" }, { kept: "first" }]);
    const updateOfAttributeColumns = [
      { PUT: [{ kept: "second" }] },
      { INCREMENT: [{ count: Long.fromNumber(41) }] },
      { DELETE_ALL: ["gone"] },
    ];
    await of.updateRow({ ...TABLE, primaryKey: key(3), condition: when(EXPECT_EXIST), updateOfAttributeColumns });
    same(await read(of, 3), [["count", "42"], ["kept", "second"]]);
  },

  "a condition that does not hold is the SDK's own error": async () => {
    const of = client();
    await put(of, 4);
    await refused(403, "OTSConditionCheckFail", () => put(of, 4, COLUMNS, when(EXPECT_NOT_EXIST)));
    const { EQUAL, NOT_EQUAL } = TableStore.ComparatorType;
    const price = (comparator) => when(IGNORE, new SingleColumnCondition("price", -0.5, comparator));
    await refused(403, "OTSConditionCheckFail", () => put(of, 4, COLUMNS, price(NOT_EQUAL)));
    await put(of, 4, COLUMNS, price(EQUAL));
  },

  "a range is read forward in pages and backward": async () => {
    const of = client();
    for (let number = 10; number < 15; number++) {
      await put(of, number, [{ a: "b" }]);
    }
    const pages = [];
    let start = key(10);
    while (start) {
      const got = await of.getRange({
        ...TABLE,
        direction: Direction.FORWARD,
        maxVersions: 1,
        inclusiveStartPrimaryKey: start,
        exclusiveEndPrimaryKey: [{ customer: INF_MAX }, { number: INF_MAX }],
        limit: 3,
      });
      pages.push(numbers(got.rows));
      start = got.nextStartPrimaryKey?.map(({ name, value }) => ({ [name]: value }));
    }
    same(pages, [[10, 11, 12], [13, 14]]);
    const back = await of.getRange({
      ...TABLE,
      direction: Direction.BACKWARD,
      maxVersions: 1,
      inclusiveStartPrimaryKey: [{ customer: "wang" }, { number: INF_MAX }],
      exclusiveEndPrimaryKey: key(11),
    });
    same(numbers(back.rows), [14, 13, 12]);
  },

  "rows are written and read in batches, each with its own outcome": async () => {
    const of = client();
    await put(of, 20);
    const some = [{ a: "b" }];
    const rows = [
      { type: "PUT", condition: when(EXPECT_NOT_EXIST), primaryKey: key(20), attributeColumns: some },
      { type: "PUT", condition: when(EXPECT_NOT_EXIST), primaryKey: key(21), attributeColumns: some },
      { type: "UPDATE", condition: when(IGNORE), primaryKey: key(22), attributeColumns: [{ PUT: some }] },
      { type: "DELETE", condition: when(IGNORE), primaryKey: key(10) },
    ];
    const done = await of.batchWriteRow({ tables: [{ ...TABLE, rows }] });
    const outcomes = done.tables.map(({ isOk, errorCode }) => isOk || errorCode);
    same(outcomes, ["OTSConditionCheckFail", true, true, true]);
    const primaryKey = [20, 10, 21, 22].map(key);
    const got = await of.batchGetRow({ tables: [{ ...TABLE, primaryKey, maxVersions: 1 }] });
    const found = got.tables[0].map((row) => row.primaryKey && columns(row));
    same(found, [written(COLUMNS), null, [["a", "b"]], [["a", "b"]]]);
  },

  "a deleted row is gone": async () => {
    const of = client();
    await put(of, 30);
    await of.deleteRow({ ...TABLE, primaryKey: key(30), condition: when(EXPECT_EXIST) });
    same(await read(of, 30), null);
  },

  "a table that is not there and a key that does not fit are the SDK's own errors": async () => {
    const of = client();
    await refused(404, "OTSObjectNotExist", () => of.describeTable({ tableName: "nowhere" }));
    await refused(400, "OTSInvalidPK", () => of.getRow({ ...TABLE, primaryKey: key(1).slice(1), maxVersions: 1 }));
  },

  "a table of another region is made, filled and deleted": async () => {
    for (const more of [{}, { securityToken: dummies.SECURITY_TOKEN }]) {
      const of = client("cn-beijing", more);
      await create(of);
      await put(of, 1);
      same(await read(of, 1), written(COLUMNS));
      await of.deleteTable(TABLE);
      same((await of.listTable({})).tableNames, []);
    }
  },

  "a spoilt signature is the SDK's own error": async () => {
    await refused(403, "OTSAuthFailed", () => put(client("cn-shanghai"), 1));
  },

  "a header changed after signing is the SDK's own error": async () => {
    await refused(403, "OTSAuthFailed", () => put(client("cn-shenzhen"), 1));
  },

  // Version 2 covers neither host nor region: what tells is that the table is not there.
  "a request that comes to another region is the SDK's own error": async () => {
    await refused(404, "OTSObjectNotExist", () => put(client("cn-qingdao"), 1));
  },
});
