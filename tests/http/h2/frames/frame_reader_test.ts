import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  CODE,
  ConnectionFault,
  MAX_FRAME_BYTES,
  PREFACE,
} from "../../../../lib/http/h2/frames/frame.ts";
import { FrameReader } from "../../../../lib/http/h2/frames/frame_reader.ts";
import { frame } from "../../../support/http2_peer.ts";

const preface = new TextEncoder().encode(PREFACE);

function collect(): { reader: FrameReader; frames: string[] } {
  const frames: string[] = [];
  const reader = new FrameReader(({ type, flags, id, payload }) =>
    void frames.push(`${type} ${flags} ${id} ${payload}`)
  );
  return { reader, frames };
}

Deno.test("FrameReader gives the same frames wherever the bytes are cut", () => {
  const sent = [frame(4, 0, 0), frame(0, 1, 3, [1, 2, 3]), frame(9, 4, 5, [4]), frame(6, 0, 0)];
  const bytes = new Uint8Array([...preface, ...sent.flatMap((each) => [...each])]);
  const expected = ["4 0 0 ", "0 1 3 1,2,3", "9 4 5 4", "6 0 0 "];
  const cuts = fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 });
  fc.assert(fc.property(cuts, (places) => {
    const { reader, frames } = collect();
    const ends = [...places.toSorted((a, b) => a - b), bytes.length];
    ends.reduce((from, to) => (reader.push(bytes.subarray(from, to)), to), 0);
    assertEquals(frames, expected);
  }));
  const { reader, frames } = collect();
  for (const byte of bytes) reader.push(new Uint8Array([byte]));
  assertEquals(frames, expected);
});

Deno.test("FrameReader refuses a connection that does not begin as HTTP/2", () => {
  const { reader } = collect();
  const push = () => reader.push(new TextEncoder().encode("PRI * HTTP/1"));
  assertEquals(assertThrows(push, ConnectionFault).code, CODE.protocolError);
});

Deno.test("FrameReader takes frames of MAX_FRAME_BYTES, and refuses longer ones by their head", () => {
  const { reader, frames } = collect();
  reader.push(preface);
  reader.push(frame(0, 0, 1, new Uint8Array(MAX_FRAME_BYTES)));
  assertEquals(frames.length, 1);
  const head = frame(0, 0, 1, new Uint8Array(MAX_FRAME_BYTES + 1)).subarray(0, 9);
  assertEquals(
    assertThrows(() => reader.push(head), ConnectionFault).code,
    CODE.frameSizeError,
  );
});
