import { assertEquals, assertRejects } from "@std/assert";
import { connect, listenMemory, serve } from "../../mod.ts";
import { DariError, TransportError } from "../../lib/base/errors.ts";
import { tempDirectory } from "../support/temp.ts";

const methods = { add: ({ a, b }: { a: number; b: number }) => a + b };

Deno.test("serve() listens on several places at once, and says where", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/s`;
  const memory = listenMemory();
  await using server = await serve({ listen: [memory, `unix:${path}`], methods });
  assertEquals(server.addresses, ["memory", `unix:${path}`]);
  for (const place of [memory, `unix:${path}`]) {
    await using client = await connect<typeof methods>(place);
    assertEquals(await client.call("add", { a: 10, b: 20 }), 30);
  }
});

Deno.test("serve() that cannot listen on one place listens on none", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/s`;
  const taken = `${directory.path}/taken`;
  await Deno.writeTextFile(taken, "precious");
  const memory = listenMemory();
  await assertRejects(
    () => serve({ listen: [memory, `unix:${path}`, `unix:${taken}`], methods }),
    TransportError,
    "is not a socket",
  );
  await assertRejects(() => memory.connect(), TransportError, "Nothing listens");
  await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
});

Deno.test("serve() refuses a malformed address before it listens anywhere", async () => {
  const memory = listenMemory();
  const starting = serve({ listen: [memory, "http://localhost:80"], methods });
  const error = await assertRejects(() => starting, DariError, "tls://, unix:, tcp://");
  assertEquals(error.code, "usage");
});

Deno.test("serve() refuses tcp:// beyond loopback, unless insecure is set", async () => {
  const listen = "tcp://0.0.0.0:0";
  await assertRejects(() => serve({ listen, methods }), DariError, "--insecure");
  await using server = await serve({ listen, methods, insecure: true });
  assertEquals(server.addresses.length, 1);
});
