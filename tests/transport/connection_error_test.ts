import { assertEquals, assertStrictEquals } from "@std/assert";
import { TransportError } from "../../lib/base/errors.ts";
import { broken } from "../../lib/transport/connection_error.ts";

const peer = { transport: "tcp", address: "127.0.0.1:9" } as const;

Deno.test("broken() names the address and the reason, and keeps the cause", () => {
  const cause = new Error("reset by peer");
  const error = broken(peer, cause);
  assertEquals(
    [error.code, error.message, error.cause],
    ["unavailable", "The connection to 127.0.0.1:9 is closed: reset by peer", cause],
  );
  assertEquals(broken(peer).message, "The connection to 127.0.0.1:9 is closed");
});

Deno.test("broken() returns a cause that is a TransportError already", () => {
  const cause = new TransportError("resource_exhausted", "too much");
  assertStrictEquals(broken(peer, cause), cause);
});
