import { assertEquals, assertRejects } from "@std/assert";
import { tapCalls } from "../../../lib/ops/tap/tap_calls.ts";
import type { TappedCall, TapRequest } from "../../../lib/ops/tap/tapped_call.ts";
import { startPair } from "../../support/rpc_pair.ts";

const methods = {
  add: ({ a, b }: { a: number; b: number }) => a + b,
  change(params: { a: number }) {
    params.a = 99;
    return params.a;
  },
  purge: { admin: true, handler: () => 1 },
  fail: () => {
    throw new Error("boom");
  },
};

/** Makes calls while somebody taps, and gives what the tap shows. */
async function tapped(request: Partial<TapRequest>, work: (call: Call) => Promise<unknown>) {
  await using pair = await startPair(methods, { observer: [] });
  const shown: TappedCall[] = [];
  {
    using _tap = tapCalls(
      pair.server,
      methods,
      { params: false, ...request },
      (call) => shown.push(call),
    );
    await work((method, params) => pair.client.call(method as "add", params as never));
  }
  await pair.client.call("add", { a: 1, b: 2 }); // nobody taps any more
  return shown;
}

type Call = (method: string, params?: unknown) => Promise<unknown>;

Deno.test("a tap shows who called what, how long it took and how it ended", async () => {
  const shown = await tapped({}, async (call) => {
    await call("add", { a: 1, b: 2 });
    await call("purge");
    await call("rpc.ping"); // a sign of life
    await assertRejects(() => call("fail"));
    await assertRejects(() => call("missing"));
  });
  assertEquals(shown.map(({ method, admin, error }) => [method, admin, error]), [
    ["add", undefined, undefined],
    ["purge", true, undefined],
    ["fail", undefined, "internal"],
    ["_OTHER", undefined, "method_not_found"],
  ]);
  const [add] = shown;
  const local = { name: "local", kind: "local", credential: "local", roles: ["admin"] };
  assertEquals([add?.principal, add?.peer, add?.params], [local as never, "memory", undefined]);
  assertEquals(Number.isSafeInteger(add?.startedAtMs), true);
});

Deno.test("a tap shows the methods and principals that were asked for", async () => {
  const work = async (call: Call) => {
    await call("add", { a: 1, b: 2 });
    await call("purge");
    await call("rpc.ping");
  };
  const names = async (request: Partial<TapRequest>) =>
    (await tapped(request, work)).map(({ method }) => method);
  assertEquals(await names({ methods: ["pu*"] }), ["purge"]);
  assertEquals(await names({ methods: ["add", "rpc.*"] }), ["add", "rpc.ping"]);
  assertEquals(await names({ principals: ["local"] }), ["add", "purge"]);
  assertEquals(await names({ principals: ["alice"] }), []);
});

Deno.test("params are shown as they were sent, where they are asked for", async () => {
  const shown = await tapped({ params: true, methods: ["change", "purge"] }, async (call) => {
    assertEquals(await call("change", { a: 1, token: "x" }), 99);
    await call("purge");
    await call("add", { a: 1, b: 2 });
  });
  assertEquals(shown.map(({ params }) => params), ['{"a":1,"token":"[redacted]"}', undefined]);
});
