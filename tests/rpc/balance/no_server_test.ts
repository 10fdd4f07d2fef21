import { assertEquals, assertStrictEquals } from "@std/assert";
import { DariError, RpcError, TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { noServer } from "../../../lib/rpc/balance/no_server.ts";

const down = (address: string) => ({
  address,
  error: new TransportError("unavailable", `${address} is down`),
});

Deno.test("noServer() says that servers are not known, and why", () => {
  assertEquals(noServer([], undefined).message, "No server is known yet");
  const cause = new Error("boom");
  const error = noServer([], cause) as TransportError;
  assertEquals([error.code, error.retryable, error.cause], ["unavailable", true, cause]);
  assertEquals(error.message, "Which servers there are could not be found out: boom");
  const named = new DariError("usage", "named");
  assertStrictEquals(noServer([], named), named);
});

Deno.test("noServer() gives the error of the only server as it is, and names several", () => {
  const only = down("a");
  assertStrictEquals(noServer([only], undefined), only.error);
  const error = noServer(["a", "b", "c", "d", "e"].map(down), undefined) as TransportError;
  assertEquals([error.code, error.retryable], ["unavailable", true]);
  assertEquals(
    error.message,
    "None of the 5 servers takes calls. a: a is down; b: b is down; c: c is down; and 2 more",
  );
  assertEquals(limits.maxServersInError, 3);
  const silent = [{ address: "a", error: undefined }, down("b")];
  assertEquals(
    noServer(silent, undefined).message,
    "None of the 2 servers takes calls. a: not connected yet; b: b is down",
  );
});

Deno.test("noServer() does not pass where that of no server does", () => {
  const refused = new TransportError("unavailable", "not valid", { retryable: false });
  const server = { address: "a", error: refused };
  assertEquals((noServer([server, server], undefined) as DariError).retryable, false);
  assertEquals((noServer([server, down("b")], undefined) as DariError).retryable, true);
  const wrong = { address: "a", error: new RpcError("unauthenticated", "wrong password") };
  assertStrictEquals(noServer([wrong, wrong], undefined), wrong.error);
  assertEquals((noServer([wrong, down("b")], undefined) as DariError).code, "unavailable");
});
