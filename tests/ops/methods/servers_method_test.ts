import { assert, assertEquals } from "@std/assert";
import { isAdministrative } from "../../../lib/auth/policy/policy.ts";
import { serversMethod } from "../../../lib/ops/methods/servers_method.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";

const call = (method: ReturnType<typeof serversMethod>) => {
  assert("handler" in method);
  return method.handler(undefined, {} as Context);
};

Deno.test("rpc.servers gives what the servers say, and nothing of a server that is alone", async () => {
  const seen = { service: "nats://localhost:4222/orders", atMs: 5, servers: [{ instance: "i1" }] };
  assertEquals(await call(serversMethod(() => Promise.resolve(seen), () => 0)), seen);
  assertEquals(await call(serversMethod(undefined, () => 7)), {
    ...{ service: null, atMs: 7, servers: [] },
  });
  assert(isAdministrative("rpc.servers"));
});
