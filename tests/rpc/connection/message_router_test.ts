import { assertEquals } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import type { SingleMessage } from "../../../lib/protocol/message.ts";
import { MessageRouter } from "../../../lib/rpc/connection/message_router.ts";
import { plainPeer } from "../../support/plain_peer.ts";
import { notification, ReplyList, request } from "../../support/dispatch.ts";

const invalid: SingleMessage = {
  kind: "invalid",
  id: null,
  code: "parse_error",
  reason: "no JSON",
};

/** A router, and what it took where. */
function start() {
  const taken: unknown[][] = [];
  const replies = new ReplyList();
  const take = (target: string) => (...args: unknown[]) => void taken.push([target, ...args]);
  const router = new MessageRouter({
    waiting: {
      resolve: take("resolve"),
      reject: take("reject"),
      misread: take("misread"),
      pushItem: take("pushItem"),
      has: () => true,
    },
    dispatcher: {
      dispatch: (message, _replies, receivedAt, bytesIn) =>
        void taken.push(["dispatch", message.method, receivedAt, bytesIn]),
      refuse: (message, _replies, receivedAt, bytesIn, reason) =>
        void taken.push(["refuse", message.method, receivedAt, bytesIn, reason.code]),
      cancel: take("cancel"),
      grant: take("grant"),
    },
    signIns: { serve: ({ method }) => void taken.push(["signIn", method]) },
    replies,
    streams: plainPeer().streams,
    hello: (params) => JSON.stringify({ heard: params }),
    drained: take("drained"),
  });
  return { router, replies, taken };
}

Deno.test("each message goes to its part", () => {
  const { router, taken } = start();
  const error = { code: -32000, message: "no" };
  const messages: SingleMessage[] = [
    { kind: "result", id: 1, result: "r", types: undefined },
    { kind: "error", id: 2, error },
    request("add"),
    request("rpc.login"),
    notification("note"),
    notification("rpc.item", { id: 3, value: "v" }),
    notification("rpc.cancel", { id: 4 }),
    notification("rpc.credit", { id: 5, count: 6 }),
    notification("rpc.cancel"),
  ];
  for (const message of messages) router.route(message, 7, 8);
  assertEquals(taken, [
    ["resolve", 1, "r", undefined],
    ["reject", 2, error, undefined],
    ["dispatch", "add", 7, 8],
    ["signIn", "rpc.login"],
    ["dispatch", "note", 7, 8],
    ["pushItem", 3, "v", 8],
    ["cancel", 4],
    ["grant", 5, 6, undefined],
    ["cancel", undefined],
  ]);
});

Deno.test("what is no message is answered with its code and the reason", () => {
  const { router, replies } = start();
  router.route(invalid, 0, 0);
  router.route({ ...invalid, code: "invalid_request", id: 9 }, 0, 0);
  assertEquals(replies.taken().map(({ id, error }) => [id, error.code, error.message]), [
    [null, -32700, "Parse error: no JSON"],
    [9, -32600, "Invalid request: no JSON"],
  ]);
});

Deno.test("the calls of a batch share its bytes, and its errors leave in its line", () => {
  const { router, replies, taken } = start();
  router.route(
    { kind: "batch", messages: [notification("a"), notification("b"), invalid] },
    1,
    100,
  );
  assertEquals(taken, [["dispatch", "a", 1, 33], ["dispatch", "b", 1, 33]]);
  assertEquals(replies.taken().map((line) => line.length), [1]);
});

Deno.test("after stop() calls are refused and notifications dropped; replies are still taken", () => {
  const { router, replies, taken } = start();
  router.stop();
  for (const method of ["add", "rpc.login"]) router.route(request(method), 0, 0);
  router.route(notification("note"), 0, 0);
  router.route({ kind: "result", id: 1, result: "r", types: undefined }, 0, 0);
  assertEquals(replies.taken().map(({ error }) => error.data.name), ["unavailable", "unavailable"]);
  assertEquals(taken, [["resolve", 1, "r", undefined]]);
});

Deno.test("after end() nothing goes anywhere, not even the rest of a batch", () => {
  const { router, replies, taken } = start();
  router.end();
  router.stop();
  router.route({ kind: "batch", messages: [request("a"), invalid] }, 0, 0);
  router.route({ kind: "result", id: 1, result: "r", types: undefined }, 0, 0);
  assertEquals([taken, replies.taken()], [[], []]);
});

Deno.test("refuse() ends a call without running it, and answers a sign-in request itself", () => {
  const { router, replies, taken } = start();
  const reason = new DariError("resource_exhausted", "too many");
  router.refuse(request("add"), 7, 8, reason);
  router.refuse(request("rpc.login"), 7, 8, reason);
  assertEquals(taken, [["refuse", "add", 7, 8, "resource_exhausted"]]);
  assertEquals(replies.taken().map(({ error }) => error.message), ["too many"]);
  router.end();
  router.refuse(request("add"), 7, 8, reason);
  assertEquals(taken.length, 1);
});
