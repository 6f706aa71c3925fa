// `@alicloud/log`: Log Service, of which it writes and searches. Pointed at the proxy by an agent, which each call takes.

import { ok } from "node:assert/strict";

import Log from "@alicloud/log";

import { raised, run, same } from "./checks.mjs";
import * as dummies from "./dummies.mjs";
import { agent } from "./through.mjs";

const PROJECT = "node-logs";
const STORE = "access";
const TIME = Math.floor(Date.now() / 1000) - 60;
const [FROM, TO] = [new Date(TIME * 1000), new Date((TIME + 1000) * 1000)];
const LOG = { path: "/orders?a=b&c=%20", message: "équipe 测试 \u{1f680}\nline two", empty: "" };

/** A client whose every call goes through the agent: the options are each method's last argument. */
function client(region = "cn-hangzhou", more = {}) {
  const { ACCESS_KEY_ID: accessKeyId, ACCESS_KEY_SECRET: accessKeySecret } = dummies;
  return new Log({ accessKeyId, accessKeySecret, endpoint: `http://${region}.log.aliyuncs.com`, ...more });
}

const through = { agent };

/** The client, with a project and a logstore that are empty. */
async function begun(of = client(), project = PROJECT) {
  try {
    await of.deleteProject(project, through);
  } catch (error) {
    same(error.code, "ProjectNotExist");
  }
  await of.createProject(project, { description: "a 测试 description" }, through);
  await of.createLogStore(project, STORE, { ttl: 7, shardCount: 2 }, through);
  await of.createIndex(project, STORE, { line: { token: [",", " ", "/", "?"] } }, through);
  return of;
}

function put(of, contents, more = {}, project = PROJECT) {
  const logs = contents.map((content, at) => ({ timestamp: TIME + at, content }));
  return of.postLogStoreLogs(project, STORE, { logs, topic: "a topic", source: "10.0.0.2", ...more }, through);
}

const search = (of, data = {}, project = PROJECT) => of.getLogs(project, STORE, FROM, TO, data, through);

/** What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way. */
async function refusedIn(region) {
  const error = await raised(Error, () => client(region).listLogStore(PROJECT, {}, through));
  return [error.name, error.code];
}

await run({
  "a project and a logstore are made, shown, changed, listed and deleted": async () => {
    const of = await begun();
    const shown = await of.getProject(PROJECT, through);
    same([shown.description, shown.region], ["a 测试 description", "cn-hangzhou"]);
    await of.createLogStore(PROJECT, "second_store", { ttl: 1, shardCount: 3 }, through);
    await of.updateLogStore(PROJECT, "second_store", { ttl: 2, shardCount: 3 }, through);
    const { ttl, shardCount } = await of.getLogStore(PROJECT, "second_store", through);
    same([ttl, shardCount], [2, 3]);
    // What it is not given it names all the same, without a value.
    same((await of.listLogStore(PROJECT, {}, through)).logstores, [STORE, "second_store"]);
    const data = { logstoreName: "second", offset: 0, size: 10 };
    same((await of.listLogStore(PROJECT, data, through)).logstores, ["second_store"]);
    await of.deleteLogStore(PROJECT, "second_store", through);
    await of.deleteProject(PROJECT, through);
    const error = await raised(Error, () => of.listLogStore(PROJECT, {}, through));
    same([error.name, error.code, error.requestid.length], ["ProjectNotExistError", "ProjectNotExist", 24]);
  },

  "an index is made, shown, changed and deleted": async () => {
    const of = await begun();
    same((await of.getIndexConfig(PROJECT, STORE, through)).line.token, [",", " ", "/", "?"]);
    await of.updateIndex(PROJECT, STORE, { line: { token: ["测"] } }, through);
    same((await of.getIndexConfig(PROJECT, STORE, through)).line.token, ["测"]);
    await of.deleteIndex(PROJECT, STORE, through);
    same((await raised(Error, () => search(of))).code, "IndexConfigNotExist");
  },

  "logs that are put are found as they were": async () => {
    const of = await begun();
    await put(of, [LOG, { message: "the same again and again, ".repeat(2000) }], { tags: [{ host: "web-1" }] });
    const shared = { __source__: "10.0.0.2", __topic__: "a topic", "__tag__:host": "web-1" };
    same(await search(of, { query: "équipe and path:orders" }), [{ __time__: `${TIME}`, ...shared, ...LOG }]);
    same((await search(of))[1].message.length, 52_000);
    const counts = (await of.getHistograms(PROJECT, STORE, FROM, TO, {}, through)).map((part) => part.count);
    same(counts.reduce((sum, count) => sum + count), 2);
  },

  "a query with unicode and signs is signed as it is sent, and pages are": async () => {
    const of = await begun();
    await put(of, Array.from({ length: 5 }, (_, at) => ({ n: `${at}`, message: "a+b" })));
    same(await search(of, { query: `message:"c d" or "e&f=g*~!'()é测试"`, topic: "a b+c/d" }), []);
    const page = await search(of, { query: "a+b", line: 2, offset: 1, reverse: true });
    same(page.map((log) => log.n), ["3", "2"]);
  },

  "another region with a dummy token answers for itself": async () => {
    const project = `${PROJECT}-beijing`;
    const of = await begun(client("cn-beijing", { securityToken: dummies.SECURITY_TOKEN }), project);
    await put(of, [LOG], {}, project);
    same((await search(of, {}, project)).length, 1);
    const error = await raised(Error, () => client().getProject(project, through));
    same(error.code, "ProjectNotExist");
  },

  "what is wrong with a call reaches the caller with its name, code and id": async () => {
    const of = await begun();
    for (const [act, code] of [
      [() => of.createProject(PROJECT, {}, through), "ProjectAlreadyExist"],
      [() => of.createLogStore(PROJECT, STORE, { ttl: 1, shardCount: 1 }, through), "LogStoreAlreadyExist"],
      [() => of.getLogStore(PROJECT, "none", through), "LogStoreNotExist"],
      [() => search(of, { query: "* | select 1" }), "InvalidQueryString"],
      [() => of.getProjectLogs(PROJECT, { query: "select 1" }, through), "InvalidAPI"],
    ]) {
      const error = await raised(Error, act);
      same([error.name, error.code, error.requestid.length], [`${code}Error`, code, 24]);
      ok(error.message, error);
    }
  },

  "a spoilt signature is the SDK's own error": async () => {
    same(await refusedIn("cn-shanghai"), ["SignatureNotMatchError", "SignatureNotMatch"]);
  },

  "a header changed after signing is the SDK's own error": async () => {
    same(await refusedIn("cn-shenzhen"), ["SignatureNotMatchError", "SignatureNotMatch"]);
  },

  "a request that comes to another region is the SDK's own error": async () => {
    // It signs with version 1, which covers neither host nor region: there is no such project there.
    same(await refusedIn("cn-qingdao"), ["ProjectNotExistError", "ProjectNotExist"]);
  },
});
