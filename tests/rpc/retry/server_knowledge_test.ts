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

function setUp(answers: readonly (() => unknown)[]) {
  let connections: object[] = [{}];
  let asked = 0;
  const ask = () =>
    Promise.resolve().then(() => answers[Math.min(asked++, answers.length - 1)]?.());
  const knowledge = new ServerKnowledge(ask, () => connections);
  return {
    knowledge,
    learn: (leftMs = 1_000, signal?: AbortSignal) => knowledge.learn({ leftMs, signal }),
    connectAgain: () => void (connections = [{}]),
    disconnect: () => void (connections = []),
    asked: () => asked,
  };
}

const fails = (error: unknown) => () => {
  throw error;
};

Deno.test("ServerKnowledge reads what methods and server say", async () => {
  const { knowledge, learn } = setUp([() => DOCUMENT]);
  assertEquals([knowledge.last, knowledge.current], [undefined, undefined]);
  const { keepsAnswers, idempotent, cursors } = await learn();
  assertEquals([keepsAnswers, [...idempotent]], [true, ["get"]]);
  assertEquals([...cursors], [
    ["events", { param: "after", item: "seq" }],
    ["count", { param: "from", item: undefined }],
  ]);
});

Deno.test("ServerKnowledge asks once for all who wait, and once for each new connection", async () => {
  const { knowledge, learn, connectAgain, disconnect, asked } = setUp([() => DOCUMENT]);
  const [one, two] = await Promise.all([learn(), learn()]);
  assertStrictEquals(one, two);
  assertStrictEquals(await learn(), one);
  assertEquals(asked(), 1);
  disconnect();
  assertEquals([knowledge.current, knowledge.last], [undefined, one]);
  connectAgain();
  await learn();
  assertEquals(asked(), 2);
});

Deno.test("ServerKnowledge takes an error that is an answer for nothing known, and others as they are", async () => {
  const gone = new TransportError("unavailable", "gone");
  const busy = new RpcError("resource_exhausted", "busy");
  const none = new RpcError("method_not_found", "there is no such method");
  const { knowledge, learn, asked } = setUp([fails(gone), fails(busy), fails(none)]);
  await assertRejects(() => learn(), TransportError, "gone");
  await assertRejects(() => learn(), RpcError, "busy");
  assertEquals(knowledge.current, undefined);
  const { keepsAnswers, idempotent } = await learn();
  assertEquals([keepsAnswers, idempotent.size, asked()], [false, 0, 3]);
  assert(knowledge.current !== undefined);
});

Deno.test("whoever waits for ServerKnowledge waits no longer than told", async () => {
  const { learn } = setUp([() => new Promise(() => {})]);
  await assertRejects(() => learn(1), DOMException, "timed out");
  const reason = new DariError("cancelled", "enough");
  await assertRejects(() => learn(60_000, AbortSignal.abort(reason)), DariError, "enough");
});
