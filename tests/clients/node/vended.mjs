// `@alicloud/credentials`, which finds a credential by itself, and two SDKs that are given what it found.
//
// On each line of standard input it does as the word there says, and says what came of it: `read`, `control`, `data`.

import assert from "node:assert/strict";
import http from "node:http";
import net from "node:net";
import readline from "node:readline";

import Credentials from "@alicloud/credentials";
import ecs from "@alicloud/ecs20140526";
import core from "@alicloud/openapi-core";
import OSS from "ali-oss";

import { agent } from "./through.mjs";

const forward = new URL(process.env.FORWARD);
const held = new Credentials.default();

// The SDK of ECS knows no proxy, and signs its endpoint's name: what leads there is the agent of all, for the cloud's names.
const usual = http.Agent.prototype.createConnection;
http.Agent.prototype.createConnection = function (options, ...more) {
  const isCloud = options.host?.endsWith(".aliyuncs.com");
  return isCloud ? net.connect(Number(forward.port), forward.hostname) : usual.call(this, options, ...more);
};

const words = {
  read: async () => (await held.getCredential()).accessKeyId,

  control: async () => {
    const endpoint = "ecs.cn-hangzhou.aliyuncs.com";
    const of = new ecs.default(new core.$OpenApiUtil.Config({ credential: held, endpoint, protocol: "http", regionId: "cn-hangzhou" }));
    await of.describeRegions(new ecs.DescribeRegionsRequest({}));
    return "done";
  },

  data: async () => {
    const { accessKeyId, accessKeySecret, securityToken: stsToken } = await held.getCredential();
    const more = { region: "oss-cn-hangzhou", bucket: "demo", authorizationV4: true, agent };
    const of = new OSS({ accessKeyId, accessKeySecret, stsToken, endpoint: "http://oss-cn-hangzhou.aliyuncs.com", ...more });
    await of.put("held", Buffer.from("all of it"));
    assert.equal((await of.get("held")).content.toString(), "all of it");
    return "done";
  },
};

for await (const word of readline.createInterface({ input: process.stdin })) {
  try {
    console.log(await words[word]());
  } catch (error) {
    console.error(error);
    console.log("raised", error.name);
  }
}
process.exit(0); // What an agent keeps alive would keep this alive too.
