import { assertEquals } from "@std/assert";
import { limits } from "../../../../lib/base/limits.ts";
import { MAX_FRAME_BYTES } from "../../../../lib/http/h2/frames/frame.ts";
import { FrameWriter } from "../../../../lib/http/h2/frames/frame_writer.ts";

class Sink {
  readonly writes: Uint8Array[] = [];
  writableLength = 0;
  writableNeedDrain = false;

  write(bytes: Uint8Array): void {
    this.writes.push(bytes);
  }
}

Deno.test("frames of one turn leave in one write", async () => {
  const sink = new Sink();
  const writer = new FrameWriter(sink, () => {});
  writer.headers(1, [[1, 2], [3]], false);
  writer.data(1, new Uint8Array([4]), true);
  writer.flushSoon();
  writer.flushSoon();
  assertEquals(sink.writes, []);
  await Promise.resolve();
  assertEquals(sink.writes.map((bytes) => [...bytes]), [[
    ...[0, 0, 3, 1, 4, 0, 0, 0, 1, 1, 2, 3],
    ...[0, 0, 1, 0, 1, 0, 0, 0, 1, 4],
  ]]);
});

Deno.test("http2WriteBytes of data leave at once", () => {
  const sink = new Sink();
  const writer = new FrameWriter(sink, () => {});
  const frames = Math.ceil(limits.http2WriteBytes / (MAX_FRAME_BYTES + 9));
  for (let n = 1; n < frames; n++) writer.data(1, new Uint8Array(MAX_FRAME_BYTES), false);
  assertEquals(sink.writes.length, 0);
  writer.data(1, new Uint8Array(MAX_FRAME_BYTES), false);
  assertEquals(sink.writes.map(({ length }) => length), [frames * (MAX_FRAME_BYTES + 9)]);
});

Deno.test("headers that are longer than a frame are continued", () => {
  const sink = new Sink();
  const writer = new FrameWriter(sink, () => {});
  writer.headers(3, [new Uint8Array(MAX_FRAME_BYTES), new Uint8Array(10)], true);
  writer.flush();
  const [bytes] = sink.writes;
  const second = MAX_FRAME_BYTES + 9;
  assertEquals([...bytes!.subarray(0, 9)], [0, 0x40, 0, 1, 1, 0, 0, 0, 3]);
  assertEquals([...bytes!.subarray(second, second + 9)], [0, 0, 10, 9, 4, 0, 0, 0, 3]);
});

Deno.test("a client that leaves more than maxHttp2UnsentBytes waiting is told of", () => {
  const sink = new Sink();
  let overfull = 0;
  const writer = new FrameWriter(sink, () => void overfull++);
  sink.writableLength = limits.maxHttp2UnsentBytes;
  writer.settingsTaken();
  writer.flush();
  assertEquals(overfull, 0);
  sink.writableLength++;
  writer.settingsTaken();
  writer.flush();
  assertEquals(overfull, 1);
  writer.close();
  writer.settingsTaken();
  writer.flush();
  assertEquals(sink.writes.length, 2);
});
