import { assertEquals, assertThrows } from "@std/assert";
import { limits } from "../../../../lib/base/limits.ts";
import { CODE, ConnectionFault, FLAG, FRAME } from "../../../../lib/http/h2/frames/frame.ts";
import { HeaderBlocks } from "../../../../lib/http/h2/frames/header_block.ts";

const GET = 0x82;
const { endHeaders, endStream, padded, priority } = FLAG;

function headers(flags: number, payload: number[], id = 1) {
  return { type: FRAME.headers, flags, id, payload: new Uint8Array(payload) };
}

function continuation(flags: number, payload: ArrayLike<number>, id = 1) {
  return { type: FRAME.continuation, flags, id, payload: new Uint8Array(payload) };
}

function fails(take: () => unknown, code: number): void {
  assertEquals(assertThrows(take, ConnectionFault).code, code);
}

Deno.test("HeaderBlocks joins the frames of a block", () => {
  const blocks = new HeaderBlocks();
  assertEquals(blocks.take(headers(endStream, [0x00, 1])), undefined);
  assertEquals(blocks.isOpen, true);
  assertEquals(blocks.take(continuation(0, [0x78])), undefined);
  const whole = blocks.take(continuation(endHeaders, [1, 0x79]));
  assertEquals(whole, { id: 1, isLast: true, headers: [["x", "y"]], isCut: false });
  assertEquals(blocks.isOpen, false);
});

Deno.test("HeaderBlocks takes padding and priorities away", () => {
  const flags = endHeaders | padded | priority;
  const taken = new HeaderBlocks().take(headers(flags, [2, 0, 0, 0, 3, 16, GET, 0, 0]));
  assertEquals(taken?.headers, [[":method", "GET"]]);
});

Deno.test("HeaderBlocks refuses what cannot be read", () => {
  const take = (flags: number, payload: number[]) => () =>
    new HeaderBlocks().take(headers(flags, payload));
  fails(take(endHeaders | padded, []), CODE.frameSizeError);
  fails(take(endHeaders | padded, [2, GET]), CODE.protocolError);
  fails(take(endHeaders | priority, [0, 0, 0, 3]), CODE.frameSizeError);
  fails(take(endHeaders | priority, [0, 0, 0, 1, 16, GET]), CODE.protocolError);
  fails(take(endHeaders, [0x80]), CODE.compressionError);
  fails(() => new HeaderBlocks().take(continuation(endHeaders, [GET])), CODE.protocolError);
  const blocks = new HeaderBlocks();
  blocks.take(headers(0, [GET]));
  fails(() => blocks.take(continuation(endHeaders, [GET], 3)), CODE.protocolError);
});

Deno.test("a block has maxHttp2HeaderBlockBytes and no more, in whatever frames it comes", () => {
  const most = limits.maxHttp2HeaderBlockBytes;
  const fits = new HeaderBlocks();
  fits.take(headers(0, [GET]));
  assertEquals(
    fits.take(continuation(endHeaders, new Uint8Array(most - 1).fill(GET)))?.isCut,
    true,
  );
  const tooLong = new HeaderBlocks();
  tooLong.take(headers(0, [GET]));
  tooLong.take(continuation(0, new Uint8Array(most - 1).fill(GET)));
  fails(() => tooLong.take(continuation(0, [GET])), CODE.enhanceYourCalm);
});

Deno.test("a client's table has http2HeaderTableBytes and no more", () => {
  const resize = (bytes: number) => {
    const rest = bytes - 31; // RFC 7541, section 5.1
    return headers(endHeaders, [0x3f, rest & 0x7f | 0x80, rest >> 7, GET]);
  };
  const most = limits.http2HeaderTableBytes;
  assertEquals(new HeaderBlocks().take(resize(most))?.headers, [[":method", "GET"]]);
  fails(() => new HeaderBlocks().take(resize(most + 1)), CODE.compressionError);
});
