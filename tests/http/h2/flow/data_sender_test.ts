import { assertEquals, assertThrows } from "@std/assert";
import { DataSender, OutgoingData } from "../../../../lib/http/h2/flow/data_sender.ts";
import {
  CODE,
  ConnectionFault,
  DEFAULT_WINDOW_BYTES,
  MAX_FRAME_BYTES,
  MAX_WINDOW_BYTES,
  StreamFault,
} from "../../../../lib/http/h2/frames/frame.ts";
import type { FrameWriter } from "../../../../lib/http/h2/frames/frame_writer.ts";

function start() {
  const sent: string[] = [];
  const writer = {
    isFull: false,
    flushSoon: () => {},
    data: (id: number, { length }: Uint8Array, isLast: boolean) =>
      void sent.push(`${id}: ${length}${isLast ? " end" : ""}`),
  };
  const sender = new DataSender(writer as unknown as FrameWriter, () => {});
  const stream = (id: number) => new OutgoingData(id, sender.streamWindow, () => {});
  return { sent, writer, sender, stream, taken: () => sent.splice(0) };
}

Deno.test("data leaves in frames, and the last one ends the stream", () => {
  const { sender, stream, taken } = start();
  const one = stream(1);
  sender.send(one, new Uint8Array(MAX_FRAME_BYTES + 1), true);
  assertEquals(taken(), [`1: ${MAX_FRAME_BYTES}`, "1: 1 end"]);
  assertEquals([one.isWaiting, one.bytesWritten], [false, MAX_FRAME_BYTES + 1]);
  sender.send(stream(3), new Uint8Array(0), true);
  assertEquals(taken(), ["3: 0 end"]);
});

Deno.test("streams take turns within the window of the connection", () => {
  const { sender, stream, taken } = start();
  sender.send(stream(1), new Uint8Array(DEFAULT_WINDOW_BYTES - 10), false);
  taken();
  const [three, five] = [stream(3), stream(5)];
  sender.send(three, new Uint8Array(2 * MAX_FRAME_BYTES), true);
  sender.send(five, new Uint8Array(MAX_FRAME_BYTES), true);
  assertEquals(taken(), ["3: 10"]);
  sender.grant(100_000);
  assertEquals(taken(), [
    `3: ${MAX_FRAME_BYTES}`,
    `5: ${MAX_FRAME_BYTES} end`,
    `3: ${MAX_FRAME_BYTES - 10} end`,
  ]);
  assertEquals([three.isWaiting, five.isWaiting], [false, false]);
});

Deno.test("a stream whose window is closed waits, and others do not wait for it", () => {
  const { sender, stream, taken } = start();
  sender.resize(5, []);
  const [one, three] = [stream(1), stream(3)];
  sender.send(one, new Uint8Array(8), true);
  sender.send(three, new Uint8Array(4), true);
  assertEquals(taken(), ["1: 5", "3: 4 end"]);
  assertEquals([one.writableLength, one.bytesWritten], [3, 5]);
  sender.grantStream(one, 3);
  assertEquals(taken(), ["1: 3 end"]);
});

Deno.test("smaller windows hold for what has been sent already (RFC 9113, section 6.9.2)", () => {
  const { sender, stream, taken } = start();
  const one = stream(1);
  sender.send(one, new Uint8Array(100), false);
  taken();
  sender.resize(40, [one]);
  assertEquals(one.window, -60);
  sender.send(one, new Uint8Array(5), true);
  sender.grantStream(one, 60);
  assertEquals(taken(), []);
  sender.grantStream(one, 2);
  sender.resize(43, [one]);
  assertEquals(taken(), ["1: 2", "1: 3 end"]);
});

Deno.test("nothing is sent while the socket is full, nor what was dropped", () => {
  const { sender, writer, stream, taken } = start();
  writer.isFull = true;
  const [one, three] = [stream(1), stream(3)];
  sender.send(one, new Uint8Array(5), true);
  sender.send(three, new Uint8Array(6), true);
  assertEquals(taken(), []);
  sender.drop(one);
  writer.isFull = false;
  sender.pump();
  assertEquals(taken(), ["3: 6 end"]);
});

Deno.test("windows have MAX_WINDOW_BYTES and no more", () => {
  const { sender, stream } = start();
  const one = stream(1);
  sender.grant(MAX_WINDOW_BYTES - DEFAULT_WINDOW_BYTES);
  sender.grantStream(one, MAX_WINDOW_BYTES - DEFAULT_WINDOW_BYTES);
  const { flowControlError } = CODE;
  assertEquals(assertThrows(() => sender.grant(1), ConnectionFault).code, flowControlError);
  assertEquals(assertThrows(() => sender.grantStream(one, 1), StreamFault).code, flowControlError);
  const three = stream(3);
  sender.grantStream(three, 1);
  const resize = () => sender.resize(MAX_WINDOW_BYTES, [three]);
  assertEquals(assertThrows(resize, ConnectionFault).code, flowControlError);
});
