// `@alicloud/openapi-client`: the generic client of the current SDK's first generation, for RPC and ROA. Its settings for a proxy
// are read and never used, so that its endpoint is a listener.

import { ok } from "node:assert/strict";

import openapi from "@alicloud/openapi-client";
import util from "@alicloud/tea-util";

import { raised, run, same } from "./checks.mjs";
import * as dummies from "./dummies.mjs";

function client(pin, more = {}) {
  const pinned = process.env[`PINNED_${pin.toUpperCase().replaceAll(/[.-]/g, "_")}`];
  const config = new openapi.Config({
    accessKeyId: dummies.ACCESS_KEY_ID,
    accessKeySecret: dummies.ACCESS_KEY_SECRET,
    protocol: "http",
    endpoint: new URL(pinned).host,
    ...more,
  });
  return new openapi.default(config);
}

function call(of, style, action, { pathname = "/", method = "POST", bodyType = "json", ...request }) {
  const version = style === "RPC" ? "2014-05-26" : "2015-12-15";
  const reqBodyType = style === "RPC" ? "formData" : "json";
  const shape = { action, version, protocol: "HTTP", method, authType: "AK", style, pathname, reqBodyType, bodyType };
  return of.callApi(new openapi.Params(shape), new openapi.OpenApiRequest(request), new util.RuntimeOptions({}));
}

const instances = async (of, RegionId = "cn-hangzhou", more = {}) =>
  (await call(of, "RPC", "DescribeInstances", { query: { RegionId, ...more } })).body;

/** What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way. */
async function refusedIn(region) {
  const error = await raised(Error, () => instances(client(`ecs.${region}`), region));
  same(error.data.RequestId.length, 36);
  return [error.code, error.data.statusCode];
}

await run({
  "an action is called with its parameters in the query": async () => {
    const got = await instances(client("ecs.cn-hangzhou"), "cn-hangzhou", { PageSize: 2, PageNumber: 3 });
    same([got.TotalCount, got.Instances.Instance.map((one) => one.InstanceName)], [5, ["web-5"]]);
  },

  "an action is called with its parameters in a form, lists and all": async () => {
    const of = client("ecs.cn-hangzhou");
    const tag = { Key: "équipe", Value: "a b+c/d=e&f*~!'()测试" };
    const body = { RegionId: "cn-hangzhou", ImageId: "aliyun_3", InstanceType: "ecs.c8i.large", Tag: [tag] };
    const made = await call(of, "RPC", "RunInstances", { body });
    const InstanceIds = JSON.stringify(made.body.InstanceIdSets.InstanceIdSet);
    const [one] = (await instances(of, "cn-hangzhou", { InstanceIds })).Instances.Instance;
    same(one.Tags.Tag, [{ TagKey: tag.Key, TagValue: tag.Value }]);
    await call(of, "RPC", "DeleteInstance", { query: { InstanceId: one.InstanceId, Force: "true" } });
  },

  "by ROA, a cluster is created, described and deleted": async () => {
    const of = client("cs.cn-hangzhou");
    const body = { name: "lab-集群", cluster_type: "ManagedKubernetes", region_id: "cn-hangzhou" };
    const made = await call(of, "ROA", "CreateCluster", { pathname: "/clusters", body });
    same(made.statusCode, 202);
    const pathname = `/clusters/${made.body.cluster_id}`;
    const shown = await call(of, "ROA", "DescribeClusterDetail", { pathname, method: "GET" });
    same(shown.body.name, "lab-集群");
    const listed = { pathname: "/api/v1/clusters", method: "GET", query: { name: "lab-集群" } };
    same((await call(of, "ROA", "DescribeClustersV1", listed)).body.clusters.length, 1);
    await call(of, "ROA", "DeleteCluster", { pathname, method: "DELETE", query: { retain_all_resources: "true" } });
    const gone = await raised(Error, () => call(of, "ROA", "DescribeClusterDetail", { pathname, method: "GET" }));
    same([gone.code, gone.data.statusCode], ["ErrorClusterNotFound", 404]);
  },

  "a dummy token is replaced like a dummy key": async () => {
    const of = client("ecs.cn-beijing", { securityToken: dummies.SECURITY_TOKEN, type: "sts" });
    same((await instances(of, "cn-beijing")).Instances.Instance[0].InstanceId, "i-sandboxcnbeijing0001");
  },

  "a client of RPC version 1 keeps it": async () => {
    const of = client("ecs.cn-beijing", { signatureVersion: "1.0" });
    const runtime = new util.RuntimeOptions({});
    const request = new openapi.OpenApiRequest({ query: { RegionId: "cn-beijing" } });
    const { body } = await of.doRPCRequest("DescribeInstances", "2014-05-26", "HTTP", "POST", "AK", "json", request, runtime);
    same(body.TotalCount, 5);
  },

  "an error of the cloud reaches the caller whole": async () => {
    const error = await raised(Error, () => instances(client("ecs.cn-hangzhou"), "mars-1"));
    same([error.code, error.data.statusCode, error.statusCode], ["InvalidRegionId.NotFound", 404, 404]);
    ok(error.message.includes("The specified RegionId does not exist."), error.message);
  },

  "a spoilt signature is the SDK's own error": async () => {
    same(await refusedIn("cn-shanghai"), ["SignatureDoesNotMatch", 400]);
  },

  "a header changed after signing is the SDK's own error": async () => {
    same(await refusedIn("cn-shenzhen"), ["SignatureDoesNotMatch", 400]);
  },

  "a request that comes to another region is the SDK's own error": async () => {
    same(await refusedIn("cn-qingdao"), ["SignatureDoesNotMatch", 400]);
  },
});
