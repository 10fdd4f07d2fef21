import { Buffer } from "node:buffer";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../lib/base/errors.ts";
import { parseOversizeLine } from "../../lib/base/text/oversize_line.ts";
import type { Connection } from "../../lib/transport/connection.ts";
import { receiveLines, turns } from "./transport_contract.ts";
import type { Pair } from "./transports.ts";

const MiB = 1024 * 1024;

/** Bytes that hold many LF and `#`, and differ from place to place. */
export function blobOf(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += PATTERN.length) {
    bytes.set(PATTERN.subarray(0, length - at), at);
    bytes[at] = at / PATTERN.length;
  }
  return bytes;
}

const PATTERN = Uint8Array.from({ length: 999 }, (_, at) => [0x0a, 0x23, at][at % 3] ?? 0);

/** Sends a blob behind its line, and lines before that. */
export function sendBlob(
  connection: Connection,
  blob: Uint8Array,
  lines = "",
  linesBehind?: string,
): Promise<void> {
  return connection.send(`${lines}#${blob.length}\n`, blob, linesBehind);
}

/** Receives a blob, and no lines. */
export async function receiveBlob(connection: Connection): Promise<Uint8Array> {
  const blob = await connection.receive();
  assert(blob instanceof Uint8Array, "a blob was expected");
  return blob;
}

/** Whether two blobs are the same; an assertion would compare and print each byte. */
export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return latin1(one) === latin1(other);
}

function latin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("latin1");
}

function takeBlobs({ near, far }: Pair, maxLineBytes: number): void {
  near.takesBlobs = far.takesBlobs = true;
  near.maxLineBytes = far.maxLineBytes = maxLineBytes;
}

/** What every connection that carries blobs promises, on every transport. */
export const blobContract: Record<string, (pair: Pair) => Promise<void>> = {
  "blobs and lines arrive whole and in order, both ways": async (pair) => {
    takeBlobs(pair, 16 * MiB);
    const lengths = [
      0,
      1,
      1_023,
      1_024,
      65_535,
      65_536,
      65_537,
      262_144,
      300_000,
      5 * MiB + 1,
      0,
      7,
    ];
    const sendAll = async (connection: Connection) => {
      for (const [place, length] of lengths.entries()) {
        const [before, behind] = [`before ${length} 다리\n`, `behind ${length} 🌉\n`];
        if (place % 2 === 0) await sendBlob(connection, blobOf(length), before, behind);
        else {
          await sendBlob(connection, blobOf(length), before);
          await connection.send(behind);
        }
      }
    };
    const receiveAll = async (connection: Connection) => {
      let text = "";
      for (const length of lengths) {
        while (!text.endsWith(`before ${length} 다리\n`)) text += await receiveLines(connection);
        assert(isSame(await receiveBlob(connection), blobOf(length)), `${length} bytes differ`);
      }
      while (!text.endsWith("behind 7 🌉\n")) text += await receiveLines(connection);
      return text;
    };
    const wanted = lengths.map((length) => `before ${length} 다리\nbehind ${length} 🌉\n`).join("");
    const { near, far } = pair;
    const received = await Promise.all([
      receiveAll(far),
      receiveAll(near),
      sendAll(near),
      sendAll(far),
    ]);
    assertEquals(received.slice(0, 2), [wanted, wanted]);
  },

  "a blob may follow a blob": async (pair) => {
    takeBlobs(pair, MiB);
    const { near, far } = pair;
    const sending = (async () => {
      for (const length of [10, 100_000, 0, 20]) await sendBlob(near, blobOf(length));
      await near.send("their line\n");
    })();
    for (const length of [10, 100_000, 0, 20]) {
      assert(isSame(await receiveBlob(far), blobOf(length)));
    }
    assertEquals(await receiveLines(far), "their line\n");
    await sending;
  },

  "a blob has memory of its own at both ends": async (pair) => {
    takeBlobs(pair, MiB);
    for (const length of [8, 2_000, 400_000]) {
      const blob = blobOf(length);
      const [received] = await Promise.all([
        receiveBlob(pair.far),
        sendBlob(pair.near, blob).then(() => blob.fill(0)),
      ]);
      assert(isSame(received, blobOf(length)), `${length} bytes have changed`);
      assertEquals(received.buffer.byteLength, length);
    }
  },

  "lines with # are lines": async (pair) => {
    takeBlobs(pair, MiB);
    const text = '#\n#01\n#-1\n##1\n{"text":"#1"}\n';
    const sending = pair.near.send(text);
    assertEquals(await receiveLines(pair.far), text);
    await sending;
  },

  "a blob that was not agreed on is lines that nobody can read": async ({ near, far }) => {
    const sending = sendBlob(near, new Uint8Array([0xff, 0x0a]), "before\n")
      .then(() => near.send("behind\n"));
    let text = "";
    while (!text.endsWith("behind\n")) text += await receiveLines(far);
    assertEquals(text.replace("#2\n", ""), "before\n\uFFFD\nbehind\n");
    await sending;
  },

  "the blobs of a message may have as many bytes as a line, and not one more": async (pair) => {
    takeBlobs(pair, 3_000);
    const { near, far } = pair;
    for (const length of [2_000, 1_000]) {
      const [blob] = await Promise.all([receiveBlob(far), sendBlob(near, blobOf(length))]);
      assertEquals(blob.length, length);
    }
    sendBlob(near, blobOf(1)).catch(() => {}); // Nobody may take it any more.
    const error = await assertRejects(() => far.receive(), TransportError, "3001 bytes");
    assertEquals([error.code, error.retryable], ["resource_exhausted", false]);
  },

  "a line that is too long together with its blobs is told and not kept": async (pair) => {
    takeBlobs(pair, 3_000);
    const { near, far } = pair;
    await Promise.all([receiveBlob(far), sendBlob(near, blobOf(2_000))]);
    const sending = near.send(`\n${"x".repeat(1_001)}\n${"y".repeat(2_999)}\n`);
    let text = "";
    while (!text.endsWith("y\n")) text += await receiveLines(far);
    await sending;
    const [blank, oversize = "", next] = text.split("\n");
    const { bytes, maxBytes } = parseOversizeLine(oversize) ?? {};
    assertEquals([blank, bytes, maxBytes, next?.length], ["", 3_001, 3_000, 2_999]);
  },

  "a sender of blobs waits for a reader that does not read": async (pair) => {
    takeBlobs(pair, MiB);
    const { near, far } = pair;
    let sent = 0;
    const sending = (async () => {
      for (; sent < 24; sent++) await sendBlob(near, blobOf(MiB - 9), "line\n");
      await near.close();
    })();
    await turns(40);
    assert(sent < 20, `${sent} MiB were taken from the sender`);
    let bytes = 0;
    for (let piece; (piece = await far.receive()) !== null;) bytes += piece.length;
    assertEquals(bytes, 24 * (MiB - 9 + "line\n".length));
    await sending;
  },

  "close() delivers a blob that was sent": async (pair) => {
    takeBlobs(pair, 4 * MiB);
    const { near, far } = pair;
    const sending = sendBlob(near, blobOf(3 * MiB), "", "last words\n").then(() => near.close());
    assertEquals((await receiveBlob(far)).length, 3 * MiB);
    assertEquals(await receiveLines(far), "last words\n");
    assertEquals(await far.receive(), null);
    await far.close();
    await sending;
  },

  "abort() in the middle of a blob ends it at both ends": async (pair) => {
    takeBlobs(pair, 64 * MiB);
    const { near, far } = pair;
    // More than any socket buffers, while nobody reads.
    const sending = sendBlob(near, blobOf(32 * MiB));
    const rejected = assertRejects(() => sending, TransportError);
    await turns(2);
    near.abort();
    assertEquals((await rejected).code, "unavailable");
    const received = await far.receive().catch((error) => error.code);
    assert(received === null || received === "unavailable", "part of a blob was received");
  },

  "the other side's death in the middle of blobs rejects their send": async (pair) => {
    takeBlobs(pair, 64 * MiB);
    const { near, far } = pair;
    // A WebSocket of the runtime goes on taking what comes until both ends have said goodbye, so the
    // first blob may leave whole.
    const sending = (async () => {
      for (let blobs = 0; blobs < 16; blobs++) await sendBlob(near, blobOf(32 * MiB), "before\n");
    })();
    const rejected = assertRejects(() => sending, TransportError);
    await receiveLines(far);
    far.abort();
    assertEquals((await rejected).code, "unavailable");
    assertEquals(await far.receive(), null);
  },
};
