import { assertEquals } from "@std/assert";
import { readPieces, writePieces } from "../../../lib/cluster/follow/pieces.ts";
import type { LogMessage } from "../../../lib/cluster/log/log.ts";
import type { MessageOpener } from "../../../lib/cluster/log/seal.ts";

const HEAD_BYTES = 16;
const opener: Pick<MessageOpener, "open"> = {
  open: (body) => Promise.resolve({ kind: "piece", body: Uint8Array.from(body) } as never),
};

/** The lines that are read of these pieces, and whether all were there. */
async function read(pieces: readonly Uint8Array[], total: number, cut = 7) {
  const messages = (async function* (): AsyncGenerator<LogMessage> {
    for (const [index, data] of pieces.entries()) {
      yield await Promise.resolve({ sequence: index + 1, atMs: 0, data });
    }
  })();
  const reading = readPieces(
    { cut, pieces: total, taken: 0 },
    messages,
    opener as MessageOpener,
  );
  const lines: string[] = [];
  for (;;) {
    const { done, value } = await reading.next();
    if (done) return { lines, isWhole: value };
    lines.push(value);
  }
}

const lines = ["one", "", "다리 😀", "x".repeat(50), "last"];

Deno.test("readPieces() gives the lines that writePieces() cut anywhere, also within a letter", async () => {
  const whole = new TextEncoder().encode(lines.join("\n") + "\n").length;
  for (let room = 1; room <= whole + 1; room++) {
    const pieces = await Array.fromAsync(writePieces(7, lines, HEAD_BYTES + room));
    assertEquals(pieces.length, Math.ceil(whole / room));
    for (const piece of pieces.slice(0, -1)) assertEquals(piece.length, HEAD_BYTES + room);
    assertEquals(await read(pieces, pieces.length), { lines, isWhole: true }, `${room}`);
  }
});

Deno.test("readPieces() takes each piece once, in its place, and none of another snapshot", async () => {
  const pieces = await Array.fromAsync(writePieces(7, lines, HEAD_BYTES + 20));
  const others = await Array.fromAsync(writePieces(6, ["older"], HEAD_BYTES + 20));
  const [first, ...rest] = pieces as [Uint8Array, ...Uint8Array[]];
  const mixed = [...others, first, first, new Uint8Array(3), ...others, ...rest];
  assertEquals(await read(mixed, pieces.length), { lines, isWhole: true });
});

Deno.test("readPieces() says where a piece is missing", async () => {
  const pieces = await Array.fromAsync(writePieces(7, lines, HEAD_BYTES + 20));
  assertEquals((await read(pieces.toSpliced(1, 1), pieces.length)).isWhole, false);
  assertEquals((await read([], pieces.length)).isWhole, false);
  assertEquals((await read(pieces, pieces.length, 8)).lines, []);
});

Deno.test("writePieces() of no lines makes no piece", async () => {
  assertEquals(await Array.fromAsync(writePieces(7, [], HEAD_BYTES + 20)), []);
});
