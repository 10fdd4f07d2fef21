import { assertEquals, assertRejects } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { pacedBody } from "../../../lib/http/engine/paced_body.ts";

const PIECE = limits.maxHttpPieceBytes;

function bodyOf(length: number) {
  const bytes = new Uint8Array(length).map((_, at) => at);
  let ends = 0;
  let fire = () => {};
  const body = pacedBody(bytes, {
    onEnd: () => void ends++,
    stalledPeerMs: 1_000,
    schedule: (_ms, callback) => {
      fire = callback;
      return () => void (fire = () => {});
    },
  });
  return { bytes, body, stall: () => fire(), ends: () => ends };
}

Deno.test("pacedBody() gives a body in pieces, and ends with the last one", async () => {
  const { bytes, body, stall, ends } = bodyOf(2 * PIECE + 1);
  const lengths: number[] = [];
  const read: number[] = [];
  for await (const piece of body) {
    lengths.push(piece.length);
    read.push(...piece.subarray(0, 3));
    assertEquals(ends(), lengths.length === 3 ? 1 : 0);
  }
  assertEquals(lengths, [PIECE, PIECE, 1]);
  assertEquals(read, [0, 1, 2, 0, 1, 2, bytes[2 * PIECE]]);
  stall(); // there is no timer any more
  assertEquals(ends(), 1);
});

Deno.test("pacedBody() ends when its reader leaves", async () => {
  const { body, ends } = bodyOf(2 * PIECE);
  const reader = body.getReader();
  await reader.read();
  assertEquals(ends(), 0);
  await reader.cancel();
  assertEquals(ends(), 1);
});

Deno.test("pacedBody() gives a reader up that takes nothing", async () => {
  const { body, stall, ends } = bodyOf(2 * PIECE);
  const reader = body.getReader();
  await reader.read();
  stall();
  assertEquals(ends(), 1);
  await assertRejects(() => reader.read(), Error, "took nothing of the reply for 1000 ms");
});
