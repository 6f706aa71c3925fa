// `@alicloud/pop-core`: the SDK before the current one, with a client for RPC and one for ROA. Pointed at the proxy by an agent.

import { ok } from "node:assert/strict";

import Core from "@alicloud/pop-core";

import { raised, run, same } from "./checks.mjs";
import * as dummies from "./dummies.mjs";
import { agent } from "./through.mjs";

const { ROAClient, RPCClient } = Core;
const ARN = `acs:ram::1000000000000001:assumed-role/demo/sandbox-${process.env.ROLE}`;
const TAG = { Key: "équipe", Value: "a b+c/d=e&f*~!'()测试" };

function client(kind, endpoint, apiVersion, more = {}) {
  const { ACCESS_KEY_ID: accessKeyId, ACCESS_KEY_SECRET: accessKeySecret } = dummies;
  return new kind({ accessKeyId, accessKeySecret, endpoint, apiVersion, opts: { agent }, ...more });
}

const ecs = (region = "cn-hangzhou", more = {}) =>
  client(RPCClient, `http://ecs.${region}.aliyuncs.com`, "2014-05-26", more);
const cs = (region = "cn-hangzhou", more = {}) =>
  client(ROAClient, `http://cs.${region}.aliyuncs.com`, "2015-12-15", more);
const instances = (of, RegionId = "cn-hangzhou", more = {}, opts = {}) =>
  of.request("DescribeInstances", { RegionId, ...more }, opts);
const JSON_BODY = { "content-type": "application/json" };

/** What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way. */
async function rpcRefusedIn(region, method) {
  const error = await raised(Error, () => instances(ecs(region), region, {}, { method }));
  return [error.name, error.code];
}

async function roaRefusedIn(region) {
  const error = await raised(Error, () => cs(region).get("/clusters"));
  return [error.name, error.code, error.statusCode];
}

await run({
  "the regions come back": async () => {
    const { Regions } = await ecs().request("DescribeRegions");
    same(Regions.Region.map((one) => one.RegionId).slice(0, 2), ["cn-hangzhou", "cn-shanghai"]);
  },

  "pages of two hold every instance once": async () => {
    const names = [];
    for (const PageNumber of [1, 2, 3]) {
      const got = await instances(ecs(), "cn-hangzhou", { PageSize: 2, PageNumber });
      same([got.PageNumber, got.TotalCount], [PageNumber, 5]);
      names.push(...got.Instances.Instance.map((one) => one.InstanceName));
    }
    same(names, ["web-1", "web-2", "web-3", "web-4", "web-5"]);
  },

  "lists and characters that are not letters are signed as they are sent, by either method": async () => {
    const of = ecs();
    for (const method of ["GET", "POST"]) {
      const order = { RegionId: "cn-hangzhou", ImageId: "aliyun_3", InstanceType: "ecs.c8i.large", Tag: [TAG] };
      const run = await of.request("RunInstances", order, { method });
      const [id] = run.InstanceIdSets.InstanceIdSet;
      const found = await instances(of, "cn-hangzhou", { InstanceIds: JSON.stringify([id]) }, { method });
      same(found.Instances.Instance[0].Tags.Tag, [{ TagKey: TAG.Key, TagValue: TAG.Value }]);
      await of.request("DeleteInstance", { InstanceId: id, Force: true }, { method });
    }
  },

  "an action may be named in lower case, and the answer seen whole": async () => {
    const verbose = new RPCClient(
      {
        accessKeyId: dummies.ACCESS_KEY_ID,
        secretAccessKey: dummies.ACCESS_KEY_SECRET,
        endpoint: "http://ecs.cn-hangzhou.aliyuncs.com",
        apiVersion: "2014-05-26",
        opts: { agent },
      },
      true,
    );
    const [got, entry] = await verbose.request("describeInstances", { regionId: "cn-hangzhou", pageSize: 1 });
    same([got.TotalCount, entry.response.statusCode], [5, 200]);
  },

  "a dummy token is replaced like a dummy key": async () => {
    const more = { securityToken: dummies.SECURITY_TOKEN };
    const sts = client(RPCClient, "http://sts.cn-beijing.aliyuncs.com", "2015-04-01", more);
    for (const method of ["GET", "POST"]) {
      same((await sts.request("GetCallerIdentity", {}, { method })).Arn, ARN);
    }
    const listed = await cs("cn-beijing", more).get("/clusters");
    ok(Array.isArray(listed), listed);
  },

  "a listener that is pinned to an endpoint is the endpoint": async () => {
    const of = client(RPCClient, process.env.PINNED_ECS_CN_HANGZHOU, "2014-05-26", { opts: {} });
    same((await instances(of)).TotalCount, 5);
  },

  "an error of the cloud reaches the caller with its name and code": async () => {
    const error = await raised(Error, () => instances(ecs(), "mars-1"));
    same([error.name, error.code], ["InvalidRegionId.NotFoundError", "InvalidRegionId.NotFound"]);
    ok(error.message.startsWith("The specified RegionId does not exist."), error.message);
    same(error.data.RequestId.length, 36);
  },

  "by ROA, a cluster is created, listed, described and deleted": async () => {
    const of = cs();
    const order = { name: "lab-集群", cluster_type: "ManagedKubernetes", region_id: "cn-hangzhou" };
    const made = await of.post("/clusters", {}, JSON.stringify(order), JSON_BODY);
    const path = `/clusters/${made.cluster_id}`;
    same((await of.get(path)).name, "lab-集群");
    const page = await of.get("/api/v1/clusters", { page_size: "1", page_number: "3" });
    same([page.clusters.map((one) => one.name), page.page_info.total_count], [["lab-集群"], 3]);
    await of.delete(path, { retain_all_resources: "true" });
    const error = await raised(Error, () => of.get(path));
    same([error.name, error.code, error.statusCode], ["ErrorClusterNotFoundError", "ErrorClusterNotFound", 404]);
  },

  "a spoilt signature is the SDK's own error": async () => {
    same(await rpcRefusedIn("cn-shanghai", "GET"), ["SignatureDoesNotMatchError", "SignatureDoesNotMatch"]);
    same(await roaRefusedIn("cn-shanghai"), ["SignatureDoesNotMatchError", "SignatureDoesNotMatch", 400]);
  },

  "a date changed after signing is the SDK's own error": async () => {
    same(await rpcRefusedIn("cn-shenzhen", "GET"), ["SignatureDoesNotMatchError", "SignatureDoesNotMatch"]);
    same(await roaRefusedIn("cn-shenzhen"), ["SignatureDoesNotMatchError", "SignatureDoesNotMatch", 400]);
  },

  // Neither scheme's first version covers the host: what tells is the parameter RegionId, which does not belong there.
  "a request that comes to another region is the SDK's own error": async () => {
    same(await rpcRefusedIn("cn-qingdao", "GET"), ["InvalidRegionId.NotFoundError", "InvalidRegionId.NotFound"]);
  },
});
