import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import type { HttpReply, HttpRequest } from "../../../lib/http/engine/http_message.ts";
import { CODE, FLAG, FRAME } from "../../../lib/http/h2/frames/frame.ts";
import {
  block,
  codeOf,
  data,
  frame,
  head,
  Http2Peer,
  number,
  request,
  windows,
} from "../../support/http2_peer.ts";

const OK: HttpReply = { status: 200, headers: {}, body: "ok" };

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("a handler sees the request as it sees one of HTTP/1.1", async () => {
  let seen: unknown[] = [];
  const peer = new Http2Peer(async (request) => {
    const text = new TextDecoder().decode(await request.bytes(10));
    const { method, target, host, length } = request;
    seen = [method, target, host, length, request.header("x"), request.header("host"), text];
    return { status: 201, headers: { "x-y": "z" }, body: text };
  }).begin();
  peer.send(request(1, "POST", "/a?b=c", { x: "1", "content-length": "2" }));
  peer.send(data(1, [0x68, 0x69], true));
  await turn();
  assertEquals(seen, ["POST", "/a?b=c", "localhost", 2, "1", "localhost", "hi"]);
  const [headers, body] = peer.frames();
  const { date, ...rest } = peer.headers(headers!);
  assertEquals(rest, { ":status": "201", "x-y": "z", "content-length": "2" });
  assertMatch(date!, /GMT$/);
  assertEquals([body?.flags, new TextDecoder().decode(body?.payload)], [FLAG.endStream, "hi"]);
});

Deno.test("replies without a body end with their headers", () => {
  const replies: Record<string, HttpReply> = {
    "/none": { status: 204, headers: {}, body: null },
    "/same": { status: 304, headers: {}, body: null },
    "/empty": { ...OK, body: "" },
    "/head": OK,
  };
  const peer = new Http2Peer(({ target }) => replies[target]!).begin();
  const lengths: (string | undefined)[] = [];
  Object.keys(replies).forEach((path, at) => {
    peer.send(request(2 * at + 1, path === "/head" ? "HEAD" : "GET", path));
    const [headers, ...more] = peer.frames();
    assertEquals([headers!.flags, more.length], [FLAG.endHeaders | FLAG.endStream, 0], path);
    lengths.push(peer.headers(headers!)["content-length"]);
  });
  assertEquals(lengths, [undefined, undefined, "0", "2"]);
});

Deno.test("headers of a connection of HTTP/1.1 are not sent, and names are in lower case", () => {
  const headers = { Upgrade: "websocket", connection: "Upgrade", "X-Y": "1" };
  const peer = new Http2Peer(() => ({ status: 426, headers, body: null })).begin();
  peer.send(request(1));
  const { date: _, ...sent } = peer.headers(peer.frames()[0]!);
  assertEquals(sent, { ":status": "426", "x-y": "1", "content-length": "0" });
});

Deno.test("a long reply is owed until it was sent, or its client has gone", () => {
  const long = { ...OK, body: "x".repeat(limits.freeReplyBytes + 1) };
  const peer = new Http2Peer(() => long).begin();
  peer.send(request(1));
  assertEquals(peer.owed, long.body.length);
  peer.send(
    frame(FRAME.windowUpdate, 0, 0, number(10)),
    frame(FRAME.windowUpdate, 0, 1, number(10)),
  );
  return turn().then(async () => {
    assertEquals(peer.owed, 0);
    peer.send(request(3));
    assertEquals(peer.owed, long.body.length);
    peer.send(frame(FRAME.resetStream, 0, 3, number(CODE.cancel)));
    await turn();
    assertEquals(peer.owed, 0);
  });
});

Deno.test("an event stream is sent as it comes, and is told that its client has gone", async () => {
  let cancelled = false;
  let push = (_text: string) => {};
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => {
      push = (text) => controller.enqueue(new TextEncoder().encode(text));
    },
    cancel: () => void (cancelled = true),
  });
  const peer = new Http2Peer(() => ({ ...OK, body })).begin(windows(3));
  peer.send(request(1));
  push("abc");
  await turn();
  assertEquals(peer.replies(peer.frames()), { 1: "200 abc" });
  push("def");
  await turn();
  assertEquals(peer.frames(), []);
  peer.send(frame(FRAME.windowUpdate, 0, 1, number(9)));
  await turn();
  assertEquals(new TextDecoder().decode(peer.frames()[0]!.payload), "def");
  peer.send(frame(FRAME.resetStream, 0, 1, number(CODE.cancel)));
  await turn();
  assertEquals(cancelled, true);
});

Deno.test("a body that fails is cut by a reset", async () => {
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: () => {
      throw new Error("gone");
    },
  });
  const peer = new Http2Peer(() => ({ ...OK, body })).begin();
  peer.send(request(1));
  await turn();
  assertEquals(codeOf(peer.frames(), FRAME.resetStream), CODE.internalError);
});

Deno.test("a request that is answered before its body has come is read on, and then ends", () => {
  const peer = new Http2Peer(() => ({ status: 403, headers: {}, body: "no" })).begin();
  peer.send(request(1, "POST"));
  assertEquals(peer.replies(peer.frames()), { 1: "403 no" });
  const piece = new Uint8Array(16_384);
  const most = limits.maxLineBytes / piece.length;
  for (let n = 0; n < most; n++) peer.send(data(1, piece));
  assertEquals(peer.frames().every(({ type }) => type === FRAME.windowUpdate), true);
  peer.send(data(1, [1]));
  assertEquals(codeOf(peer.frames(), FRAME.resetStream), CODE.noError);
});

Deno.test("headers that are too many or too long are answered with 431, and no handler sees them", () => {
  let calls = 0;
  const peer = new Http2Peer(() => (calls++, OK)).begin();
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-${at}`, "1"]));
  peer.send(request(1, "GET", "/", many(limits.maxHttpHeaders)));
  peer.send(request(3, "GET", "/", many(limits.maxHttpHeaders + 1)));
  peer.send(request(5, "GET", "/", { x: "a".repeat(limits.maxHttpHeaderBytes - 300) }));
  const long = block({ x: "a".repeat(limits.maxHttpHeaderBytes) });
  peer.send(
    frame(FRAME.headers, FLAG.endStream, 7, head("GET", "/")),
    frame(FRAME.continuation, 0, 7, long.slice(0, 10_000)),
    frame(FRAME.continuation, FLAG.endHeaders, 7, long.slice(10_000)),
  );
  const statuses = Object.values(peer.replies(peer.frames())).map((reply) => reply.slice(0, 3));
  assertEquals([statuses, calls], [["200", "431", "200", "431"], 2]);
});

Deno.test("targets, schemes and methods that are no request of a gateway are refused", () => {
  const peer = new Http2Peer(() => OK).begin();
  peer.send(request(1, "GET", "localhost/"));
  peer.send(frame(
    FRAME.headers,
    5,
    3,
    block({
      ":method": "GET",
      ":scheme": "http",
      ":path": "/",
    }),
  ));
  peer.send(frame(FRAME.headers, 5, 5, block({ ":method": "CONNECT", ":authority": "a:1" })));
  const replies = Object.values(peer.replies(peer.frames()));
  assertEquals(replies.map((reply) => reply.slice(0, 3)), ["400", "400", "501"]);
});

Deno.test("a handler that throws, and a header that cannot be sent, end one stream alone", async () => {
  const peer = new Http2Peer(({ target }) => {
    if (target === "/throws") throw new Error("no");
    if (target === "/rejects") return Promise.reject(new Error("no"));
    if (target === "/header") return { ...OK, headers: { x: "a\r\nb" } };
    return OK;
  }).begin();
  peer.send(request(1, "GET", "/throws"), request(3, "GET", "/rejects"));
  peer.send(request(5, "GET", "/header"), request(7));
  await turn();
  const frames = peer.frames();
  assertEquals(codeOf(frames, FRAME.resetStream), CODE.internalError);
  assertEquals(peer.replies(frames), { 1: "500 no", 3: "500 no", 7: "200 ok" });
});

Deno.test("stop() takes no more requests, and the connection ends with its last reply", async () => {
  const answers: (() => void)[] = [];
  const peer = new Http2Peer(() => new Promise((resolve) => answers.push(() => resolve(OK))));
  peer.begin().send(request(1));
  peer.sessions.stop();
  assertEquals(codeOf(peer.frames(), FRAME.goAway), CODE.noError);
  peer.send(request(3));
  assertEquals(codeOf(peer.frames(), FRAME.resetStream), CODE.refusedStream);
  assertEquals(peer.isEnded, false);
  answers.forEach((answer) => answer());
  await turn();
  assertEquals([peer.replies(peer.frames()), peer.isEnded], [{ 1: "200 ok" }, true]);
});

Deno.test("calls whose client has gone hear of it, also when they ask late", async () => {
  const gone: string[] = [];
  let kept: HttpRequest | undefined;
  const peer = new Http2Peer((request) => {
    kept = request;
    request.onGone(() => void gone.push("first"));
    return new Promise(() => {});
  }).begin();
  peer.send(request(1, "POST"));
  peer.leave();
  kept!.onGone(() => void gone.push("late"));
  await turn();
  assertEquals(gone, ["first", "late"]);
  await assertRejects(() => kept!.bytes(10));
});

Deno.test("toRequest() is the request in the form of the web platform", async () => {
  let seen: Request | undefined;
  const peer = new Http2Peer((request) => {
    seen = request.toRequest();
    return new Promise(() => {});
  }).begin();
  peer.send(request(1, "POST", "/a?b", { x: "1" }), data(1, [0x68]), data(1, [0x69], true));
  assertEquals([seen!.method, seen!.url, seen!.headers.get("x")], [
    "POST",
    "https://localhost/a?b",
    "1",
  ]);
  assertEquals(await seen!.text(), "hi");
  peer.leave();
  assertEquals(seen!.signal.aborted, true);
});
