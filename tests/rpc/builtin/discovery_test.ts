import { assert, assertEquals } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { Discovery } from "../../../lib/rpc/builtin/discovery.ts";
import type { Methods } from "../../../lib/rpc/method/method.ts";
import { registerMethods } from "../../../lib/rpc/method/registry.ts";
import type { Schema } from "../../../lib/rpc/method/schema.ts";
import { ALICE } from "../../support/dispatch.ts";
import { Wire } from "../../support/rpc_pair.ts";

const info = { title: "test", version: "1" };

/** A schema that counts how often it is described. */
function counted() {
  const state = { described: 0 };
  const describe = () => (state.described++, { type: "object" });
  const schema: Schema = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => ({ value }),
      jsonSchema: { input: describe, output: describe },
    },
  };
  return { state, schema };
}

function start(count: number) {
  const { state, schema } = counted();
  const methods: Methods = Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`m${n}`, { params: schema, handler: () => n }]),
  );
  let asked = 0;
  const gate = {
    allowed: new Set<string>(),
    authorize(_: unknown, method: string) {
      asked++;
      if (!gate.allowed.has(method)) throw new DariError("permission_denied", "no");
    },
  };
  const discovery = new Discovery(registerMethods(methods).values(), gate, info);
  return { discovery, gate, state, asked: () => asked };
}

Deno.test("the document of a caller is made once for a while, and describes each method once for ever", () => {
  const { discovery, gate, state, asked } = start(3);
  gate.allowed = new Set(["m0", "m1"]);
  const first = discovery.document(ALICE, 0);
  assertEquals([asked(), state.described], [3, 2]);
  assertEquals(discovery.document(ALICE, limits.discoverCacheMs - 1), first);
  assertEquals(asked(), 3);
  assertEquals(discovery.document(ALICE, limits.discoverCacheMs), first);
  assertEquals([asked(), state.described], [6, 2]);
  gate.allowed.add("m2");
  assertEquals(discovery.document(ALICE, limits.discoverCacheMs + 1), first);
  const later = JSON.parse(discovery.document(ALICE, 2 * limits.discoverCacheMs).text);
  assertEquals([later.methods.length, state.described], [3, 3]);
});

Deno.test("callers with the same rights share one document, and the documents are bounded", () => {
  const { discovery, gate } = start(limits.maxDiscoverDocuments * 2);
  const document = discovery.document(null, 0);
  assert(discovery.document({ ...ALICE }, 0) === document);
  for (let n = 0; n < limits.maxDiscoverDocuments * 2; n++) {
    gate.allowed.add(`m${n}`);
    assertEquals(JSON.parse(discovery.document({ ...ALICE }, 0).text).methods.length, n + 1);
  }
  gate.allowed.clear();
  assert(discovery.document({ ...ALICE }, 0) !== document, "the oldest was kept");
});

Deno.test("a batch of 1,000 rpc.discover on a server of 10,000 methods is answered at once", async () => {
  const methods: Methods = Object.fromEntries(
    Array.from(
      { length: 10_000 },
      (_, n) => [`method_${n}`, { public: n % 2 === 0, handler: () => n }],
    ),
  );
  await using wire = await Wire.open(methods);
  const batch = Array.from(
    { length: 1_000 },
    (_, id) => ({ jsonrpc: "2.0", id, method: "rpc.discover" }),
  );
  const began = performance.now();
  const replies = await wire.ask(batch);
  const tookMs = performance.now() - began;
  assertEquals(replies.length, 1_000);
  assertEquals(replies[0].result.methods.length, 10_000);
  assertEquals(replies[999].error.code, -32005);
  // It took 47 s; the machine that runs this may be busy.
  assert(tookMs < 5_000, `it took ${tookMs} ms`);
});
