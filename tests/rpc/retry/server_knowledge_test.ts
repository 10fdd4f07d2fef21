import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { DariError, RpcError, TransportError } from "../../../lib/base/errors.ts";
import { ServerKnowledge } from "../../../lib/rpc/retry/server_knowledge.ts";

const DOCUMENT = {
  "x-idempotency-keys": true,
  methods: [
    { name: "get", "x-idempotent": true },
    { name: "put" },
    { name: "events", "x-cursor": { param: "after", item: "seq" } },
    { name: "count", "x-cursor": { param: "from" } },
    { name: "odd", "x-idempotent": "yes", "x-cursor": { param: 7 } },
  ],
};

const OVER = {};

function setUp(answers: readonly (() => unknown)[]) {
  let asked = 0;
  const ask = async () => {
    await Promise.resolve();
    const document = await answers[Math.min(asked++, answers.length - 1)]?.();
    return { document, over: OVER };
  };
  const knowledge = new ServerKnowledge(ask);
  return {
    knowledge,
    learn: (need = 1, leftMs = 1_000, signal?: AbortSignal) =>
      knowledge.learn({ need, leftMs, signal }),
    asked: () => asked,
  };
}

const fails = (error: unknown) => () => {
  throw error;
};

Deno.test("ServerKnowledge reads what methods and server say", async () => {
  const { knowledge, learn } = setUp([() => DOCUMENT]);
  assertEquals([knowledge.last, knowledge.known(1)], [undefined, undefined]);
  const { keepsAnswers, idempotent, cursors } = await learn();
  assertEquals([keepsAnswers, [...idempotent]], [true, ["get"]]);
  assertEquals([...cursors], [
    ["rpc.topic.subscribe", { param: "from", item: "cursor" }], // by the wire itself
    ["events", { param: "after", item: "seq" }],
    ["count", { param: "from", item: undefined }],
  ]);
});

Deno.test("ServerKnowledge asks once for all who wait, and again behind a lost connection", async () => {
  const lost = new TransportError("unavailable", "gone");
  const busy = new RpcError("resource_exhausted", "busy");
  const { knowledge, learn, asked } = setUp([() => DOCUMENT]);
  assertEquals([knowledge.need(lost, OVER), knowledge.need(busy, OVER)], [1, 1]);
  const [one, two] = await Promise.all([learn(), learn()]);
  assertStrictEquals(one, two);
  assertStrictEquals(await learn(), one);
  assertEquals(asked(), 1);
  assertEquals([knowledge.need(busy, OVER), knowledge.need(busy, {})], [1, 2]);
  assertEquals([knowledge.need(lost, OVER), knowledge.need(busy, undefined)], [2, 2]);
  assertEquals([knowledge.known(2), knowledge.last], [undefined, one]);
  await Promise.all([learn(2), learn(2)]);
  assertEquals(asked(), 2);
});

Deno.test("ServerKnowledge takes an error that is an answer for nothing known, and others as they are", async () => {
  const gone = new TransportError("unavailable", "gone");
  const busy = new RpcError("resource_exhausted", "busy");
  const none = new RpcError("method_not_found", "there is no such method");
  const { knowledge, learn, asked } = setUp([fails(gone), fails(busy), fails(none)]);
  await assertRejects(() => learn(), TransportError, "gone");
  await assertRejects(() => learn(), RpcError, "busy");
  assertEquals(knowledge.known(1), undefined);
  const { keepsAnswers, idempotent } = await learn();
  assertEquals([keepsAnswers, idempotent.size, asked()], [false, 0, 3]);
  assert(knowledge.known(1) !== undefined);
});

Deno.test("whoever waits for ServerKnowledge waits no longer than told", async () => {
  const { learn } = setUp([() => new Promise(() => {})]);
  await assertRejects(() => learn(1, 1), DOMException, "timed out");
  const reason = new DariError("cancelled", "enough");
  await assertRejects(() => learn(1, 60_000, AbortSignal.abort(reason)), DariError, "enough");
});
