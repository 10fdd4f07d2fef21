import { assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import { parseOversizeLine } from "../../lib/base/text/oversize_line.ts";
import { rawBlobContract } from "../support/raw_blob_contract.ts";
import { receiveAll, receiveLines } from "../support/transport_contract.ts";
import { type RawPair, transports } from "../support/transports.ts";

const LF = 0x0a;

const contract: Record<string, (pair: RawPair) => Promise<void>> = {
  "a line that is not UTF-8 becomes U+FFFD, and its neighbours stay": async ({ peer, far }) => {
    const wrong = [
      [0xff], // never in UTF-8
      [0xc0, 0xaf], // an overlong slash
      [0xe0, 0x80, 0xaf],
      [0xed, 0xa0, 0x80], // half of a surrogate pair
      [0xf4, 0x90, 0x80, 0x80], // beyond U+10FFFF
      [0xe2, 0x82], // cut short
    ];
    const bytes = wrong.flatMap((line) => [0x61, LF, 0x22, ...line, 0x22, LF]);
    await peer.sendBytes(new Uint8Array(bytes));
    await peer.finish();
    assertEquals(await receiveAll(far), "a\n\uFFFD\n".repeat(wrong.length));
  },

  "NUL, CR and a byte order mark arrive as they are": async ({ peer, far }) => {
    await peer.send("\0\r\n\uFEFF{}\n\n");
    assertEquals(await far.receive(), "\0\r\n\uFEFF{}\n\n");
  },

  "a line may come byte by byte": async ({ peer, far }) => {
    const receiving = far.receive();
    for (const byte of new TextEncoder().encode("다리\n")) {
      await peer.sendBytes(new Uint8Array([byte]));
    }
    assertEquals(await receiving, "다리\n");
  },

  "half a line and the end is the end": async ({ peer, far }) => {
    await peer.send("whole\nhalf");
    await peer.finish();
    assertEquals(await receiveAll(far), "whole\n");
  },

  "a line without end is refused at several times the limit": async ({ peer, far }) => {
    far.maxLineBytes = 1_000;
    await peer.send(`${"x".repeat(4_000)}\n`);
    assertEquals(parseOversizeLine((await receiveLines(far)).trimEnd())?.bytes, 4_000);
    await peer.send("x".repeat(4_001));
    const error = await assertRejects(() => far.receive(), TransportError, "more than 4000 bytes");
    assertEquals(error.code, "resource_exhausted");
  },

  "a line over the limit is not kept, and its neighbours stay": async ({ peer, far }) => {
    far.maxLineBytes = 1_000;
    await peer.send(`before\n{"head":1,${"x".repeat(3_000)}\nbehind\n`);
    let text = "";
    while (!text.endsWith("behind\n")) text += await far.receive();
    const [before, oversize = "", behind] = text.split("\n");
    assertEquals([before, behind], ["before", "behind"]);
    const { bytes, maxBytes, head } = parseOversizeLine(oversize) ?? {};
    assertEquals([bytes, maxBytes, head?.slice(0, 10)], [3_010, 1_000, '{"head":1,']);
    assertEquals(head?.length, limits.oversizeHeadBytes);
  },

  "the limit may be raised while a line is on its way": async ({ peer, far }) => {
    far.maxLineBytes = 10;
    await peer.send("x".repeat(10));
    const receiving = far.receive();
    far.maxLineBytes = 100_000;
    await peer.send(`${"x".repeat(99_990)}\n`);
    assertEquals((await receiving)?.length, 100_001);
  },

  "a peer that closes in the middle of a line ends the connection": async ({ peer, far }) => {
    await peer.send("half");
    peer[Symbol.dispose]();
    const received = await far.receive().catch((error) => error.code);
    assertEquals(received === null || received === "unavailable", true);
  },
};

for (const { name, connectRaw } of transports) {
  if (connectRaw === undefined) continue;
  for (const [sentence, use] of Object.entries({ ...contract, ...rawBlobContract })) {
    Deno.test(`${name}: ${sentence}`, async () => {
      await using pair = await connectRaw();
      await use(pair);
    });
  }
}
