import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { delay } from "../../lib/base/abort.ts";
import { connect } from "../../lib/endpoint/connect.ts";
import { startProgram } from "../support/program.ts";
import { openNotifySocket } from "../support/notify_socket.ts";
import { tempDirectory } from "../support/temp.ts";

/** A method that returns once a file is there. */
const METHODS = `
export async function until({ file }) {
  while (!await Deno.stat(file).then(() => true, () => false)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return "finished";
}
`;

/** A data directory, a module beside it, and `dari serve` of it as a process. */
async function startServing(words: readonly string[] = [], env: Record<string, string> = {}) {
  const directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const module = `${directory.path}/methods.js`;
  await Deno.writeTextFile(module, METHODS);
  const listen = ["--listen", "tls://127.0.0.1:0"];
  const options = Object.keys(env).length === 0 ? {} : {
    env,
    flags: ["--unstable-net", "--allow-env=NOTIFY_SOCKET,WATCHDOG_USEC,WATCHDOG_PID"],
  };
  const server = startProgram([
    "serve",
    module,
    "--data",
    data,
    "--log",
    "text",
    ...listen,
    ...words,
  ], options);
  return {
    server,
    data,
    path: directory.path,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Waits until a server has heard that it should stop: then its socket goes, its connections stay. */
async function heard(data: string): Promise<void> {
  while (await Deno.stat(`${data}/dari.sock`).then(() => true, () => false)) await delay(5);
}

Deno.test("SIGTERM lets a running call finish, and then the server ends in order", async () => {
  await using served = await startServing();
  const { server, data, path } = served;
  await server.waitFor(/^ready$/m);
  await using client = await connect(`unix:${data}/dari.sock`);
  const file = `${path}/go`;
  const call = client.call("until", { file });
  await client.call("rpc.ping");
  Deno.kill(server.pid, "SIGTERM");
  await heard(data);
  Deno.kill(server.pid, "SIGHUP"); // changes nothing any more
  await Deno.writeTextFile(file, "");
  assertEquals(await call, "finished");
  const { code, err } = await server.ended;
  assertEquals(code, 0);
  assertMatch(err, /the server is stopping.* calls=1/);
  assertMatch(err, /the server has stopped.* drained=1 cut=0/);
});

Deno.test("a second SIGTERM ends the server at once", async () => {
  await using served = await startServing();
  const { server, data, path } = served;
  await server.waitFor(/^ready$/m);
  await using client = await connect(`unix:${data}/dari.sock`);
  const call = client.call("until", { file: `${path}/never` }).catch(() => {});
  await client.call("rpc.ping");
  Deno.kill(server.pid, "SIGTERM");
  await heard(data);
  Deno.kill(server.pid, "SIGTERM");
  assertEquals((await server.ended).code, 143);
  await call;
});

Deno.test("after --drain a call that still runs is cut, and the server ends in order", async () => {
  await using served = await startServing(["--drain", "100ms"]);
  await served.server.waitFor(/^ready$/m);
  await using client = await connect(`unix:${served.data}/dari.sock`);
  const slow = client.call("until", { file: `${served.path}/never` }).then(
    () => "answered",
    () => "cut",
  );
  await client.call("rpc.ping");
  Deno.kill(served.server.pid, "SIGTERM");
  const { code, err } = await served.server.ended;
  assertEquals([code, await slow], [0, "cut"]);
  assertStringIncludes(err, "the server is stopping");
  assertMatch(err, /a call was cut.*until/);
});

Deno.test("SIGTERM during the start ends the server before it listens", async () => {
  await using directory = await tempDirectory();
  const module = `${directory.path}/methods.js`;
  await Deno.writeTextFile(
    module,
    'console.log("loading"); await new Promise((resolve) => setTimeout(resolve, 60_000));' +
      "export const add = () => 3;",
  );
  const data = `${directory.path}/data`;
  await using server = startProgram(["serve", module, "--data", data]);
  await server.waitFor(/^loading$/m);
  Deno.kill(server.pid, "SIGTERM");
  assertEquals(await server.ended, { code: 0, out: "loading", err: "" });
});

Deno.test("SIGHUP takes up the policy, says what has not changed, and keeps it where it is wrong", async () => {
  await using served = await startServing();
  const { server, data } = served;
  await server.waitFor(/^ready$/m);
  await using client = await connect(`unix:${data}/dari.sock`);
  const policy = `${data}/policy.json`;
  await Deno.writeTextFile(policy, '{ "limits": { "user": { "*": { "perSecond": -1 } } } }');
  Deno.kill(server.pid, "SIGHUP");
  await server.waitForError(/perSecond is -1; .*the policy before it goes on/);
  await server.waitForError(
    /The server(?:'s certificate has not changed| has taken up a new certificate)/,
  );
  await Deno.writeTextFile(policy, '{ "limits": { "user": { "*": { "perSecond": 1 } } } }');
  Deno.kill(server.pid, "SIGHUP");
  await server.waitForError(/policy\.json" has changed and was taken up/);
  Deno.kill(server.pid, "SIGHUP");
  await server.waitForError(/policy\.json" has not changed/);
  assertEquals(await client.call("rpc.ping"), "pong");
  Deno.kill(server.pid, "SIGTERM");
  assertEquals((await server.ended).code, 0);
});

Deno.test({
  name: "dari serve tells systemd that it is ready, alive, takes files up, and stops",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using directory = await tempDirectory();
    const path = `${directory.path}/notify`;
    await using socket = await openNotifySocket(path);
    await using served = await startServing([], { NOTIFY_SOCKET: path, WATCHDOG_USEC: "100000" });
    const { server } = served;
    const { pid, fields } = await socket.waitFor("READY=1");
    assertEquals(pid, server.pid);
    assertMatch(fields[1] ?? "", /^STATUS=listening on unix:\S+ tls:\/\/127\.0\.0\.1:\d+$/);
    await socket.waitFor("WATCHDOG=1");
    const before = socket.received.length;
    Deno.kill(server.pid, "SIGHUP");
    await socket.waitFor("RELOADING=1", before);
    await socket.waitFor("READY=1", before + 1);
    Deno.kill(server.pid, "SIGTERM");
    await socket.waitFor("STOPPING=1");
    assert((await server.ended).code === 0);
  },
});
