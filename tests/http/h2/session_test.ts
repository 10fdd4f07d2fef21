import { assertEquals, assertMatch } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import type { HttpReply } from "../../../lib/http/engine/http_message.ts";
import { CODE, FLAG, FRAME, PREFACE } from "../../../lib/http/h2/frames/frame.ts";
import {
  codeOf,
  data,
  frame,
  head,
  Http2Peer,
  number,
  request,
  setting,
  startBusyPeer,
  windows,
} from "../../support/http2_peer.ts";

const OK: HttpReply = { status: 200, headers: {}, body: "ok" };
const PING = frame(FRAME.ping, 0, 0, new Uint8Array(8));
const RESET = number(CODE.cancel);

Deno.test("a connection begins with what the server takes", () => {
  const peer = new Http2Peer(() => OK);
  const [settings, window] = peer.frames();
  assertEquals([settings?.type, settings?.id], [FRAME.settings, 0]);
  assertEquals(
    [...settings!.payload.subarray(0, 12)],
    [...setting(3, limits.maxHttp2Streams), ...setting(4, limits.http2StreamWindowBytes)],
  );
  assertEquals([...window!.payload], number(limits.http2ConnectionWindowBytes - 65_535));
  peer.send(new TextEncoder().encode(PREFACE), frame(FRAME.settings, 0, 0));
  assertEquals(peer.frames().map(({ type, flags }) => [type, flags]), [[FRAME.settings, FLAG.ack]]);
});

Deno.test("a client that breaks the rules of the connection is told and cut, and nothing behind is served", () => {
  let behind = 0;
  const { protocolError, frameSizeError, flowControlError, streamClosed, compressionError } = CODE;
  const cases: [name: string, bytes: Uint8Array[], code: number][] = [
    ["data without a stream", [data(0, [])], protocolError],
    ["data before headers", [data(1, [])], protocolError],
    ["an even stream", [request(2)], protocolError],
    ["headers of no stream", [frame(FRAME.headers, 5, 0, head("GET", "/"))], protocolError],
    ["headers that are no HPACK", [frame(FRAME.headers, 5, 1, [0x80])], compressionError],
    ["a continuation of nothing", [frame(FRAME.continuation, 4, 1)], protocolError],
    ["headers broken by a ping", [frame(FRAME.headers, 1, 1), PING], protocolError],
    ["a reset before headers", [frame(FRAME.resetStream, 0, 1, RESET)], protocolError],
    ["a short reset", [request(1), frame(FRAME.resetStream, 0, 1, [0])], frameSizeError],
    ["settings of a stream", [frame(FRAME.settings, 0, 1)], protocolError],
    ["an answer to settings with settings", [frame(FRAME.settings, 1, 0, [0])], frameSizeError],
    ["a short ping", [frame(FRAME.ping, 0, 0, [1])], frameSizeError],
    ["a promise", [frame(FRAME.pushPromise, 4, 1, [0, 0, 0, 2])], protocolError],
    ["a short farewell", [frame(FRAME.goAway, 0, 0, [0])], frameSizeError],
    ["a window that grows by 0", [frame(FRAME.windowUpdate, 0, 0, number(0))], protocolError],
    [
      "a window beyond all",
      [frame(FRAME.windowUpdate, 0, 0, number(2 ** 31 - 1))],
      flowControlError,
    ],
    ["headers of a stream that is over", [request(1), request(1)], streamClosed],
    ["a stream before the last one", [request(5), request(3)], streamClosed],
  ];
  for (const [name, bytes, code] of cases) {
    const peer = new Http2Peer(({ target }) => {
      if (target === "/behind") behind++;
      return OK;
    }).begin();
    peer.send(...bytes, request(9, "GET", "/behind"));
    assertEquals([codeOf(peer.frames(), FRAME.goAway), peer.isEnded], [code, true], name);
    assertEquals([peer.refusals.length, behind], [1, 0], name);
  }
});

Deno.test("a connection that does not begin with settings is cut", () => {
  const peer = new Http2Peer(() => OK);
  peer.send(new TextEncoder().encode(PREFACE), request(1));
  assertEquals(codeOf(peer.frames(), FRAME.goAway), CODE.protocolError);
});

Deno.test("a client that breaks the rules of one stream has that stream reset, and others are served", () => {
  const { protocolError, streamClosed, flowControlError } = CODE;
  const upper = frame(FRAME.headers, 5, 1, head("GET", "/", { "X-A": "1" }));
  const post = (more = {}) => request(1, "POST", "/", more);
  const cases: [name: string, bytes: Uint8Array[], code: number][] = [
    ["a name in upper case", [upper], protocolError],
    [
      "a body that is too long",
      [post({ "content-length": "2" }), data(1, [1, 2, 3])],
      protocolError,
    ],
    ["one that is too short", [post({ "content-length": "2" }), data(1, [1], true)], protocolError],
    [
      "no body where one was said",
      [request(1, "GET", "/", { "content-length": "2" })],
      protocolError,
    ],
    [
      "trailers without an end",
      [post(), frame(FRAME.headers, 4, 1, head("GET", "/"))],
      protocolError,
    ],
    ["data behind the end", [post(), data(1, [1], true), data(1, [1])], streamClosed],
    [
      "a window that grows by 0",
      [post(), frame(FRAME.windowUpdate, 0, 1, number(0))],
      protocolError,
    ],
    [
      "a window beyond all",
      [post(), frame(FRAME.windowUpdate, 0, 1, number(2 ** 31 - 1))],
      flowControlError,
    ],
  ];
  for (const [name, bytes, code] of cases) {
    const peer = new Http2Peer(({ target }) => target === "/" ? new Promise(() => {}) : OK).begin();
    peer.send(...bytes);
    assertEquals(codeOf(peer.frames(), FRAME.resetStream), code, name);
    peer.send(request(3, "GET", "/other"));
    assertEquals(peer.replies(peer.frames()), { 3: "200 ok" }, name);
  }
});

/** Sends a body until the window of its stream is full. */
function fill(peer: Http2Peer, id: number): void {
  const piece = new Uint8Array(16_384);
  peer.send(request(id, "POST"));
  for (let n = 0; n < limits.http2StreamWindowBytes / piece.length; n++) {
    peer.send(data(id, piece));
  }
}

Deno.test("a body that is larger than http2StreamWindowBytes before it is read resets its stream", () => {
  const { peer } = startBusyPeer();
  fill(peer, 1);
  assertEquals(peer.frames(), []);
  peer.send(data(1, [1]));
  assertEquals(codeOf(peer.frames(), FRAME.resetStream), CODE.flowControlError);
  assertEquals(peer.isEnded, false);
});

Deno.test("bodies that are larger than http2ConnectionWindowBytes together end the connection", () => {
  const { peer } = startBusyPeer();
  const streams = limits.http2ConnectionWindowBytes / limits.http2StreamWindowBytes;
  for (let n = 0; n < streams; n++) fill(peer, 2 * n + 1);
  assertEquals(peer.isEnded, false);
  peer.send(request(99, "POST"), data(99, [1]));
  assertEquals(codeOf(peer.frames(), FRAME.goAway), CODE.flowControlError);
});

Deno.test("maxHttp2Streams are open at once, and one more is refused and may be sent again", () => {
  const { peer, handlers } = startBusyPeer();
  const ids = Array.from({ length: limits.maxHttp2Streams + 1 }, (_, at) => 2 * at + 1);
  peer.send(...ids.map((id) => request(id)));
  assertEquals(handlers.begun, limits.maxHttp2Streams);
  const [refused] = peer.frames();
  assertEquals([refused?.type, refused?.id], [FRAME.resetStream, ids.at(-1)]);
  assertEquals([...refused!.payload], number(CODE.refusedStream));
});

Deno.test("a client that opens a connection and asks for nothing is cut, whatever it pings", () => {
  const peer = new Http2Peer(() => OK, { headersTimeoutMs: 1_000 }).begin();
  peer.pass(0);
  peer.pass(999);
  peer.send(PING);
  assertEquals(peer.isEnded, false);
  peer.frames();
  peer.pass(1);
  assertEquals([codeOf(peer.frames(), FRAME.goAway), peer.isEnded], [CODE.noError, true]);
});

Deno.test("headers that do not come whole cut the connection, also while others are served", () => {
  const { peer } = startBusyPeer();
  peer.send(request(1), frame(FRAME.headers, 1, 3, head("GET", "/")));
  peer.pass(0);
  peer.pass(999);
  assertEquals(peer.isEnded, false);
  peer.pass(1);
  assertEquals(peer.isEnded, true);
});

Deno.test("a connection without a request is closed after keepAliveMs, counted from its last one", () => {
  const peer = new Http2Peer(() => OK, { keepAliveMs: 6_000 }).begin();
  for (const id of [1, 3]) {
    peer.send(request(id));
    peer.pass(0);
    peer.pass(5_999);
    assertEquals(peer.isEnded, false);
  }
  peer.pass(1);
  assertEquals(peer.isEnded, true);
});

Deno.test("a request that is at work keeps its connection for as long as it takes", () => {
  const { peer } = startBusyPeer();
  peer.send(request(1));
  for (let n = 0; n < 100; n++) peer.pass(60_000);
  assertEquals(peer.isEnded, false);
});

Deno.test("a body that comes too slowly is answered with 408, and its stream ends", async () => {
  const peer = new Http2Peer(async (request) => {
    await request.bytes(100);
    return OK;
  }, { requestTimeoutMs: 3_000 }).begin();
  peer.send(request(1, "POST"), data(1, [1]));
  peer.pass(0);
  peer.pass(2_999);
  assertEquals(peer.frames(), []);
  peer.pass(1);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertMatch(peer.replies(peer.frames())[1]!, /^408 /);
  peer.pass(0);
  assertEquals(codeOf(peer.frames(), FRAME.resetStream), CODE.noError);
});

Deno.test("a stream whose client takes nothing is reset, and others are served", async () => {
  let gone = 0;
  const peer = new Http2Peer((request) => {
    request.onGone(() => void gone++);
    return { ...OK, body: "x".repeat(100) };
  }).begin(windows(10));
  peer.send(request(1), request(3));
  peer.lookForStalled();
  peer.send(frame(FRAME.windowUpdate, 0, 3, number(5)));
  peer.frames();
  peer.lookForStalled();
  await Promise.resolve(); // what one turn writes leaves together
  const [reset, ...others] = peer.frames();
  assertEquals([reset?.type, reset?.id, others.length], [FRAME.resetStream, 1, 0]);
  assertEquals([...reset!.payload], number(CODE.cancel));
  peer.send(frame(FRAME.windowUpdate, 0, 3, number(85)));
  assertEquals(peer.frames().map(({ id, flags }) => [id, flags]), [[3, FLAG.endStream]]);
  assertEquals(gone, 1);
});

Deno.test("a client that reads nothing and goes on asking is cut", () => {
  const peer = new Http2Peer(() => OK).begin();
  peer.writableNeedDrain = true;
  const pieces = Array.from({ length: 100 }, (_, at) => request(2 * at + 1, "HEAD"));
  peer.send(...pieces);
  assertEquals(peer.isEnded, false);
  peer.writableLength = limits.maxHttp2UnsentBytes;
  peer.send(PING);
  assertEquals([peer.isEnded, peer.refusals], [true, ["it takes none of the replies"]]);
});

Deno.test("a ping is answered with what it carried", () => {
  const peer = new Http2Peer(() => OK).begin();
  peer.send(frame(FRAME.ping, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]));
  const [pong] = peer.frames();
  assertEquals([pong?.flags, [...pong!.payload]], [FLAG.ack, [1, 2, 3, 4, 5, 6, 7, 8]]);
  peer.send(frame(FRAME.ping, FLAG.ack, 0, new Uint8Array(8)));
  assertEquals(peer.frames(), []);
});
