import { assertEquals, assertMatch } from "@std/assert";
import { deadline, delay } from "../../../../lib/base/abort.ts";
import { connect } from "../../../../lib/endpoint/connect.ts";
import { dari, failed, startDari } from "../../../support/dari_command.ts";
import { startServer } from "../../../support/dari_server.ts";
import { tempDirectory } from "../../../support/temp.ts";

const MODULE = "export const signup = ({ name }) => name;" +
  "export async function* ticks() { yield 1; await new Promise(() => {}); }";

/** A server with an account, a client of it, and what `dari tap` needs to reach it. */
async function startTapped(...words: string[]) {
  const directory = await tempDirectory();
  const module = `${directory.path}/methods.ts`;
  await Deno.writeTextFile(module, MODULE);
  const server = await startServer(module, ...words);
  const data = ["--data", server.data];
  await dari(["user", "add", "alice", "--no-password", ...data]);
  const { out } = await dari(["key", "create", "alice", "--json", ...data]);
  const { apiKey } = JSON.parse(out);
  const ca = await Deno.readTextFile(`${server.data}/ca.crt`);
  const client = await connect(server.tls, { ca, apiKey });
  return {
    ...server,
    data,
    client,
    apiKey,
    path: directory.path,
    /** Calls until a tap has shown a line that begins so: it listens from some moment on. */
    async callUntil(shown: Promise<string>): Promise<string> {
      let isShown = false;
      shown.then(() => isShown = true, () => isShown = true);
      while (!isShown) {
        await client.call("signup", { name: "bob", password: "x" });
        await delay(20);
      }
      return await shown;
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await server[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

for (const threads of [[], ["--threads", "2"]]) {
  Deno.test(`dari tap shows calls, with params where asked (${threads.join(" ")})`, async () => {
    await using server = await startTapped(...threads);
    const tap = startDari(["tap", "--params", "--method", "sign*", "--json", ...server.data]);
    const out = await deadline(server.callUntil(tap.waitFor("{")), 10_000);
    const shown = JSON.parse(out.split("\n")[0] ?? "");
    assertEquals([shown.method, shown.principal.name], ["signup", "alice"]);
    assertEquals(shown.params, '{"name":"bob","password":"[redacted]"}');
    assertEquals((await tap.stop()).code, 0);
  });
}

Deno.test("an administrator of another machine taps all threads, whichever one answers", async () => {
  await using server = await startTapped("--threads", "2");
  await dari(["user", "add", "root", "--no-password", "--role", "admin", ...server.data]);
  const { out: key } = await dari(["key", "create", "root", "--json", ...server.data]);
  const keyFile = `${server.path}/root`;
  await Deno.writeTextFile(keyFile, JSON.parse(key).apiKey, { mode: 0o600 });
  const ca = `${server.data[1]}/ca.crt`;
  const to = ["--to", server.tls, "--ca", ca, "--api-key-file", keyFile];
  const tap = startDari(["tap", "--principal", "alice", "--json", ...to]);
  const out = await deadline(server.callUntil(tap.waitFor("{")), 10_000);
  assertEquals(JSON.parse(out.split("\n")[0] ?? "").principal.name, "alice");
  const { out: open } = await dari(["tap", "--connections", "--json", ...to]);
  const names = JSON.parse(open).connections.map(
    ({ principal }: { principal: { name: string } }) => principal?.name,
  );
  assertEquals(["alice", "root"].every((name) => names.includes(name)), true);
  // Here too: who taps is root, and the key that is revoked ends the tap.
  assertEquals((await dari(["revoke", "root", "--yes", ...server.data])).code, 0);
  assertEquals((await deadline(tap.ended, 5_000)).code === 0, false);
});

Deno.test("dari tap prints a line a call for people, and ends with the server", async () => {
  await using server = await startTapped();
  const tap = startDari(["tap", "--principal", "alice", ...server.data]);
  const out = await deadline(server.callUntil(tap.waitFor("")), 10_000);
  const line = /^\d\d:\d\d:\d\d\.\d{3} {2}alice {11}signup {18} +\d+\.\d+ ms {2}ok$/m;
  assertMatch(out, line);
  await server.stop();
  const { err, code } = await deadline(tap.ended, 5_000);
  assertEquals([err, code], ["dari: the server ended the tap", 0]);
});

Deno.test("dari tap --connections lists connections and what runs, and ends", async () => {
  await using server = await startTapped();
  const stream = server.client.stream("ticks")[Symbol.asyncIterator]();
  await stream.next();
  const words = ["tap", "--connections", "--principal", "alice", ...server.data];
  const { out } = await dari(words);
  const lines = /^SINCE +WHO +FROM, AND WHAT RUNS\n.*Z {2}alice {2}tls 127.*\n +ticks … +for \d+s$/;
  assertMatch(out, lines);
  const { connections } = JSON.parse((await dari([...words, "--json"])).out);
  assertEquals(connections.length, 1);
  await stream.return?.();
});

Deno.test("dari tap takes a right, and params one of their own; a revoked credential ends it", async () => {
  await using server = await startTapped();
  await Deno.writeTextFile(
    `${server.data[1]}/policy.json`,
    '{"roles":{"user":["*","rpc.tap"],"admin":["*"]}}',
  );
  const keyFile = `${server.path}/key`;
  await Deno.writeTextFile(keyFile, server.apiKey, { mode: 0o600 });
  const ca = `${server.data[1]}/ca.crt`;
  const to = ["--to", server.tls, "--ca", ca, "--api-key-file", keyFile];
  const words = ["tap", "--json", ...to, "--data", `${server.path}/other`];
  const denied = failed(77, 'You may not call "rpc.tap.params"');
  const { err, code } = await dari([...words.filter((word) => word !== "--json"), "--params"]);
  assertEquals([err, code], [denied.err, denied.code]);
  await dari(["user", "add", "carol", "--no-password", ...server.data]);
  // The server takes a new policy up after a while.
  while ((await dari(["call", "rpc.tap", ...to, "--timeout", "300ms"])).code === 77) {
    await delay(50);
  }
  const tap = startDari(words);
  await deadline(server.callUntil(tap.waitFor("{")), 10_000);
  assertEquals((await dari(["revoke", "alice", "--yes", ...server.data])).code, 0);
  const ended = await deadline(tap.ended, 5_000);
  assertEquals(ended.code === 0, false);
});

Deno.test("dari tap --record writes a file for its owner alone, and dari policy try reads it", async () => {
  await using server = await startTapped();
  const path = `${server.path}/calls.jsonl`;
  const tap = startDari(["tap", "--record", path, "--method", "signup", ...server.data]);
  const written = async () => {
    while (!(await Deno.readTextFile(path).catch(() => "")).includes("signup")) await delay(10);
    return "";
  };
  await deadline(server.callUntil(written()), 10_000);
  assertMatch((await tap.stop()).out, /^recorded \d+ calls in .*; 0 were missed$/);
  assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  const again = await dari(["tap", "--record", path, ...server.data]);
  assertMatch(again.err, /exists already; remove it, or name another file$/);
  const policy = `${server.path}/new.json`;
  await Deno.writeTextFile(policy, '{"roles":{"user":["orders.*"]}}');
  const tried = await dari(["policy", "try", policy, "--record", path]);
  assertMatch(tried.out, /^would be refused: alice signup \(\d+ calls?\): no rule of its roles/);
  assertMatch(tried.out, /"user": \[\n +"signup"\n/);
  assertEquals(tried.code, 77);
  await Deno.writeTextFile(policy, '{"roles":{"user":["signup"]}}');
  const fits = await dari(["policy", "try", policy, "--record", path, "--json"]);
  const { refused, allowed, leastRoles, missed } = JSON.parse(fits.out);
  assertEquals([refused, allowed, leastRoles, missed], [[], [], { user: ["signup"] }, 0]);
  assertEquals(fits.code, 0);
});
