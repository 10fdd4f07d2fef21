import { assertEquals, assertRejects } from "@std/assert";
import { DariError, TransportError } from "../../lib/base/errors.ts";
import { connect } from "../../lib/endpoint/connect.ts";
import {
  type ConnectedChild,
  connectParent,
  PARENT_SOCKET,
  spawnConnected,
  type SpawnOptions,
} from "../../lib/transport/spawn.ts";
import { unixConnection } from "../../lib/transport/unix.ts";
import { commandOf } from "../support/connected_child.ts";
import { codeOf } from "../support/pool.ts";

function spawn(role: string, options: SpawnOptions = {}): Promise<ConnectedChild> {
  const { command, args } = commandOf(role);
  return spawnConnected(command, { args, ...options });
}

Deno.test("spawnConnected() gives a child that speaks over its own socket", async () => {
  await using child = await spawn("echo");
  await child.conn.write(new TextEncoder().encode("hello"));
  const answer = new Uint8Array(5);
  await child.conn.read(answer);
  assertEquals(new TextDecoder().decode(answer), "hello");
  child.conn.close();
  assertEquals((await child.process.status).success, true); // it read the end
});

Deno.test("a child serves its parent as any server does", async () => {
  await using child = await spawn("serve");
  await using client = await connect(unixConnection(child.conn, "child"));
  assertEquals(await client.call("add", { a: 10, b: 20 }), 30);
  assertEquals(await codeOf(client.call("nothing")), "method_not_found");
  await client.close();
  assertEquals((await child.process.status).success, true);
});

Deno.test("a child that is killed ends the calls that wait for it", async () => {
  await using child = await spawn("serve");
  await using client = await connect(unixConnection(child.conn, "child"));
  const call = codeOf(client.call("wait"));
  assertEquals(await client.call("add", { a: 1, b: 1 }), 2); // the other call is there
  child.process.kill("SIGKILL");
  assertEquals(await call, "unavailable");
});

Deno.test("a child that speaks garbage gets no answer out of its parent", async () => {
  await using child = await spawn("garbage");
  const connecting = connect(unixConnection(child.conn, "child"));
  const call = connecting.then((client) =>
    client.call("add", { a: 1, b: 1 }, { timeoutMs: 5_000 })
  );
  assertEquals(await codeOf(call), "unavailable");
});

Deno.test("spawnConnected() says when the child ended first, is missing or is late", async () => {
  const ended = await assertRejects(() => spawnConnected("false"), TransportError, "code 1");
  assertEquals(ended.code, "unavailable");
  const missing = await assertRejects(() => spawnConnected("/no/such/program"), TransportError);
  assertEquals(missing.code, "unavailable");
  const late = await assertRejects(
    () => spawnConnected("sleep", { args: ["60"], timeoutMs: 20 }),
    TransportError,
    "within 20 ms",
  );
  assertEquals(late.code, "deadline_exceeded");
});

Deno.test("spawnConnected() takes times that are longer than a timer of the runtime", async () => {
  const child = await spawn("echo", { timeoutMs: 2 ** 31, graceMs: 2 ** 31 });
  await child[Symbol.asyncDispose]();
  const { signal } = await child.process.status;
  assertEquals(signal === "SIGKILL", false, "the time to end was over at once");
});

Deno.test("a child that does not listen to SIGTERM is killed, connected or not", async () => {
  const child = await spawn("stubborn", { graceMs: 10 });
  await child[Symbol.asyncDispose]();
  assertEquals((await child.process.status).signal, "SIGKILL");
  const args = ["-c", "trap '' TERM; exec sleep 60"];
  const late = spawnConnected("sh", { args, timeoutMs: 50, graceMs: 10 });
  assertEquals(await codeOf(late), "deadline_exceeded");
});

for (
  const [how, role] of [["is killed", "parent of serve"], [
    "ends in order",
    "parent of idle",
  ]] as const
) {
  Deno.test(`a child is gone once its parent ${how}`, async () => {
    const { command, args } = commandOf(role);
    const parent = new Deno.Command(command, { args, stdin: "piped", stdout: "piped" }).spawn();
    const lines = parent.stdout.pipeThrough(new TextDecoderStream()).getReader();
    assertEquals((await lines.read()).value, "up\n");
    if (how === "is killed") parent.kill("SIGKILL");
    await parent.stdin.close().catch(() => {}); // where it was killed
    // The child has inherited this output: it ends with the last of the two.
    assertEquals((await lines.read()).done, true);
    await parent.status;
  });
}

Deno.test("nothing of a connected child's socket is left in the file system", async () => {
  await using child = await spawn("echo");
  const { path } = child.conn.localAddr as Deno.UnixAddr;
  assertEquals(path.endsWith("/parent.sock"), true);
  await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
  await assertRejects(() => Deno.lstat(new URL(".", `file://${path}`)), Deno.errors.NotFound);
});

Deno.test("connectParent() names the missing parent", async () => {
  assertEquals(Deno.env.has(PARENT_SOCKET), false);
  const error = await assertRejects(() => connectParent(), DariError, PARENT_SOCKET);
  assertEquals(error.code, "failed_precondition");
});
