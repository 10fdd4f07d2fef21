import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite"; // makes a store that no dari made
import { deadline, delay } from "../../../lib/base/abort.ts";
import { errorTable } from "../../../lib/base/errors.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { main } from "../../../lib/cli/main.ts";
import { commands } from "../../../lib/cli/table.ts";
import { createIo, dari, startDari } from "../../support/dari_command.ts";
import { listen, startServer } from "../../support/dari_server.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("dari serve says where it listens, that it is ready and what to try, and stops in order", async () => {
  await using server = await startServer();
  const { out, err, code } = await server.stop();
  assertMatch(
    out,
    /^listening on unix:\S+\/dari\.sock\nlistening on tls:\/\/127\.0\.0\.1:\d+\nready\n\ncertificate for localhost, 127\.0\.0\.1, ::1\nfingerprint [0-9a-f]{64}\n\nFrom/,
  );
  assertEquals(out.includes("another machine"), false, "none reaches 127.0.0.1");
  assertStringIncludes(out, "dari call add a=10 b=20");
  assertMatch(
    err,
    /^\S+ info the server has started .*\n\S+ info the server is stopping .*\n\S+ info the server has stopped drained=0 cut=0$/,
  );
  assertEquals(code, 0);
});

Deno.test("dari serve listens to SIGHUP, which would end it, before it says that it is ready", async () => {
  await using directory = await tempDirectory();
  const told: string[] = [];
  const stop = new AbortController();
  const io = createIo({}, stop.signal, (line) => {
    if (line !== "ready") return;
    told.push("ready");
    stop.abort();
  });
  const words = ["serve", "--data", `${directory.path}/data`, ...listen];
  await main(words, commands, { ...io, onReload: () => told.push("SIGHUP") });
  assertEquals(told, ["SIGHUP", "ready"]);
});

Deno.test("dari serve ends, and says why, when its store is removed or replaced", async () => {
  await using server = await startServer();
  await Deno.remove(`${server.data}/dari.db`);
  const { err, code } = await deadline(server.ended, 10_000);
  assertStringIncludes(err, "was removed or replaced while it was in use");
  assertEquals(code, errorTable.data.exit);
});

Deno.test("dari serve takes policy.json up when it changes", async () => {
  await using directory = await tempDirectory();
  const module = `${directory.path}/methods.ts`;
  await Deno.writeTextFile(module, "export const secret = () => 3;");
  await using server = await startServer(module);
  await dari(["user", "add", "alice", "--no-password", "--data", server.data]);
  const key = await dari(["key", "create", "alice", "--name", "k", "--data", server.data]);
  const text = /dari_[0-9a-f]{12}_\w{49}/.exec(key.out)?.[0] ?? key.out + key.err;
  const ca = await Deno.readTextFile(`${server.data}/ca.crt`);
  await using client = await connect(server.tls, { ca, apiKey: text });
  assertEquals(await client.call("secret"), 3);
  await Deno.writeTextFile(`${server.data}/policy.json`, '{"roles":{"user":["other"]}}');
  const isDenied = async () => {
    for (;;) {
      const outcome = await client.call("secret").catch(({ code }) => code);
      if (outcome !== 3) return outcome;
      await delay(20);
    }
  };
  assertEquals(await deadline(isDenied(), 10_000), "permission_denied");
  const explained = await dari(["explain", "alice", "secret", "--data", server.data]);
  assertEquals(explained.code, errorTable.permission_denied.exit);
  const words = ["audit", "query", "--kind", "policy.changed", "--json", "--data", server.data];
  const { by, data } = JSON.parse((await dari(words)).out); // one record
  const { roles, added, removed, members } = data;
  assertEquals([by, roles, added, removed, members], ["server", ["user"], ["user"], [], []]);
});

Deno.test("dari serve keeps what it makes to its owner", async () => {
  await using server = await startServer();
  const modeOf = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;
  assertEquals(await modeOf(server.data), 0o700);
  for (const name of ["ca.key", "server.key", "server.crt", "ca.crt", "dari.sock", "dari.db"]) {
    assertEquals(await modeOf(`${server.data}/${name}`), 0o600, name);
  }
});

Deno.test("dari serve MODULE serves what the module exports, public where it is told", async () => {
  await using directory = await tempDirectory();
  const module = `${directory.path}/my%20methods.ts`;
  await Deno.writeTextFile(
    module,
    `export const greet = ({ name }: { name: string }) => "hello " + name;
     export function secret() { return 1; }
     export const version = 3;`,
  );
  await using server = await startServer(module, "--public", "greet");
  const byTls = ["--to", server.tls, "--ca", `${server.data}/ca.crt`];
  assertEquals((await dari(["call", "greet", "name=Ann", ...byTls])).out, '"hello Ann"');
  assertEquals((await dari(["call", "secret", ...byTls])).code, 77);
  assertEquals((await dari(["call", "secret", "--data", server.data])).out, "1");
  assertEquals((await dari(["discover", "--names", ...byTls])).out, "greet");
  const document = JSON.parse((await dari(["discover", "--json", ...byTls])).out);
  assertEquals(document.info.title, "my%20methods", "strangers are told no path of this machine");
});

Deno.test("dari serve MODULE says in one line why a module cannot be served", async () => {
  await using directory = await tempDirectory();
  const cases: [text: string | null, message: RegExp][] = [
    [null, /Cannot load \S+: there is no such file$/],
    ["export const add = (", /Cannot load \S+: /],
    ['throw new Error("at load");', /Cannot load \S+: Error: at load \(\S+\/m2\.ts:1:7\)$/],
    ["export const version = 3;", /exports no methods; add for instance: export const add/],
    ["export const methods = {};", /exports no methods/],
  ];
  for (const [n, [text, message]] of cases.entries()) {
    const module = `${directory.path}/m${n}.ts`;
    if (text !== null) await Deno.writeTextFile(module, text);
    const { err, code } = await dari(["serve", module, "--data", `${directory.path}/data`]);
    assertMatch(err, message);
    assertEquals([code, err.includes("\n")], [65, false]);
  }
});

Deno.test("dari serve says in one line which method cannot be served, or made public", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  const cases: [text: string, message: RegExp][] = [
    ["export const add = () => 1;", /There is no method "sub" to make public/],
    ['const f = () => 1; export { f as sub, f as "rpc.mine" };', /"rpc.mine" cannot be registered/],
    ["export const sub = { worker: true, async *handler() {} };", /"sub" streams, and a worker/],
    [
      "export const sub = { job: {}, async *handler() {} };",
      /"sub" streams, so it cannot be a job/,
    ],
    ["export const sub = { job: { retries: -1 }, handler() {} };", /dari: "retries" of job "sub"/],
  ];
  for (const [n, [text, message]] of cases.entries()) {
    const module = `${path}/m${n}.ts`;
    await Deno.writeTextFile(module, text);
    const { err, code } = await dari(["serve", module, "--public", "sub", "--data", `${path}/d`]);
    assertMatch(err, message);
    assertEquals([code, err.includes("\n")], [64, false]);
  }
});

Deno.test("dari serve says which port is in use, and leaves no socket behind", async () => {
  await using server = await startServer();
  const data = `${server.directory}/other`;
  const { err, code } = await dari(["serve", "--data", data, "--listen", server.tls]);
  assertMatch(err, /^dari: Cannot listen on 127\.0\.0\.1:\d+: the port is in use; stop the other/);
  assertEquals(code, 69);
  const left = Array.from(Deno.readDirSync(data), ({ name }) => name);
  assertEquals(left.includes("dari.sock"), false);
});

Deno.test("a second server on the same data directory is refused, and the first goes on", async () => {
  await using server = await startServer();
  const { err, code } = await dari(["serve", "--data", server.data, ...listen]);
  assertMatch(err, /is in use by the server with process id \d+, which listens on unix:/);
  assertEquals(code, 69);
  assertEquals((await dari(["call", "add", "a=1", "b=2", "--data", server.data])).out, "3");
});

const WORKER_METHODS = `
export const add = { worker: true, handler: ({ a, b }: { a: number; b: number }) => a + b };
export const here = () => "in the server";
export const loop = { worker: true, handler: () => { while (true); } };
`;

Deno.test("dari serve MODULE runs its worker methods in --workers, and the others itself", async () => {
  await using modules = await tempDirectory();
  const path = `${modules.path}/methods.ts`;
  await Deno.writeTextFile(path, WORKER_METHODS);
  await using server = await startServer(path, "--workers", "1");
  const call = (...words: string[]) => dari(["call", ...words, "--data", server.data]);
  assertEquals((await call("add", "a=1", "b=2")).out, "3");
  assertEquals((await call("here")).out, '"in the server"');
  assertEquals((await call("loop", "--timeout", "100ms")).code, 75);
  assertEquals((await call("add", "a=2", "b=2")).out, "4"); // by the worker that replaced it
});

Deno.test("dari serve refuses --workers that are no number of workers", async () => {
  for (const workers of ["0", "two", "1.5"]) {
    const { code, err } = await dari(["serve", "--workers", workers]);
    assertEquals(code, 64);
    assertEquals(err, `dari: --workers takes a whole number from 1, not "${workers}"`);
  }
});

Deno.test("dari serve refuses a damaged or newer store, says what to do and changes nothing", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const store = `${data}/dari.db`;
  const words = ["serve", "--data", data, ...listen];
  assertEquals((await dari(["user", "add", "alice", "--no-password", "--data", data])).code, 0);
  const newer = new DatabaseSync(store);
  newer.exec("PRAGMA user_version = 99");
  newer.close();
  const refusals: [code: number, reason: RegExp][] = [
    [78, /newer dari .*run that version/],
    [65, /is damaged; nothing was changed\. Restore it from a backup/],
  ];
  for (const [code, reason] of refusals) {
    const before = await Deno.readFile(store);
    const refused = await dari(words);
    assertEquals([refused.code, refused.out], [code, ""]);
    assertMatch(refused.err, reason);
    assertEquals(await Deno.readFile(store), before);
    await Deno.writeFile(store, before.slice(0, before.length / 2));
  }
});

for (
  const [files, line] of [
    ["256", "info Only 128 connections are taken instead of 10000"],
    ["unlimited", ""],
    ["many", ""],
  ] as const
) {
  Deno.test(`dari serve takes as many connections as ${files} open files leave room for`, async () => {
    await using directory = await tempDirectory();
    const data = `${directory.path}/data`;
    const words = ["serve", "--listen", "tcp://127.0.0.1:0", "--data", data, "--log", "text"];
    await using server = startDari(words, { env: { DARI_OPEN_FILES: files } });
    await server.waitFor("ready");
    const { err } = await server.stop();
    assertEquals(err.includes("connections are taken"), line !== "");
    assertStringIncludes(err, line);
  });
}

Deno.test("dari serve --socket listens elsewhere, and commands with its data directory find it", async () => {
  await using directory = await tempDirectory();
  const socket = `${directory.path}/elsewhere.sock`;
  await using server = await startServer("--socket", socket);
  assertStringIncludes(server.out, `listening on unix:${socket}\n`);
  assertEquals((await dari(["call", "add", "a=1", "b=2", "--data", server.data])).out, "3");
  const second = await dari(["serve", "--data", server.data, "--socket", `${socket}2`, ...listen]);
  assertEquals(second.code, 69);
  assertStringIncludes(second.err, `which listens on unix:${socket}; stop it`);
});

Deno.test("dari serve says what to paste on another machine, and by which names it is reached", async () => {
  await using server = await startServer(
    "--listen",
    "tls://0.0.0.0:0",
    "--name",
    "box.example.com",
  );
  const { out } = await server.stop();
  const [, port] = /listening on tls:\/\/0\.0\.0\.0:(\d+)/.exec(out) ?? [];
  const [, fingerprint] = /\nfingerprint ([0-9a-f]{64})\n/.exec(out) ?? [];
  assertMatch(out, /\ncertificate for localhost, .*box\.example\.com/);
  assertStringIncludes(
    out,
    `\nFrom another machine:\n  dari trust box.example.com:${port} --fingerprint ${fingerprint}\n` +
      `  dari call add a=10 b=20 --to box.example.com:${port}`,
  );
});

Deno.test("dari serve --json says the fingerprint and the names of the certificate", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  await using server = startDari(["serve", "--json", "--data", data, ...listen]);
  const { ready, names, fingerprint } = JSON.parse(await server.waitFor("{"));
  assertEquals([ready, names], [true, ["localhost", "127.0.0.1", "::1"]]);
  const { out } = await dari(["cert", "inspect", `${data}/ca.crt`, "--json"]);
  assertEquals(JSON.parse(out)[0].keyFingerprint, fingerprint);
});

Deno.test("dari serve logs its start and its stop, in JSON where it is asked to", async () => {
  await using directory = await tempDirectory();
  const words = ["serve", "--data", `${directory.path}/data`, ...listen];
  for (const format of ["text", "json"]) {
    await using server = startDari([...words, "--log", format]);
    await server.waitFor("ready");
    const lines = (await server.stop()).err.split("\n");
    const messages = format === "text"
      ? lines.map((line) => /^\S+ info (the server [a-z ]+) \w+=/.exec(line)?.[1])
      : lines.map((line) => JSON.parse(line).message);
    assertEquals(messages.filter((message) => message?.startsWith("the server")), [
      "the server has started",
      "the server is stopping",
      "the server has stopped",
    ]);
  }
});

Deno.test("dari serve --log-level warn leaves out what is in order", async () => {
  await using server = await startServer("--log-level", "warn");
  assertEquals((await server.stop()).err, "");
});
