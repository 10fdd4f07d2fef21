import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeLine, decodeLineIn } from "../../lib/protocol/decode.ts";
import {
  encodeError,
  encodeNotification,
  encodeParams,
  encodeRequest,
  encodeResult,
} from "../../lib/protocol/encode.ts";
import type { Id, Message } from "../../lib/protocol/message.ts";

const bounds = { maxDepth: 64, maxBatchLength: 1_000 };
const decode = (line: string): Message => decodeLine(line, bounds);

const json = fc.jsonValue({ maxDepth: 6, noUnicodeString: false });
const params = fc.oneof(fc.array(json), fc.dictionary(fc.string(), json, { noNullPrototype: true }))
  .map((value) =>
    // Through JSON once: -0 and members set to undefined have no form of their own there.
    JSON.parse(JSON.stringify(value)) as unknown
  );
const name = fc.string({ unit: "binary" });
const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const id: fc.Arbitrary<Id> = fc.oneof(fc.maxSafeInteger(), fc.string(), fc.constant(null));
const meta = fc.record({
  timeoutMs: fc.integer({ min: 1 }),
  traceparent: fc.string(),
  idempotencyKey: fc.string(),
  credit: fc.integer({ min: 1 }),
}, { requiredKeys: [], noNullPrototype: true });

// Broken as the wire would: a lone surrogate has no UTF-8, and JSON.stringify escapes it.
Deno.test("decodeLine() reads what encodeRequest() writes", () => {
  fc.assert(fc.property(number, name, params, meta, (id, method, params, meta) => {
    const text = encodeParams(method, params) as string;
    const message = decode(encodeRequest(id, method, text, { auth: "token", meta }));
    assertEquals(message, {
      kind: "request",
      id,
      method,
      params,
      auth: "token",
      meta,
      types: undefined,
    });
    const plain = decode(encodeRequest(id, method, text));
    assertEquals(plain, {
      kind: "request",
      id,
      method,
      params,
      auth: undefined,
      meta: undefined,
      types: undefined,
    });
  }));
});

Deno.test("decodeLine() reads what encodeNotification() writes", () => {
  fc.assert(fc.property(name, params, (method, params) => {
    assertEquals(decode(encodeNotification(method, params)), {
      kind: "notification",
      method,
      params,
      auth: undefined,
      meta: undefined,
      types: undefined,
    });
  }));
});

Deno.test("decodeLine() reads what encodeResult() and encodeError() write", () => {
  fc.assert(fc.property(id, json, (id, value) => {
    const result: unknown = JSON.parse(JSON.stringify(value));
    const exact = Object.is(id, -0) ? 0 : id;
    assertEquals(decode(encodeResult(id, result)), {
      kind: "result",
      id: exact,
      result,
      types: undefined,
    });
    const error = decode(encodeError(id, value));
    assert(error.kind === "error");
    assertEquals([error.id, error.error.code], [exact, -32603]);
  }));
});

// A line that opens with a space is never in dari's own form, so it goes the general way.
const viaGeneralWay = (line: string): Message => decode(` ${line}`);

const fragment = fc.oneof(
  { weight: 3, arbitrary: json.map((value) => JSON.stringify(value)) },
  fc.constantFrom("{}", "[]", "01", "-0", "1.0", "1e3", "9007199254740993", '"a"', "null", ""),
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.integer({ min: 50, max: 70 }).map((depth) => "[".repeat(depth) + "]".repeat(depth)),
);
const member = fc.tuple(
  fc.constantFrom('"params"', '"result"', '"error"', '"id"', '"method"', '"auth"', '"meta"', '"x"'),
  fragment,
).map(([key, value]) => `,${key}:${value}`);
const tail = fc.constantFrom("}", "} ", "", "}}", "}\r", ',"params":{}}', " }");

const ownForm = fc.tuple(
  fragment,
  fc.oneof(
    fc.constantFrom(',"method":"add"', ',"method":"a\\u0062"', ',"method":"', ""),
    name.map((text) => `,"method":"${text}"`),
  ),
  fc.array(member, { maxLength: 3 }),
  tail,
).map(([id, method, members, end]) =>
  `{"jsonrpc":"2.0","id":${id}${method}${members.join("")}${end}`
);

Deno.test("decodeLine() reads dari's own form like any other form of the same message", () => {
  fc.assert(
    fc.property(ownForm, (line) => assertEquals(decode(line), viaGeneralWay(line))),
    { numRuns: 2_000 },
  );
});

Deno.test("decodeLineIn() reads no line further than to its end", () => {
  const line = ownForm.map((text) => text.replaceAll("\n", ""));
  fc.assert(
    fc.property(fc.array(line, { minLength: 2, maxLength: 4 }), (all) => {
      const lines = all.map((text) => `${text}\n`).join("");
      let start = 0;
      for (const text of all) {
        const end = start + text.length;
        assertEquals(decodeLineIn(lines, start, end, bounds), decode(text));
        start = end + 1;
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("decodeLine() never throws, whatever the text is", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (line) => {
    decode(line);
  }));
});
