// `@alicloud/ecs20140526`: the current SDK, generated for one product. Its settings for a proxy are read and never used, so that
// its endpoint is a listener.

import { ok } from "node:assert/strict";

import ecs from "@alicloud/ecs20140526";
import core from "@alicloud/openapi-core";

import { raised, run, same } from "./checks.mjs";
import * as dummies from "./dummies.mjs";

const { ClientError } = core;
const TAGS = { "équipe": "a b+c/d=e&f*~!'()测试", env: "" };

function client(region = "cn-hangzhou", more = {}) {
  const pinned = process.env[`PINNED_ECS_${region.toUpperCase().replaceAll("-", "_")}`];
  const config = new core.$OpenApiUtil.Config({
    accessKeyId: dummies.ACCESS_KEY_ID,
    accessKeySecret: dummies.ACCESS_KEY_SECRET,
    regionId: region,
    protocol: "http",
    endpoint: new URL(pinned).host,
    ...more,
  });
  return new ecs.default(config);
}

async function instances(of, regionId = "cn-hangzhou", more = {}) {
  return (await of.describeInstances(new ecs.DescribeInstancesRequest({ regionId, ...more }))).body;
}

async function runInstances(of, more = {}) {
  const tag = Object.entries(TAGS).map(([key, value]) => new ecs.RunInstancesRequestTag({ key, value }));
  const usual = { regionId: "cn-hangzhou", imageId: "aliyun_3", instanceType: "ecs.c8i.large", tag };
  const { body } = await of.runInstances(new ecs.RunInstancesRequest({ ...usual, ...more }));
  return body.instanceIdSets.instanceIdSet;
}

const remove = (of, instanceId) =>
  of.deleteInstances(new ecs.DeleteInstancesRequest({ regionId: "cn-hangzhou", instanceId, force: true }));

/** What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way. */
async function refusedIn(region) {
  const error = await raised(ClientError, () => instances(client(region), region));
  same(error.requestId.length, 36);
  return [error.name, error.code, error.statusCode];
}

await run({
  "the regions come back parsed": async () => {
    const { body } = await client().describeRegions(new ecs.DescribeRegionsRequest({}));
    const found = body.regions.region.find((one) => one.regionId === "cn-beijing");
    same([body.regions.region.length, found.regionEndpoint], [6, "ecs.cn-beijing.aliyuncs.com"]);
    same(body.requestId.length, 36);
  },

  "an instance comes back with its nested fields": async () => {
    const [first] = (await instances(client())).instances.instance;
    same([first.instanceId, first.cpu, first.status], ["i-sandboxcnhangzhou0001", 2, "Running"]);
    same(first.vpcAttributes.privateIpAddress.ipAddress, ["192.168.0.1"]);
  },

  "pages of two hold every instance once": async () => {
    const names = [];
    for (const pageNumber of [1, 2, 3]) {
      const body = await instances(client(), "cn-hangzhou", { pageSize: 2, pageNumber });
      same([body.pageNumber, body.totalCount], [pageNumber, 5]);
      names.push(...body.instances.instance.map((one) => one.instanceName));
    }
    same(names, ["web-1", "web-2", "web-3", "web-4", "web-5"]);
  },

  "lists and characters that are not letters are signed as they are sent": async () => {
    const of = client();
    const ids = await runInstances(of, { instanceName: "a b+c/d=e&f*~测试", amount: 2 });
    const found = await instances(of, "cn-hangzhou", { instanceIds: JSON.stringify(ids) });
    same(found.totalCount, 2);
    const [{ tags }] = found.instances.instance;
    same(Object.fromEntries(tags.tag.map((tag) => [tag.tagKey, tag.tagValue])), TAGS);
    await remove(of, ids);
  },

  "an instance is stopped, refused a second stop, and deleted": async () => {
    const of = client();
    const [instanceId] = await runInstances(of);
    await of.stopInstance(new ecs.StopInstanceRequest({ instanceId, forceStop: true }));
    const again = await raised(ClientError, () => of.stopInstance(new ecs.StopInstanceRequest({ instanceId })));
    same([again.code, again.statusCode], ["IncorrectInstanceStatus", 403]);
    await of.deleteInstance(new ecs.DeleteInstanceRequest({ instanceId }));
    const gone = await raised(ClientError, () => of.stopInstance(new ecs.StopInstanceRequest({ instanceId })));
    same([gone.code, gone.statusCode], ["InvalidInstanceId.NotFound", 404]);
  },

  "a dummy token is replaced like a dummy key": async () => {
    const of = client("cn-beijing", { securityToken: dummies.SECURITY_TOKEN, type: "sts" });
    const [first] = (await instances(of, "cn-beijing")).instances.instance;
    same(first.instanceId, "i-sandboxcnbeijing0001");
  },

  "an error of the cloud reaches the caller whole": async () => {
    const error = await raised(ClientError, () => instances(client(), "mars-1"));
    same([error.name, error.code, error.statusCode], ["ClientError", "InvalidRegionId.NotFound", 404]);
    ok(error.message.includes("The specified RegionId does not exist."), error.message);
    same(error.data.RequestId, error.requestId);
  },

  "a spoilt signature is the SDK's own error": async () => {
    same(await refusedIn("cn-shanghai"), ["ClientError", "SignatureDoesNotMatch", 400]);
  },

  "a header changed after signing is the SDK's own error": async () => {
    same(await refusedIn("cn-shenzhen"), ["ClientError", "SignatureDoesNotMatch", 400]);
  },

  "a request that comes to another region is the SDK's own error": async () => {
    same(await refusedIn("cn-qingdao"), ["ClientError", "SignatureDoesNotMatch", 400]);
  },
});
