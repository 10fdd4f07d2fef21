import { assert, assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { IncomingBlob, prepareBlobMemory } from "../../../lib/transport/framing/incoming_blob.ts";

const FIRST_BYTES = new Uint8Array([1]);

/** Receives a whole blob. */
function receive(length: number): Uint8Array {
  const blob = new IncomingBlob(length, FIRST_BYTES);
  while (blob.whole === undefined) {
    const room = blob.room();
    room.fill(7);
    blob.filled(room.length);
  }
  return blob.whole;
}

/** How many bytes the first read of a blob may give. */
function roomOf(length: number): number {
  return new IncomingBlob(length, FIRST_BYTES).room().length;
}

const afterFirst = limits.initialBlobBytes - 1;

Deno.test("IncomingBlob takes memory that was made ahead, once and for the same length alone", () => {
  const length = 3 * limits.initialBlobBytes;
  const before = receive(length);
  assertEquals(roomOf(length), afterFirst);
  prepareBlobMemory();
  assertEquals(roomOf(length + 1), afterFirst);
  const blob = new IncomingBlob(length, FIRST_BYTES);
  const room = blob.room();
  assertEquals([room.length, blob.missingMemoryBytes], [length - 1, 0]);
  assert(room.buffer !== before.buffer);
  assert(room.every((byte) => byte === 0));
  assertEquals(roomOf(length), afterFirst);
});

Deno.test("prepareBlobMemory makes none for a blob that has not come whole", () => {
  const announced = 5 * limits.initialBlobBytes;
  new IncomingBlob(announced, FIRST_BYTES);
  prepareBlobMemory();
  assertEquals(roomOf(announced), afterFirst);
});

Deno.test("prepareBlobMemory makes none for short blobs, and none over its limit", () => {
  for (const length of [limits.initialBlobBytes, limits.maxSpareBlobBytes + 1]) {
    receive(length);
    prepareBlobMemory();
    assertEquals(roomOf(length), afterFirst);
  }
  receive(limits.maxSpareBlobBytes);
  prepareBlobMemory();
  assertEquals(roomOf(limits.maxSpareBlobBytes), limits.maxSpareBlobBytes - 1);
});
