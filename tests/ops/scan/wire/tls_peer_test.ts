import { assertEquals, assertRejects } from "@std/assert";
import { limits } from "../../../../lib/base/limits.ts";
import { join, vector16 } from "../../../../lib/ops/scan/wire/bytes.ts";
import { AlertFault, type FaultKind, ScanFault } from "../../../../lib/ops/scan/wire/fault.ts";
import { type PeerBounds, TlsPeer } from "../../../../lib/ops/scan/wire/tls_peer.ts";
import { standIn } from "../../../support/scanned.ts";

const roomy: PeerBounds = { maxBytes: 100_000, signal: new AbortController().signal };

function record(type: number, ...contents: number[]): Uint8Array<ArrayBuffer> {
  return join(type, 3, 3, vector16(...contents));
}

async function peerOf(
  pieces: Uint8Array[],
  after: "close" | "silence" | "flood" = "close",
  bounds = roomy,
): Promise<TlsPeer> {
  return new TlsPeer(await standIn(pieces, after).dial(bounds.signal), bounds);
}

async function faultOf(work: Promise<unknown>): Promise<FaultKind> {
  return (await assertRejects(() => work, ScanFault)).kind;
}

Deno.test("TlsPeer joins a handshake message from the pieces of several records", async () => {
  const first = record(22, 2, 0, 0, 3, 7);
  const pieces = [first.slice(0, 3), first.slice(3), record(22, 8, 9, 11, 0, 0, 0)];
  using peer = await peerOf(pieces);
  assertEquals([...(await peer.nextHandshake()).body], [7, 8, 9]);
  const { type, bytes } = await peer.nextHandshake();
  assertEquals([type, ...bytes], [11, 11, 0, 0, 0]);
  assertEquals(await faultOf(peer.next()), "closed");
});

Deno.test("TlsPeer throws fatal alerts, passes warnings over, and tells close_notify", async () => {
  using peer = await peerOf([record(21, 1, 112), record(20, 1), record(21, 2, 40)]);
  assertEquals((await assertRejects(() => peer.next(), AlertFault)).alert, 40);
  using closing = await peerOf([record(21, 1, 0)]);
  assertEquals((await closing.next()).kind, "closing");
});

Deno.test("TlsPeer says what a server answers that does not speak TLS", async () => {
  const text = `HTTP/1.1 400 Bad\x1b[2J Request${"x".repeat(limits.maxScanShownLength)}\r\n\r\n`;
  using peer = await peerOf([new TextEncoder().encode(text)]);
  const error = await assertRejects(() => peer.next(), ScanFault, "HTTP/1.1 400 Bad\\u001b[2J");
  assertEquals(error.kind, "not_tls");
  assertEquals(error.message.includes("x".repeat(limits.maxScanShownLength)), false);
  // Too short for a record's header.
  using short = await peerOf([new TextEncoder().encode("hi")]);
  assertEquals(await faultOf(short.next()), "not_tls");
  // A record that is longer than any can be.
  using long = await peerOf([Uint8Array.of(22, 3, 3, 0xff, 0xff)]);
  assertEquals(await faultOf(long.next()), "not_tls");
});

Deno.test("TlsPeer reads as many bytes as it may and not one more", async () => {
  const warning = record(21, 1, 112);
  const exactly = { ...roomy, maxBytes: 3 * warning.length };
  using peer = await peerOf([warning, warning, record(21, 2, 80)], "close", exactly);
  await assertRejects(() => peer.next(), AlertFault);
  using flooded = await peerOf([warning], "flood", exactly);
  assertEquals(await faultOf(flooded.next()), "too_much");
  // A handshake message says that it is longer than all that is read.
  using huge = await peerOf([record(22, 2, 0xff, 0xff, 0xff)], "silence");
  assertEquals(await faultOf(huge.next()), "too_much");
});

Deno.test("TlsPeer reads no more at a time than scanReadBytes", async () => {
  const sizes: number[] = [];
  using peer = new TlsPeer({
    read: (into) => {
      sizes.push(into.length);
      return Promise.resolve(null);
    },
    write: (bytes) => Promise.resolve(bytes.length),
    closeWrite: () => Promise.resolve(),
    close: () => {},
  }, roomy);
  assertEquals(await faultOf(peer.next()), "closed");
  assertEquals(sizes, [limits.scanReadBytes]);
});

Deno.test("TlsPeer ends with its signal while the server keeps silent", async () => {
  const ending = new AbortController();
  using peer = await peerOf([], "silence", { ...roomy, signal: ending.signal });
  const waiting = faultOf(peer.next());
  ending.abort();
  assertEquals(await waiting, "timeout");
});

Deno.test("TlsPeer refuses data of the application where the handshake goes on", async () => {
  using peer = await peerOf([record(23, 1)]);
  assertEquals(await faultOf(peer.nextHandshake()), "malformed");
});
