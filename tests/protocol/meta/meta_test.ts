import { assertEquals, assertStringIncludes } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { decodeLine } from "../../../lib/protocol/decode.ts";
import { metaFault, replyMetaOf, withReplyMeta } from "../../../lib/protocol/meta/meta.ts";

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, "v"]));
const names = (count: number) => Array.from({ length: count }, (_, n) => `peer${n}`);

const good: Record<string, unknown>[] = [
  {},
  { timeoutMs: 1, credit: 2, creditBytes: 3, traceparent: "", idempotencyKey: "k" },
  { tracestate: "a=b,c=d" },
  { tracestate: "x".repeat(limits.maxTraceStateLength) },
  { baggage: {} },
  { baggage: { tenant: "de", "übung": "日本" } },
  { baggage: many(limits.maxBaggageEntries) },
  { baggage: { k: "v".repeat(limits.maxBaggageBytes - 1) } },
  { baggage: JSON.parse('{"__proto__":"text"}') },
  { chain: ["alice"] },
  { chain: names(limits.maxCallChainLength) },
  { chain: ["a".repeat(limits.maxNameBytes)] },
  { unknown: [1] },
];

for (const meta of good) {
  Deno.test(`metaFault() takes ${JSON.stringify(meta).slice(0, 60)}`, () => {
    assertEquals(metaFault(meta), undefined);
  });
}

const bad: [unknown, string][] = [
  [null, "must be an object"],
  [[], "must be an object"],
  ["text", "must be an object"],
  [{ timeoutMs: 0 }, "positive"],
  [{ timeoutMs: "1" }, "positive"],
  [{ credit: -1 }, "positive"],
  [{ creditBytes: null }, "positive"],
  [{ traceparent: 1 }, "text"],
  [{ idempotencyKey: {} }, "text"],
  [{ tracestate: 1 }, "meta.tracestate must be text"],
  [{ tracestate: "a\nb" }, "control characters"],
  [{ tracestate: "x".repeat(limits.maxTraceStateLength + 1) }, "at most 512"],
  [{ baggage: null }, "object of texts"],
  [{ baggage: [] }, "object of texts"],
  [{ baggage: { a: 1 } }, "object of texts"],
  [{ baggage: { a: null } }, "object of texts"],
  [{ baggage: { "": "v" } }, "empty name"],
  [{ baggage: { "a\0": "v" } }, "control character"],
  [{ baggage: { a: "v\u0085" } }, "control character"],
  [{ baggage: many(limits.maxBaggageEntries + 1) }, "65 entries, at most 64"],
  [{ baggage: { k: "v".repeat(limits.maxBaggageBytes) } }, "8193 bytes, at most 8192"],
  [{ baggage: { k: "é".repeat(limits.maxBaggageBytes / 2) } }, "8193 bytes"],
  [{ chain: [] }, "list of names"],
  [{ chain: "alice" }, "list of names"],
  [{ chain: ["alice", 1] }, "list of names"],
  [{ chain: [""] }, "list of names"],
  [{ chain: ["a\nb"] }, "list of names"],
  [{ chain: ["a".repeat(limits.maxNameBytes + 1)] }, "list of names"],
  [{ chain: names(limits.maxCallChainLength + 1) }, "9 names, at most 8"],
];

for (const [meta, reason] of bad) {
  Deno.test(`metaFault() refuses ${JSON.stringify(meta).slice(0, 60)}: ${reason}`, () => {
    assertStringIncludes(metaFault(meta) ?? "", reason);
  });
}

Deno.test("decodeLine() refuses a request with bad metadata under its id", () => {
  const line = JSON.stringify({
    jsonrpc: "2.0",
    id: 7,
    method: "add",
    meta: { baggage: { a: "\n" } },
  });
  const message = decodeLine(line, limits);
  assertEquals([message.kind, message.kind === "invalid" && message.id], ["invalid", 7]);
});

Deno.test("replyMetaOf() leaves out what is malformed", () => {
  for (
    const meta of [undefined, null, 1, "text", [], {}, { baggage: { a: 1 } }, { deprecated: 1 }]
  ) {
    assertEquals(replyMetaOf(meta), undefined, JSON.stringify(meta));
  }
  assertEquals(replyMetaOf({ baggage: { a: "b" }, deprecated: 1, other: 2 }), {
    baggage: { a: "b" },
  });
  assertEquals(replyMetaOf({ baggage: 1, deprecated: true }), { deprecated: true });
});

Deno.test("withReplyMeta() writes what decodeLine() reads", () => {
  const meta = { baggage: { a: "b" }, deprecated: "call buy2" };
  assertEquals(
    decodeLine(withReplyMeta('{"jsonrpc":"2.0","id":7,"result":{"n":[1]}}', meta), limits),
    {
      kind: "result",
      id: 7,
      result: { n: [1] },
      types: undefined,
      meta,
    },
  );
  const error = { code: -32000, message: "no" };
  const line = `{"jsonrpc":"2.0","id":7,"error":${JSON.stringify(error)}}`;
  assertEquals(decodeLine(withReplyMeta(line, meta), limits), {
    kind: "error",
    id: 7,
    error,
    meta,
  });
});
