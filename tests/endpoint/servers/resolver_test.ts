import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import type { Resolution } from "../../../lib/endpoint/servers/servers.ts";

function start() {
  const who = { public: true, handler: () => "here" };
  return serve({ listen: "tcp://127.0.0.1:0", methods: { who } });
}

Deno.test("a resolver names the servers, once each however often it names them", async () => {
  await using server = await start();
  const [address = ""] = server.addresses;
  const addresses = Array.from({ length: 1_000 }, () => address);
  await using client = await connect({ resolve: () => ({ addresses }) });
  assertEquals(await client.call("who"), "here");
  assertEquals(client.status.servers.map(({ address }) => address), [address]);
});

Deno.test("addresses of a resolver that do not parse are left out, and the others serve", async () => {
  await using server = await start();
  const addresses = ["nowhere", "", "ftp://x", ...server.addresses, "tls://host:99999999"];
  await using client = await connect({ resolve: () => Promise.resolve({ addresses }) });
  assertEquals(await client.call("who"), "here");
  assertEquals(client.status.servers.length, 1);
});

Deno.test("a resolver that throws, or names nothing that can be used, is a named error", async () => {
  const cases: [resolve: () => unknown, reason: string][] = [
    [() => {
      throw new Error("the registry is down");
    }, "the registry is down"],
    [() => Promise.reject(new Error("no answer")), "no answer"],
    [() => ({ addresses: [] }), "No server was named"],
    [() => ({ addresses: ["nowhere"] }), '"nowhere" is not an address'],
    [() => ({ addresses: [42, null, {}] }), '"42" is not an address'],
    [() => ({}), "must give { addresses"],
    [() => undefined, "must give { addresses"],
    [() => ["tcp://127.0.0.1:1"], "must give { addresses"],
  ];
  for (const [resolve, reason] of cases) {
    const resolver = { resolve: resolve as () => Resolution };
    const error = await assertRejects(() => connect(resolver), TransportError);
    assertEquals(error.code, "unavailable");
    assertStringIncludes(error.message, reason);
  }
});

Deno.test("a resolver that never answers is bounded by the time for connecting", async () => {
  let given: AbortSignal | undefined;
  const resolver = {
    resolve: (signal: AbortSignal) => {
      given = signal;
      return new Promise<Resolution>(() => {});
    },
  };
  const error = await assertRejects(
    () => connect(resolver, { connectTimeoutMs: 10 }),
    DariError,
    "not answered within 10 ms",
  );
  assertEquals([error.code, given?.aborted], ["unavailable", true]);
});

Deno.test("calls wait for a resolver that fails at first", async () => {
  await using server = await start();
  let asked = 0;
  const resolve = () => {
    if (++asked === 1) throw new Error("not yet");
    return { addresses: server.addresses };
  };
  await using client = await connect({ resolve }, { lazy: true });
  assertEquals(await client.call("who"), "here");
  assertEquals(asked, 2);
});
