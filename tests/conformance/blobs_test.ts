import { assert, assertEquals, assertThrows } from "@std/assert";
import { BLOB_HEADER, fillBlobs } from "../../lib/conformance/blobs.ts";
import { Misfit } from "../../lib/conformance/misfit.ts";

const blobs = [new Uint8Array([1, 2]), new Uint8Array([3])];

/** The message with the bytes put in. */
function filled(message: Record<string, unknown>): Record<string, unknown> {
  fillBlobs(message, blobs);
  return message;
}

Deno.test("fillBlobs() puts raw bytes as base64 where the result names them", () => {
  const types = { "": "bytes" };
  assertEquals(filled({ id: 1, result: 1, types }), { id: 1, result: "Aw==", types });
});

Deno.test("fillBlobs() looks for the places of a request in its params, with escaped names", () => {
  const types = { "/a~1b/0": "int8array", "/c~0d": "dataview", "/n": "date" };
  const params = { "a/b": [0], "c~d": 1, n: 0 };
  assertEquals(
    filled({ method: "m", params, types }).params,
    { "a/b": ["AQI="], "c~d": "Aw==", n: 0 },
  );
});

Deno.test("fillBlobs() leaves base64, other types and places that are not there", () => {
  const message = {
    result: { a: "AA==", b: 5 },
    types: { "/a": "bytes", "/b": "stream", "/c/d": "bytes" },
  };
  assertEquals(filled(structuredClone(message)), message);
  assertEquals(filled({ result: 5 }), { result: 5 });
  fillBlobs(null, []);
});

Deno.test("fillBlobs() refuses a number of bytes that did not come", () => {
  assertThrows(
    () => fillBlobs({ result: 2, types: { "": "bytes" } }, blobs),
    Misfit,
    "bytes number 2",
  );
});

Deno.test("BLOB_HEADER is # and a number of at most 15 digits without leading zeros", () => {
  for (const line of ["#0", "#5", "#123456789012345"]) assert(BLOB_HEADER.test(line), line);
  for (const line of ["#", "#05", "#-1", "# 1", "#1234567890123456", "#1\r", "5"]) {
    assertEquals(BLOB_HEADER.test(line), false, line);
  }
});
