import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { anyValue, sameValue } from "../../support/values.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { allocate, memoryType, Records, word } from "../../../lib/ipc/ring/records.ts";
import {
  ASCII,
  decodeValue,
  type Encoded,
  encodeText,
  encodeValue,
  type Encoding,
  kind,
  readOut,
} from "../../../lib/ipc/ring/value.ts";

/** Sends an encoded value through shared memory, as rings and queues do. */
function throughMemory({ kind: type, bytes }: Encoded): unknown {
  const records = new Records(allocate(1 << 19, memoryType.ring), memoryType.ring);
  const place = records.place(0, type, bytes.length, 0, bytes.byteOffset)!;
  records.bytes.set(bytes, place.offset);
  records.words[word.tail] = place.next;
  const found = records.find(0);
  assert(typeof found === "object");
  return decodeValue(found.kind, readOut(found, records));
}

function roundTrip(value: unknown, encoding: Encoding): unknown {
  return throughMemory(encodeValue(value, encoding));
}

const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
);

Deno.test("values that JSON can express arrive as they were, in any script", () => {
  fc.assert(fc.property(fc.jsonValue({ stringUnit: "grapheme" }), (value) => {
    assertEquals(roundTrip(value, "json"), value);
  }));
});

Deno.test("structured clones keep their types", () => {
  const values = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true });
  fc.assert(fc.property(values.filter((value) => value !== undefined), (value) => {
    assertEquals(roundTrip(value, "structured"), structuredClone(value));
  }));
});

Deno.test("values of every type of the wire arrive as what they were in JSON", () => {
  fc.assert(fc.property(anyValue.filter((value) => value !== undefined), (value) => {
    assert(sameValue(roundTrip(value, "json"), value));
  }));
});

Deno.test("structured clones lose neither a URL nor the code and the data of an error", () => {
  const error = Object.assign(new RangeError("no"), { code: "E_NO", data: { at: [1n] } });
  for (const value of [new URL("https://a.example/ü"), [{ error, when: new Date(0) }]]) {
    assert(sameValue(roundTrip(value, "structured"), value));
  }
});

Deno.test("bytes arrive as bytes in each encoding, and are a copy", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    for (const encoding of ["json", "structured"] as const) {
      assertEquals(roundTrip(bytes, encoding), bytes);
    }
  }));
});

Deno.test("text arrives as it was; its kind has the ASCII bit only if all of it is ASCII", () => {
  fc.assert(fc.property(anyText, (text) => {
    const encoded = encodeText(text, kind.text);
    const isAscii = [...text].every((character) => character.codePointAt(0)! < 128);
    assertEquals((encoded.kind & ASCII) !== 0, isAscii);
    assertEquals(encoded.kind & ~ASCII, kind.text);
    assertEquals(throughMemory(encoded), text.toWellFormed());
  }));
});

Deno.test("texts around the size of the scratch buffer arrive whole, one after the other", () => {
  for (const character of ["a", "é", "가"]) {
    const most = Math.floor(limits.maxScratchBytes / 3);
    for (const length of [most - 1, most, most + 1, limits.maxScratchBytes + 1, 3]) {
      const text = character.repeat(length);
      assertEquals(throughMemory(encodeText(text, kind.text)) === text, true);
    }
  }
});

Deno.test("encodeValue() refuses values that cannot be sent, and names them", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const refused: [unknown, Encoding, string][] = [
    [undefined, "json", "send null"],
    [undefined, "structured", "send null"],
    [() => 1, "json", "value: a function cannot travel"],
    [[new Map([[1, Symbol("s")]])], "json", "value[0][0][1]: a symbol cannot travel"],
    [{ rows: [/x/] }, "json", "value.rows[0]: a RegExp cannot travel"],
    [{ rows: [new Promise(() => {})] }, "json", "value.rows[0]: a Promise cannot travel"],
    [[new ReadableStream()], "json", "value[0]: a stream cannot travel"],
    [cycle, "json", "value.self: a cycle cannot travel"],
    [() => 1, "structured", "could not be cloned"],
    [{ list: [new Map([[1, () => 1]])] }, "structured", "value.list[0][0][1]: "],
    [[cycle, new URL("https://a.example")], "structured", "value[0].self: a cycle cannot travel"],
  ];
  for (const [value, encoding, message] of refused) {
    assertThrows(() => encodeValue(value, encoding), TypeError, message);
  }
  assertEquals(roundTrip(cycle, "structured"), cycle);
});

Deno.test("decodeValue() reports bytes that are not a value of their kind", () => {
  const broken: [number, Uint8Array<ArrayBuffer> | string][] = [
    [kind.json, new TextEncoder().encode("{")],
    [kind.json | ASCII, "{"],
    [kind.structured, new Uint8Array([1, 2, 3])],
    [kind.structured, new TextEncoder().encode('[{"":"date"},"ü"]')],
    [kind.structured | ASCII, '[{"":"date"},"yesterday"]'],
    [kind.structured | ASCII, "[1]"],
  ];
  for (const [type, content] of broken) {
    const error = assertThrows(() => decodeValue(type, content), DariError);
    assertEquals(error.code, "data");
    assert(error.cause instanceof Error);
  }
});
