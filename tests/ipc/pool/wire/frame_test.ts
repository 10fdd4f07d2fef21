import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DariError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import {
  decodeReply,
  decodeRequest,
  encodeReply,
  encodeRequest,
  MAX_HEADER_BYTES,
  payloadOf,
  placeOf,
  status,
} from "../../../../lib/ipc/pool/wire/frame.ts";

const place = fc.record({ slot: fc.nat(), generation: fc.nat({ max: 2 ** 21 - 1 }) }, {
  noNullPrototype: true,
});
const value = fc.oneof(fc.jsonValue(), fc.constant(undefined), fc.uint8Array());
const name = fc.oneof(fc.string(), fc.string({ unit: "grapheme" })).map((text) =>
  text.toWellFormed()
);

Deno.test("a request arrives as it was encoded, in any script, with any params", () => {
  const timeoutMs = fc.nat({ max: 2 ** 32 - 1 });
  const all = [place, name, timeoutMs, value, name] as const;
  fc.assert(fc.property(...all, (place, method, timeoutMs, params, carried) => {
    const payload = payloadOf(params, "json");
    const frame = encodeRequest(place, method, timeoutMs, payload, carried).slice();
    assertEquals(placeOf(frame), place);
    const expected = { ...place, method, timeoutMs, isLarge: false, carried, params };
    assertEquals(decodeRequest(frame), expected);
  }));
});

Deno.test("a reply arrives as it was encoded", () => {
  const statuses = fc.constantFrom(...Object.values(status));
  fc.assert(fc.property(place, statuses, value, (place, status, value) => {
    const frame = encodeReply(place, status, payloadOf(value, "json")).slice();
    assertEquals(decodeReply(frame), { ...place, status, value });
  }));
});

Deno.test("frames are decoded where they lie in a larger buffer", () => {
  const frame = encodeRequest({ slot: 1, generation: 2 }, "add", 3, payloadOf([4], "json"));
  const buffer = new Uint8Array(frame.length + 5);
  buffer.set(frame, 5);
  const { slot, method, params } = decodeRequest(buffer.subarray(5));
  assertEquals([slot, method, params], [1, "add", [4]]);
});

Deno.test("a request without params tells them apart from params that are to be asked for", () => {
  const place = { slot: 0, generation: 0 };
  const none = decodeRequest(encodeRequest(place, "m", 0, payloadOf(undefined, "json")).slice());
  assertEquals([none.isLarge, none.params], [false, undefined]);
  const large = decodeRequest(encodeRequest(place, "m", 0, undefined).slice());
  assertEquals([large.isLarge, large.params], [true, undefined]);
});

Deno.test("a time that is longer than the header holds becomes the longest, not a short one", () => {
  for (const timeoutMs of [2 ** 32, Infinity]) {
    const place = { slot: 0, generation: 0 };
    const frame = encodeRequest(place, "m", timeoutMs, undefined).slice();
    assertEquals(decodeRequest(frame).timeoutMs, 2 ** 32 - 1);
  }
});

Deno.test("the longest method name is taken, and a longer one cannot exist", () => {
  const place = { slot: 0, generation: 0 };
  const most = Math.floor(limits.maxPoolMethodBytes / 3);
  const frame = encodeRequest(place, "가".repeat(most), 0, undefined).slice();
  assertEquals(decodeRequest(frame).method, "가".repeat(most));
  assertEquals(frame.length <= MAX_HEADER_BYTES, true);
  const long = "x".repeat(most + 1);
  const error = assertThrows(() => encodeRequest(place, long, 0, undefined), DariError);
  assertEquals(error.code, "method_not_found");
});

Deno.test("decoded bytes are not overwritten by the next frame", () => {
  const place = { slot: 0, generation: 0 };
  const encode = (fill: number) =>
    encodeReply(place, status.result, payloadOf(new Uint8Array(10).fill(fill), "json"));
  const first = decodeReply(encode(1) as Uint8Array<ArrayBuffer>).value;
  encode(2);
  assertEquals(first, new Uint8Array(10).fill(1));
});

Deno.test("a reply that is text, or whose value is damaged, is refused", () => {
  assertEquals(assertThrows(() => decodeReply("text"), DariError).code, "data");
  const broken = encodeReply({ slot: 0, generation: 0 }, status.result, {
    kind: 2,
    bytes: new TextEncoder().encode("{"),
  }).slice();
  assertEquals(assertThrows(() => decodeReply(broken), DariError).code, "data");
});
