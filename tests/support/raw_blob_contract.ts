import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../lib/base/errors.ts";
import { blobOf, isSame, receiveBlob } from "./blob_contract.ts";
import { receiveAll, receiveLines } from "./transport_contract.ts";
import type { RawPair } from "./transports.ts";

const encoder = new TextEncoder();

/** What a connection does with blobs that a stranger sends, on every transport of bytes. */
export const rawBlobContract: Record<string, (pair: RawPair) => Promise<void>> = {
  "a blob may come byte by byte": async ({ peer, far }) => {
    far.takesBlobs = true;
    const blob = blobOf(40);
    const sending = (async () => {
      const bytes = [...encoder.encode("a\n#40\n"), ...blob, ...encoder.encode("b\n")];
      for (const byte of bytes) await peer.sendBytes(new Uint8Array([byte]));
    })();
    assertEquals(await receiveLines(far), "a\n");
    assert(isSame(await receiveBlob(far), blob));
    assertEquals(await receiveLines(far), "b\n");
    await sending;
  },

  "the line of a blob and its bytes are lines until blobs are taken": async ({ peer, far }) => {
    await peer.send("#3\nabc\n");
    await peer.finish();
    assertEquals(await receiveAll(far), "#3\nabc\n");
  },

  "a length of wrong form makes a line, and the connection goes on": async ({ peer, far }) => {
    far.takesBlobs = true;
    const lines = ["#", "#x", "#01", "#+1", "#-1", "#1 ", "# 1", "#1\r", `#1${"0".repeat(15)}`];
    const text = lines.map((line) => `${line}\n`).join("");
    await peer.send(`${text}#1\n!{}\n`);
    let received = "";
    while (received.length < text.length) received += await receiveLines(far);
    assertEquals(received, text);
    assertEquals(await receiveBlob(far), encoder.encode("!"));
    assertEquals(await receiveLines(far), "{}\n");
  },

  "a blob of no bytes is a blob": async ({ peer, far }) => {
    far.takesBlobs = true;
    await peer.send("#0\n#0\n{}\n");
    assertEquals((await receiveBlob(far)).length, 0);
    assertEquals((await receiveBlob(far)).length, 0);
    assertEquals(await receiveLines(far), "{}\n");
  },

  "a length over the limit is refused before its bytes come": async ({ peer, far }) => {
    far.takesBlobs = true;
    far.maxLineBytes = 1_000;
    await peer.send("#999999999999999\n");
    const error = await assertRejects(() => far.receive(), TransportError, "999999999999999 bytes");
    assertEquals([error.code, error.retryable], ["resource_exhausted", false]);
  },

  "half a blob and the end is the end": async ({ peer, far }) => {
    far.takesBlobs = true;
    await peer.send("whole\n#10\nhalf");
    await peer.finish();
    assertEquals(await receiveAll(far), "whole\n");
  },

  "a blob that was announced and never comes is the end once the peer ends": async (
    { peer, far },
  ) => {
    far.takesBlobs = true;
    await peer.send("#10\n");
    await peer.finish();
    assertEquals(await far.receive(), null);
  },

  "a peer that closes in the middle of a blob ends the connection": async ({ peer, far }) => {
    far.takesBlobs = true;
    far.maxLineBytes = 1_000_000;
    await peer.send(`#900000\n${"x".repeat(100_000)}`);
    const receiving = far.receive().catch((error) => error.code);
    peer[Symbol.dispose]();
    const received = await receiving;
    assertEquals(received === null || received === "unavailable", true);
  },

  "abort() ends a receive in the middle of a blob": async ({ peer, far }) => {
    far.takesBlobs = true;
    await peer.send("line\n#10\nhalf");
    assertEquals(await receiveLines(far), "line\n");
    const receiving = far.receive();
    far.abort();
    assertEquals(await receiving, null);
  },
};
