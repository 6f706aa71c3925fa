// One call of the SDK that the argument names, and what became of it: `returned`, or `raised NAME STATUS CODE`.
//
// Where to and with which key is told by environment. Retries are as each SDK's user gets them, who sets nothing. Where bodies
// stream, a call without one comes first: what countersign has learnt from its answer holds for the next.

import http from "node:http";
import net from "node:net";

import ecs from "@alicloud/ecs20140526";
import openapi from "@alicloud/openapi-client";
import core from "@alicloud/openapi-core";
import Core from "@alicloud/pop-core";
import Log from "@alicloud/log";
import util from "@alicloud/tea-util";
import OSS from "ali-oss";

import { agent } from "./through.mjs";

const forward = new URL(process.env.FORWARD);
const { KEY_ID: accessKeyId, KEY_SECRET: accessKeySecret, TOKEN: securityToken } = process.env;
// Above what an answer takes on a busy machine, and short enough to be waited for a few times over.
const TIMEOUT = 3000;
const PINNED = process.env.PINNED_ECS_CN_HANGZHOU;

/** For SDKs that know no proxy. Alone they cannot be told another way to their endpoint, whose name they sign: Node.js is. */
function endpoint() {
  const own = { accessKeyId, accessKeySecret, securityToken, protocol: "http", regionId: "cn-hangzhou", readTimeout: TIMEOUT };
  if (PINNED) {
    return { ...own, endpoint: new URL(PINNED).host };
  }
  http.Agent.prototype.createConnection = () => net.connect(Number(forward.port), forward.hostname);
  return { ...own, endpoint: "ecs.cn-hangzhou.aliyuncs.com" };
}

const calls = {
  "pop-core": async () => {
    const opts = { agent, timeout: TIMEOUT };
    const endpoint = "http://ecs.cn-hangzhou.aliyuncs.com";
    const of = new Core.RPCClient({ accessKeyId, accessKeySecret, securityToken, endpoint, apiVersion: "2014-05-26", opts });
    await of.request("DescribeRegions");
  },

  "ali-oss": async () => {
    const endpoint = "http://oss-cn-hangzhou.aliyuncs.com";
    const more = { region: "oss-cn-hangzhou", bucket: "demo", authorizationV4: true, agent, timeout: TIMEOUT };
    const refreshSTSToken = async () => ({ accessKeyId, accessKeySecret, stsToken: securityToken });
    const of = new OSS({ accessKeyId, accessKeySecret, stsToken: securityToken, refreshSTSToken, endpoint, ...more });
    await of.getBucketInfo("demo");
    await of.put("a day", Buffer.from("all of it"));
    await of.get("a day");
  },

  "node-log": async () => {
    const of = new Log({ accessKeyId, accessKeySecret, securityToken, endpoint: "http://cn-hangzhou.log.aliyuncs.com" });
    try {
      await of.getProject("made-by-node", { agent, timeout: TIMEOUT });
    } catch (error) {
      // There is none, and the cloud says so.
      if (error.code !== "ProjectNotExist") throw error;
    }
  },

  "node-ecs": async () => {
    const of = new ecs.default(new core.$OpenApiUtil.Config(endpoint()));
    await of.describeRegions(new ecs.DescribeRegionsRequest({}));
  },

  "openapi-client": async () => {
    const shape = { action: "DescribeRegions", version: "2014-05-26", protocol: "HTTP", method: "POST", authType: "AK" };
    const params = new openapi.Params({ ...shape, style: "RPC", pathname: "/", reqBodyType: "formData", bodyType: "json" });
    const of = new openapi.default(new openapi.Config(endpoint()));
    await of.callApi(params, new openapi.OpenApiRequest({}), new util.RuntimeOptions({}));
  },
};

/** Its name, and the status and code that users look at. */
function told(error) {
  const status = error.statusCode ?? error.status ?? error.data?.statusCode;
  return [error.name, status, error.code].filter((word) => word !== undefined && word !== "").join(" ");
}

try {
  await calls[process.argv[2]]();
  console.log("returned");
} catch (error) {
  console.log("raised", told(error));
}
process.exit(0); // What an agent keeps alive would keep this alive too.
