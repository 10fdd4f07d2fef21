import { assert, assertEquals } from "@std/assert";
import { turn } from "../../../lib/base/turn.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import { UnsteadyServer } from "../../support/unsteady_server.ts";

const CALLS = 200;

/** Numbers from 0 to less than 1, the same in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
}

/** Makes calls, while connections are cut and the server is replaced again and again. */
async function underCuts(
  seed: number,
  call: (client: Client, n: number) => Promise<unknown>,
): Promise<{ readonly runs: readonly number[]; readonly answers: readonly unknown[] }> {
  const random = seeded(seed);
  const runs: number[] = Array(CALLS).fill(0);
  const work = async ({ n }: { n: number }) => {
    runs[n]!++;
    for (let turns = random() * 5; turns > 1; turns--) await turn();
    return n;
  };
  const methods = { get: method({ idempotent: true, handler: work }), put: work };
  await using store = createMemoryStore();
  await using place = new UnsteadyServer();
  const start = () => place.start(methods, { idempotency: { store } });
  await start();
  await using client = new Client({ dial: place.dial, random });
  let isOver = false;
  const calling = (async () => {
    const answers: unknown[] = [];
    const caller = async (first: number) => {
      for (let n = first; n < CALLS; n += 10) answers[n] = await call(client, n);
    };
    await Promise.all(Array.from({ length: 10 }, (_, first) => caller(first)));
    return answers;
  })().finally(() => isOver = true);
  for (let cuts = 0; !isOver && cuts < 60; cuts++) {
    for (let turns = random() * 30; turns > 0; turns--) await turn();
    if (random() < 0.2) await start();
    else place.cut();
  }
  const answers = await calling;
  assert(client.stats().retries > 0, "nothing was cut");
  return { runs, answers };
}

const all = Array.from({ length: CALLS }, (_, n) => n);

for (const seed of [1, 2, 3]) {
  Deno.test(`no idempotent call is lost while connections are cut and servers replaced (seed ${seed})`, async () => {
    const { answers } = await underCuts(
      seed,
      (client, n) => client.call("get", { n }, { idempotent: true }),
    );
    assertEquals(answers, all);
  });

  Deno.test(`no call with a key is lost or run twice while connections are cut (seed ${seed})`, async () => {
    const { runs, answers } = await underCuts(
      seed,
      (client, n) =>
        client.call("put", { n }, { idempotencyKey: `${n}` }).catch(({ message }) => message),
    );
    assertEquals(runs.filter((times) => times > 1), []);
    for (const [n, answer] of answers.entries()) {
      if (answer === n) continue;
      // Its server was taken away while it ran.
      assert(String(answer).startsWith('It is not known whether "put" has run'), `${answer}`);
    }
    assert(answers.filter((answer, n) => answer === n).length > CALLS / 2);
  });
}
