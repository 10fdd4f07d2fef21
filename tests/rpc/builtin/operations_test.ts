import { assertEquals, assertThrows } from "@std/assert";
import { operationsMethods } from "../../../lib/rpc/builtin/operations.ts";
import { Server } from "../../../lib/rpc/server/server.ts";
import type { Client } from "../../../lib/rpc/client/client.ts";
import { listenMemory } from "../../../lib/transport/memory.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { compilePolicy } from "../../../lib/auth/policy/policy.ts";

Deno.test("methods for operations are administrative, whatever they say of themselves", () => {
  const handler = () => 1;
  const [plain, declared] = operationsMethods({
    "rpc.metrics": handler,
    "rpc.tap": { handler, admin: false },
  });
  assertEquals([plain?.isAdmin, declared?.isAdmin], [true, true]);
  assertEquals([plain?.isBuiltIn, plain?.isPublic], [true, false]);
});

Deno.test("a method of the program is no method for operations, and none of them is public", () => {
  const handler = () => 1;
  assertThrows(
    () => operationsMethods({ metrics: handler }),
    TypeError,
    '"metrics" is no method of',
  );
  assertThrows(
    () => operationsMethods({ "rpc.metrics": { handler, public: true } }),
    TypeError,
    "administrative and public at once",
  );
});

Deno.test("a server's methods for operations are called by its owner, and need the role admin", async () => {
  const memory = listenMemory();
  const server = new Server({ methods: {}, operations: { "rpc.metrics": () => ({ calls: 3 }) } });
  server.listen(memory);
  const client: Client = await connect(memory);
  assertEquals(await client.call("rpc.metrics"), { calls: 3 });
  await client.close();
  await server.close(0);
  const policy = compilePolicy();
  assertEquals(policy.decide({ name: "a", roles: ["user"] }, "rpc.metrics").allowed, false);
  assertEquals(policy.decide({ name: "a", roles: ["admin"] }, "rpc.metrics").allowed, true);
});

Deno.test("a built-in method is not replaced by one for operations", async () => {
  const memory = listenMemory();
  const server = new Server({ methods: {}, operations: { "rpc.ping": () => "other" } });
  server.listen(memory);
  const client: Client = await connect(memory);
  assertEquals(await client.call("rpc.ping"), "pong");
  await client.close();
  await server.close(0);
});
