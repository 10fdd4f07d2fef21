import { assert, assertEquals, assertMatch } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { CODE, FRAME } from "../../../lib/http/h2/frames/frame.ts";
import {
  codeOf,
  data,
  frame,
  number,
  request,
  startBusyPeer,
  windows,
} from "../../support/http2_peer.ts";

const PING = frame(FRAME.ping, 0, 0, new Uint8Array(8));
const RESET = number(CODE.cancel);

Deno.test("a client that opens streams and resets them has no more handlers at work, and is cut (CVE-2023-44487)", async () => {
  const { peer, handlers } = startBusyPeer();
  let id = 1;
  for (; !peer.isEnded && id < 10_000; id += 2) {
    peer.send(request(id), frame(FRAME.resetStream, 0, id, RESET));
  }
  assertEquals(handlers.begun, limits.maxHttp2Streams);
  assertEquals(codeOf(peer.frames(), FRAME.goAway), CODE.enhanceYourCalm);
  assertMatch(peer.refusals[0]!, /ask for nothing/);
  assert((id - 1) / 2 <= limits.maxHttp2IdleFrames);
  handlers.ended.forEach((end) => end()); // replies to streams that are gone go nowhere
  await Promise.resolve();
});

Deno.test("a handler that has ended makes room for the next request", async () => {
  const { peer, handlers } = startBusyPeer();
  for (let n = 0; n < limits.maxHttp2Streams; n++) {
    peer.send(request(2 * n + 1), frame(FRAME.resetStream, 0, 2 * n + 1, RESET));
  }
  peer.send(request(301));
  assertEquals(codeOf(peer.frames(), FRAME.resetStream), CODE.refusedStream);
  handlers.ended.forEach((end) => end());
  await new Promise((resolve) => setTimeout(resolve, 0));
  peer.send(request(303));
  assertEquals(handlers.begun, limits.maxHttp2Streams + 1);
});

Deno.test("frames that ask for nothing are counted, and one too many ends the connection", () => {
  const open = request(1, "POST");
  const floods: Record<string, Uint8Array> = {
    pings: PING,
    settings: frame(FRAME.settings, 0, 0, windows(1)),
    priorities: frame(FRAME.priority, 0, 7, [0, 0, 0, 0, 1]),
    "empty data": data(1, []),
    "window updates": frame(FRAME.windowUpdate, 0, 1, number(1)),
    "frames of extensions": frame(99, 0, 0, [1, 2, 3]),
    "data of a stream that was reset": data(3, [1]),
  };
  for (const [name, flood] of Object.entries(floods)) {
    const { peer } = startBusyPeer();
    peer.send(open, request(3, "POST", "/", { "content-length": "0" }), data(3, [1]));
    assertEquals(codeOf(peer.frames(), FRAME.resetStream), CODE.protocolError);
    let sent = 0;
    for (; !peer.isEnded && sent < 5_000; sent++) peer.send(flood);
    assertEquals(codeOf(peer.frames(), FRAME.goAway), CODE.enhanceYourCalm, name);
    // Two were spent before: the settings of the client, and the stream that was reset.
    assertEquals(sent, limits.maxHttp2IdleFrames - 1, name);
  }
});

Deno.test("CONTINUATION frames without end cut the connection, empty ones as well", () => {
  for (const payload of [[], [0x82]]) {
    const { peer, handlers } = startBusyPeer();
    peer.send(frame(FRAME.headers, 0, 1));
    for (let n = 0; !peer.isEnded && n < 5_000; n++) {
      peer.send(frame(FRAME.continuation, 0, 1, payload));
    }
    assertEquals(codeOf(peer.frames(), FRAME.goAway), CODE.enhanceYourCalm);
    assertEquals(handlers.begun, 0);
  }
});
