// `ali-oss`: OSS with both versions of the signature. Pointed at the proxy by an agent, or by a listener pinned to OSS.

import { ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";

import OSS from "ali-oss";

import { raised, run, same } from "./checks.mjs";
import * as dummies from "./dummies.mjs";
import { agent } from "./through.mjs";

const PREFIX = "ali-oss/";
const MIB = 1024 * 1024;
// Each is another object than its neighbours, as in `../python/objects.py`.
const KEYS = [
  "plain.txt",
  "a/nested/key.txt",
  "a//two-slashes.txt",
  "a/ends-with-slashes//",
  "a%2Fb",
  "a/b",
  "100%25 sure",
  "spaces and + plus",
  "tilde~star*quote'(paren)!",
  "query?marks&amps=1#hash",
  "semi;colon:at@comma,$",
  "中文/目录/文件 名.txt",
  "émoji-🚀-ключ.bin",
  'back\\slash-and-"quotes"-<angles>',
  "...dots/.hidden",
];

function client(more = {}) {
  return new OSS({
    accessKeyId: dummies.ACCESS_KEY_ID,
    accessKeySecret: dummies.ACCESS_KEY_SECRET,
    endpoint: "http://oss-cn-hangzhou.aliyuncs.com",
    region: "oss-cn-hangzhou",
    bucket: "demo",
    agent,
    ...more,
  });
}

const version1 = client();
const version4 = client({ authorizationV4: true });
const far = (region, more) =>
  client({ region: `oss-${region}`, endpoint: `http://oss-${region}.aliyuncs.com`, authorizationV4: true, ...more });

/** Bytes of which no two stretches are alike, the same each time. */
function large(size) {
  const pieces = [];
  for (let at = 0; at < size; at += 32) {
    pieces.push(createHash("sha256").update(String(at)).digest());
  }
  return Buffer.concat(pieces, size);
}

async function keysSurvive(of, folder) {
  for (const [number, key] of KEYS.entries()) {
    await of.put(PREFIX + folder + key, Buffer.from(`${number} ${key}`));
  }
  for (const [number, key] of KEYS.entries()) {
    same((await of.get(PREFIX + folder + key)).content.toString(), `${number} ${key}`);
  }
}

async function withFile(content, act) {
  const directory = await mkdtemp(join(tmpdir(), "ali-oss-"));
  try {
    const path = join(directory, "object");
    await writeFile(path, content);
    return await act(path, directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** What the SDK makes of the answer in a region where what the proxy sent was spoilt on its way. */
async function refusedIn(region, more) {
  const error = await raised(Error, () => far(region, more).put(`${PREFIX}spoilt`, Buffer.from("spoilt")));
  same(error.requestId.length, 24);
  return [error.name, error.code, error.status];
}

await run({
  "an object comes back with its headers, by either version": async () => {
    for (const of of [version1, version4]) {
      const body = Buffer.from("first\x00\xff bytes", "latin1");
      const headers = { "Content-Type": "text/x-one", "Cache-Control": "no-cache" };
      const done = await of.put(`${PREFIX}one`, body, { headers, meta: { author: "a b", uid: 1 } });
      same([done.res.status, done.res.headers.etag], [200, `"${createHash("md5").update(body).digest("hex").toUpperCase()}"`]);
      const got = await of.get(`${PREFIX}one`);
      same([got.content, got.res.headers["content-type"]], [body, "text/x-one"]);
      const head = await of.head(`${PREFIX}one`);
      same([head.meta, head.res.headers["content-length"]], [{ author: "a b", uid: "1" }, String(body.length)]);
    }
  },

  "every awkward key is its own object": () => keysSurvive(version4, "keys/"),

  "every awkward key survives a signature of version 1": () => keysSurvive(version1, "keys-1/"),

  "listings of both kinds show every awkward key once, page by page": async () => {
    const expected = KEYS.map((key) => `${PREFIX}keys/${key}`).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const of of [version1, version4]) {
      const found = [];
      for (let marker = ""; marker !== null; ) {
        const page = await of.list({ prefix: `${PREFIX}keys/`, "max-keys": 4, marker });
        found.push(...page.objects.map((one) => one.name));
        marker = page.isTruncated ? page.nextMarker : null;
      }
      same(found, expected);
      const second = [];
      for (let token; token !== null; ) {
        const query = { prefix: `${PREFIX}keys/`, "max-keys": 4, ...(token && { "continuation-token": token }) };
        const page = await of.listV2(query);
        second.push(...page.objects.map((one) => one.name));
        token = page.isTruncated ? page.nextContinuationToken : null;
      }
      same(second, expected);
    }
  },

  "a stream of unknown length goes up in chunks, and a stream comes down": async () => {
    for (const of of [version1, version4]) {
      const pieces = Array.from({ length: 50 }, (_, number) => Buffer.alloc(1000, number));
      await of.putStream(`${PREFIX}stream`, Readable.from(pieces).pipe(new PassThrough()));
      const { stream } = await of.getStream(`${PREFIX}stream`);
      const got = [];
      for await (const piece of stream) {
        got.push(piece);
      }
      same(Buffer.compare(Buffer.concat(got), Buffer.concat(pieces)), 0);
    }
  },

  "a file goes up and comes down, and a range of it": async () => {
    const body = large(4 * MIB);
    await withFile(body, async (path, directory) => {
      await version4.put(`${PREFIX}file`, path);
      const down = join(directory, "down");
      await version4.get(`${PREFIX}file`, down);
      same(Buffer.compare(await readFile(down), body), 0);
    });
    const part = await version4.get(`${PREFIX}file`, { headers: { Range: "bytes=1000-1999" } });
    same([part.res.status, Buffer.compare(part.content, body.subarray(1000, 2000))], [206, 0]);
  },

  "parts become one object, by either version": async () => {
    const body = large(3 * MIB + 7);
    for (const of of [version1, version4]) {
      const seen = [];
      await withFile(body, (path) =>
        of.multipartUpload(`${PREFIX}parts`, path, { partSize: MIB, progress: (done) => seen.push(done) }),
      );
      same(Buffer.compare((await of.get(`${PREFIX}parts`)).content, body), 0);
      same(seen.at(-1), 1);
      await of.multipartUploadCopy(`${PREFIX}copied`, { sourceKey: `${PREFIX}parts`, sourceBucketName: "demo" }, { partSize: MIB });
      same(Buffer.compare((await of.get(`${PREFIX}copied`)).content, body), 0);
    }
  },

  "an upload that is given up leaves no parts": async () => {
    const { uploadId } = await version4.initMultipartUpload(`${PREFIX}given-up`);
    await withFile("small", (path) => version4.uploadPart(`${PREFIX}given-up`, uploadId, 1, path, 0, 5));
    same((await version4.listUploads({ prefix: `${PREFIX}given-up` })).uploads.length, 1);
    await version4.abortMultipartUpload(`${PREFIX}given-up`, uploadId);
    same((await version4.listUploads({ prefix: `${PREFIX}given-up` })).uploads ?? [], []);
  },

  "objects are copied, appended to and deleted, one and many": async () => {
    await version4.copy(`${PREFIX}keys/copied`, `${PREFIX}keys/中文/目录/文件 名.txt`);
    same((await version4.get(`${PREFIX}keys/copied`)).content.toString(), "11 中文/目录/文件 名.txt");
    const { nextAppendPosition } = await version4.append(`${PREFIX}log`, Buffer.from("one "));
    await version4.append(`${PREFIX}log`, Buffer.from("two"), { position: nextAppendPosition });
    same((await version4.get(`${PREFIX}log`)).content.toString(), "one two");
    same((await version4.delete(`${PREFIX}log`)).res.status, 204);
    const names = [`${PREFIX}keys/copied`, `${PREFIX}keys/a%2Fb`, `${PREFIX}none & <none>`];
    for (const of of [version1, version4]) {
      const { deleted } = await of.deleteMulti(names);
      same(deleted.map((one) => one.Key).sort(), [...names].sort());
    }
  },

  "errors have the cloud's code, name and status": async () => {
    const error = await raised(Error, () => version4.get(`${PREFIX}none`));
    same([error.name, error.code, error.status, error.requestId.length], ["NoSuchKeyError", "NoSuchKey", 404, 24]);
    ok(error.message.startsWith("The specified key does not exist"), error.message);
    const head = await raised(Error, () => version1.head(`${PREFIX}none`));
    same([head.name, head.code, head.status], ["NoSuchKeyError", "NoSuchKey", 404]);
    const bucket = await raised(Error, () => client({ bucket: "none-of-these" }).list());
    same([bucket.name, bucket.code, bucket.status], ["NoSuchBucketError", "NoSuchBucket", 404]);
  },

  "the buckets and one's facts come back": async () => {
    const { buckets } = await version4.listBuckets();
    ok(buckets.some((one) => one.name === "demo"), buckets);
    const { bucket } = await version1.getBucketInfo("demo");
    same([bucket.Name, bucket.Location, bucket.AccessControlList.Grant], ["demo", "oss-cn-hangzhou", "private"]);
  },

  "a dummy token is replaced like a dummy key, in a bucket of another region": async () => {
    const stsToken = dummies.SECURITY_TOKEN;
    const refreshSTSToken = async () => ({
      accessKeyId: dummies.ACCESS_KEY_ID,
      accessKeySecret: dummies.ACCESS_KEY_SECRET,
      stsToken,
    });
    for (const authorizationV4 of [false, true]) {
      const of = far("cn-beijing", { bucket: "made-by-ali-oss", authorizationV4, stsToken, refreshSTSToken });
      await of.putBucket("made-by-ali-oss");
      await of.put("a//中%2F", Buffer.from("far"));
      same((await of.get("a//中%2F")).content.toString(), "far");
      await of.delete("a//中%2F");
      await of.deleteBucket("made-by-ali-oss");
    }
  },

  // To an address, the SDK says in `Host` what it would have said to the region's endpoint.
  "a listener that is pinned to OSS is the endpoint": async () => {
    for (const authorizationV4 of [false, true]) {
      const of = client({ endpoint: process.env.PINNED_OSS_CN_HANGZHOU, authorizationV4, agent: undefined });
      const name = `${PREFIX}pinned ü ${authorizationV4}`;
      await of.put(name, Buffer.from(name));
      same((await version4.get(name)).content.toString(), name);
    }
  },

  // Whichever version the caller took, what leaves is version 4.
  "a spoilt signature is the SDK's own error": async () => {
    const expected = ["SignatureDoesNotMatchError", "SignatureDoesNotMatch", 403];
    same(await refusedIn("cn-shanghai", { authorizationV4: false }), expected);
    same(await refusedIn("cn-shanghai"), expected);
  },

  "a header changed after signing is the SDK's own error": async () => {
    const expected = ["SignatureDoesNotMatchError", "SignatureDoesNotMatch", 403];
    same(await refusedIn("cn-shenzhen", { authorizationV4: false }), expected);
    same(await refusedIn("cn-shenzhen"), expected);
  },

  "a request that comes to another region is the SDK's own error": async () => {
    const expected = ["InvalidArgumentError", "InvalidArgument", 400];
    same(await refusedIn("cn-qingdao", { authorizationV4: false }), expected);
    same(await refusedIn("cn-qingdao"), expected);
  },
});
