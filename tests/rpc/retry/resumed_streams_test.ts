import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import type { ClientOptions } from "../../../lib/rpc/client/client_options.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { UnsteadyServer } from "../../support/unsteady_server.ts";

/** A stream of events that cuts its connection behind some of them. */
function eventMethods(place: UnsteadyServer, cutBehind: readonly number[], last = 20) {
  const cuts = new Set(cutBehind);
  const calls: unknown[] = [];
  async function* events({ after = 0 }: { after?: number }, { signal }: Context) {
    calls.push(after);
    for (let seq = after + 1; seq <= last; seq++) {
      yield { seq, text: `event ${seq}` };
      // The items so far have left by then.
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (signal.aborted) return; // nobody reads it: a cut would be another stream's
      if (cuts.delete(seq)) place.cut();
    }
    return "all of them";
  }
  return {
    calls,
    methods: {
      events: method({ cursor: { param: "after", item: "seq" }, handler: events }),
      plain: method({ handler: events }),
    },
  };
}

const clientOf = (place: UnsteadyServer, options: Partial<ClientOptions> = {}) =>
  new Client({ dial: place.dial, random: () => 0, ...options });

async function readAll(stream: AsyncIterator<unknown, unknown>) {
  const seqs: number[] = [];
  for (;;) {
    const { done, value } = await stream.next();
    if (done) return { seqs, result: value };
    seqs.push((value as { seq: number }).seq);
  }
}

/** A client whose server has said what it knows: one that was cut before is not asked. */
async function connected(place: UnsteadyServer, options: Partial<ClientOptions> = {}) {
  const client = clientOf(place, options);
  await client.call("rpc.ping");
  return client;
}

const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

Deno.test("a stream with a cursor goes on where its connection was lost, without a gap or a double", async () => {
  await using place = new UnsteadyServer();
  const { calls, methods } = eventMethods(place, [1, 2, 7, 19]);
  await place.start(methods);
  await using client = await connected(place);
  const { seqs, result } = await readAll(client.stream("events", {}));
  assertEquals([seqs, result], [upTo(20), "all of them"]);
  const { resumed } = client.stats();
  assert(resumed >= 2, `${resumed} times`);
  assertEquals(calls.length, resumed + 1);
});

Deno.test("a stream that is cut keeps its own params, its credit and what was not read", async () => {
  await using place = new UnsteadyServer();
  const { calls, methods } = eventMethods(place, [8, 12]);
  await place.start(methods);
  await using client = await connected(place);
  const stream = client.stream("events", { after: 4 }, { credit: 4 });
  const { seqs } = await readAll(stream);
  assertEquals(seqs, upTo(20).slice(4));
  assertEquals(calls[0], 4);
});

Deno.test("an item may be its own cursor", async () => {
  await using place = new UnsteadyServer();
  let isCut = false;
  const count = method({
    cursor: { param: "from" },
    async *handler({ from = 0 }: { from?: number }) {
      for (let n = from + 1; n <= 6; n++) {
        yield n;
        await new Promise((resolve) => setTimeout(resolve, 0));
        if (n === 3 && !isCut) {
          isCut = true;
          place.cut();
        }
      }
    },
  });
  await place.start({ count });
  await using client = await connected(place);
  assertEquals(await Array.fromAsync(client.stream("count", {})), upTo(6));
});

Deno.test("a stream goes on when its server comes back, and fails when it does not in time", async () => {
  await using place = new UnsteadyServer();
  const { methods } = eventMethods(place, []);
  await place.start(methods);
  await using client = clientOf(place, { random: Math.random });
  const stream = client.stream("events", {});
  assertEquals((await stream.next()).done, false);
  const short = client.stream("events", {}, { timeoutMs: 300 });
  await short.next();
  await client.call("rpc.discover", undefined, { idempotent: true });
  place.cut();
  await readAll(client.stream("events", {}));
  await place.stop();
  await assertRejects(() => readAll(short), DariError);
  const rest = readAll(stream);
  await place.start(eventMethods(place, []).methods);
  assertEquals((await rest).seqs, upTo(20).slice(1));
});

Deno.test("a stream that is all that its client has called goes on when its server comes back", async () => {
  await using place = new UnsteadyServer();
  const { methods } = eventMethods(place, []);
  const asked = Promise.withResolvers<void>();
  await place.start(methods, {
    observer: { callEnded: ({ method }) => void (method === "rpc.discover" && asked.resolve()) },
  });
  await using client = clientOf(place, { random: () => 1 });
  const stream = client.stream("events", {}, { credit: 1 });
  await stream.next();
  await asked.promise;
  // The second item may have been sent before the answer to rpc.discover; the third comes behind it.
  for (let item = 2; item <= 3; item++) await stream.next();
  await place.stop();
  const rest = readAll(stream);
  await place.start(methods);
  assertEquals((await rest).seqs, upTo(20).slice(3));
});

Deno.test("a stream without a cursor, one by position, and one without a cursor in its items fail", async () => {
  await using place = new UnsteadyServer();
  const { calls, methods } = eventMethods(place, [2]);
  await place.start(methods);
  await using client = clientOf(place);
  await assertRejects(() => readAll(client.stream("plain", {})), TransportError);
  const { methods: byPosition } = eventMethods(place, [2]);
  await place.start({ events: { ...byPosition.events, positions: ["after"] } });
  await assertRejects(() => readAll(client.stream("events", [0])), TransportError);
  const { methods: other } = eventMethods(place, [2]);
  await place.start({ events: { ...other.events, cursor: { param: "after", item: "id" } } });
  await assertRejects(() => readAll(client.stream("events", {})), TransportError);
  assertEquals(calls, [0]);
});

Deno.test("a stream that is left while it is cut does not go on", async () => {
  await using place = new UnsteadyServer();
  const { calls, methods } = eventMethods(place, [2]);
  await place.start(methods);
  await using client = clientOf(place);
  const stream = client.stream("events", {});
  await stream.next();
  await stream.next();
  await client.call("rpc.ping", undefined, { idempotent: true });
  assertEquals(await stream.return(), { done: true, value: undefined });
  assertEquals(await stream.next(), { done: true, value: undefined });
  assert(calls.length <= 2);
});

Deno.test("a stream that is cut again and again without an item ends by the policy", async () => {
  await using place = new UnsteadyServer();
  let calls = 0;
  const stuck = method({
    cursor: { param: "after" },
    // deno-lint-ignore require-yield -- it never comes to that
    async *handler(_: { after?: number }): AsyncGenerator<number> {
      calls++;
      await Promise.resolve();
      throw new DariError("unavailable", "not yet", { retryAfterMs: 0 });
    },
  });
  await place.start({ stuck });
  await using client = clientOf(place, { retry: { maxAttempts: 3 } });
  await assertRejects(() => client.stream("stuck", {}).next(), DariError, "not yet");
  assertEquals(calls, 3);
});
