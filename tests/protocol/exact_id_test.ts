import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeLine } from "../../lib/protocol/decode.ts";

const bounds = { maxDepth: 64, maxBatchLength: 10 };

function idOf(written: string, key = "id"): unknown {
  const line = `{"method":"a","jsonrpc":"2.0","${key}":${written}}`;
  const message = decodeLine(line, bounds);
  return message.kind === "request" ? message.id : message.kind;
}

Deno.test("a whole number of at most 2^53-1 is an id, and comes back as it was sent", () => {
  for (const id of ["0", "-1", "9007199254740991", "-9007199254740991"]) {
    assertEquals(idOf(id), Number(id));
  }
});

Deno.test("a number that parsing would change is refused as an id", () => {
  const inexact = ["1.5", "1.0", "1e2", "-0", "9007199254740993", "1".repeat(400), "1e400", "0.0"];
  for (const id of inexact) {
    assertEquals(idOf(id), "invalid", id);
    assertEquals(idOf(id, "\\u0069d"), "invalid", id);
    assertEquals(idOf(id, "i\\u0064"), "invalid", id);
  }
});

Deno.test("any text is an id, also one that looks like a number", () => {
  for (const id of ["", "1.5", "9007199254740993", "\u0000"]) {
    assertEquals(idOf(JSON.stringify(id)), id);
  }
});

Deno.test("an inexact number called id inside the params is allowed", () => {
  const message = decodeLine(
    '{"jsonrpc":"2.0","method":"a","id":1,"params":{"id":1.5,"rows":[{"id":12345678901234567890}]}}',
    bounds,
  );
  assertEquals(message.kind, "request");
});

Deno.test("the last of two ids counts, and only that one has to be exact", () => {
  assertEquals(idOf('1.5,"id":2'), 2);
  assertEquals(idOf('2,"id":1.5'), "invalid");
});

Deno.test("an id that others of its name surround has to be exact as well", () => {
  const many = Array.from({ length: 3 }, () => '"id"').join(",");
  const params = `{"id" : 1,"text":"\\"id\\":","ids":[${many}],"\\u0066":2}`;
  for (const [id, kind] of [["7", "request"], ["7.5", "invalid"]]) {
    const line = `{"jsonrpc":"2.0","method":"a","params":${params},"id" \t:\r ${id} }`;
    assertEquals(decodeLine(line, bounds).kind, kind);
  }
});

Deno.test("any number that is accepted as an id is written back as it came", () => {
  const written = fc.oneof(
    fc.bigInt().map(String),
    fc.double().filter(Number.isFinite).map((number) => JSON.stringify(number)),
    fc.tuple(fc.integer(), fc.nat()).map(([whole, part]) => `${whole}.${part}`),
    fc.tuple(fc.integer(), fc.integer({ min: -20, max: 20 })).map(([m, e]) => `${m}e${e}`),
  );
  fc.assert(fc.property(written, (text) => {
    const id = idOf(text);
    assertEquals(id === "invalid" ? text : String(id), text);
  }));
});
