import { assertEquals } from "@std/assert";
import { type DariError, RpcError, TransportError } from "../../../lib/base/errors.ts";
import { paramsOf } from "../../../lib/rpc/call/call_line.ts";
import { HedgedCall } from "../../../lib/rpc/call/hedged_call.ts";
import { beginCall, type OutgoingCall } from "../../../lib/rpc/call/outgoing_call.ts";

/** A call that was made twice, and what its caller was told. */
function setUp({ signal, params = "[1]" as unknown }: {
  signal?: AbortSignal;
  params?: unknown;
} = {}) {
  const told: unknown[] = [];
  const withdrawn: OutgoingCall[] = [];
  const hedged = new HedgedCall({
    method: "add",
    params: typeof params === "string" ? params : paramsOf("add", params),
    options: { signal },
    resolve: (result) => told.push(result),
    reject: (error) => told.push(error),
  });
  const holder = {
    withdraw: (call: OutgoingCall) => void withdrawn.push(call),
    grant: () => {},
  };
  const held = (call: OutgoingCall) => Object.assign(call, { holder });
  const first = held(beginCall(hedged.first(), 1_000, 0));
  const makeAgain = () => held(hedged.again());
  return { hedged, first, makeAgain, told, withdrawn };
}

const failed = new TransportError("unavailable", "The connection ended");

Deno.test("the first result counts, and the other call is cancelled", () => {
  const { first, makeAgain, told, withdrawn } = setUp();
  const second = makeAgain();
  assertEquals([second.deadlineAt, second.tellsDeadline], [1_000, true]);
  second.resolve(2);
  first.resolve(1);
  assertEquals([told, withdrawn], [[2], [first]]);
});

Deno.test("an error counts as the answer only where another call cannot do better", () => {
  const refused = new RpcError("not_found", "no such thing");
  const answered = setUp();
  answered.makeAgain().reject(refused);
  assertEquals([answered.told, answered.withdrawn], [[refused], [answered.first]]);
  for (const passing of [failed, new RpcError("resource_exhausted", "busy")]) {
    const { first, makeAgain, told } = setUp();
    first.reject(passing);
    assertEquals(told, [passing]); // no other call was made
    const twice = setUp();
    const second = twice.makeAgain();
    twice.first.reject(passing);
    assertEquals(twice.told, []);
    second.resolve("right");
    assertEquals([twice.told, twice.withdrawn, makeAgain], [["right"], [], makeAgain]);
  }
  const { first, makeAgain, told } = setUp();
  makeAgain().reject(failed);
  first.reject(failed);
  assertEquals(told, [failed]);
});

Deno.test("a call moves once at a time, again when one of the two is lost, and never behind its end", () => {
  const { hedged, first, makeAgain } = setUp();
  assertEquals(hedged.canMove, true);
  const second = makeAgain();
  assertEquals(hedged.canMove, false);
  first.reject(failed);
  assertEquals(hedged.canMove, true);
  second.resolve(1);
  assertEquals(hedged.canMove, false);
});

Deno.test("a call with streams among its params does not move", () => {
  const items = (async function* () {})();
  assertEquals(setUp({ params: { items } }).hedged.canMove, false);
});

Deno.test("a signal cancels both calls, and the caller is told once", () => {
  const controller = new AbortController();
  const { makeAgain, told, withdrawn, first } = setUp({ signal: controller.signal });
  const second = makeAgain();
  controller.abort();
  assertEquals(withdrawn, [first, second]);
  assertEquals(told.map((error) => (error as DariError).code), ["cancelled"]);
});
