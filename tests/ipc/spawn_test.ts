import { assertEquals, assertRejects } from "@std/assert";
import { DariError, TransportError } from "../../lib/base/errors.ts";
import { connectParent, PARENT_SOCKET, spawnConnected } from "../../lib/ipc/mod.ts";

const module = new URL("../../lib/ipc/spawn.ts", import.meta.url).href;
const child = (body: string) => ({
  args: ["eval", "--no-check", `import { connectParent } from "${module}"; ${body}`],
});

Deno.test("spawnConnected() gives a child that speaks over its own socket", async () => {
  await using connected = await spawnConnected(
    Deno.execPath(),
    child(
      "const c = await connectParent(); const b = new Uint8Array(5); " +
        "await c.write(b.subarray(0, await c.read(b))); await c.read(b);",
    ),
  );
  const { conn } = connected;
  await conn.write(new TextEncoder().encode("hello"));
  const answer = new Uint8Array(5);
  await conn.read(answer);
  assertEquals(new TextDecoder().decode(answer), "hello");
  conn.close();
  assertEquals((await connected.process.status).success, true); // it read the end
});

Deno.test("spawnConnected() says when the child ended first, is missing or is late", async () => {
  const ended = await assertRejects(() => spawnConnected("false"), TransportError, "code 1");
  assertEquals(ended.code, "unavailable");
  const missing = await assertRejects(() => spawnConnected("/no/such/program"), TransportError);
  assertEquals(missing.code, "unavailable");
  const late = await assertRejects(
    () => spawnConnected("sleep", { args: ["60"], timeoutMs: 20 }),
    TransportError,
  );
  assertEquals(late.code, "deadline_exceeded");
});

Deno.test("connectParent() names the missing parent", async () => {
  assertEquals(Deno.env.has(PARENT_SOCKET), false);
  const error = await assertRejects(() => connectParent(), DariError, PARENT_SOCKET);
  assertEquals(error.code, "failed_precondition");
});
