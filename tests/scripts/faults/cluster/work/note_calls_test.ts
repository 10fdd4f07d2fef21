import { assertEquals } from "@std/assert";
import { DariError } from "../../../../../lib/base/errors.ts";
import type { Clients } from "../../../../../scripts/faults/cluster/work/clients.ts";
import { NoteCalls } from "../../../../../scripts/faults/cluster/work/note_calls.ts";
import { Journal } from "../../../../../scripts/faults/cluster/work/work.ts";

type Call = (method: string, params: { id: string }) => Promise<{ id: string; run: string }>;

/** Calls of a server that the test plays; what ran is in `effects`. */
function world(isKeyed: boolean, serve: (id: string, effects: string[]) => string) {
  const effects: string[] = [];
  const call: Call = (_method, { id }) => {
    try {
      return Promise.resolve({ id, run: serve(id, effects) });
    } catch (error) {
      return Promise.reject(error);
    }
  };
  const clients = { network: { call }, local: [], any: () => 0 } as unknown as Clients;
  const journal = new Journal();
  const readEffects = () => Promise.resolve(effects.join("\n"));
  const calls = new NoteCalls({ clients, journal, readEffects }, 1, isKeyed);
  return { calls, journal, effects };
}

const promises = async (calls: NoteCalls) => (await calls.judge()).map(({ promise }) => promise);

Deno.test("NoteCalls: what was answered has run, once", async () => {
  const { calls, journal } = world(false, (id, effects) => {
    effects.push(`${id} run`);
    return "run";
  });
  await calls.step();
  await calls.step();
  assertEquals(await promises(calls), []);
  assertEquals(journal.answers.map(({ failure }) => failure), [undefined, undefined]);
});

Deno.test("NoteCalls finds what ran twice, and what was answered and did not run", async () => {
  const twice = world(false, (id, effects) => {
    effects.push(`${id} one`, `${id} two`);
    return "one";
  });
  await twice.calls.step();
  assertEquals(await promises(twice.calls), ["nothing runs twice"]);
  const never = world(false, () => "run");
  await never.calls.step();
  assertEquals(await promises(never.calls), ["what was answered has run"]);
});

Deno.test("NoteCalls: a call with a key that is made again has its first answer", async () => {
  const answers = new Map<string, string>();
  const keeping = world(true, (id, effects) => {
    if (!answers.has(id)) effects.push(`${id} run`);
    answers.set(id, "run");
    return "run";
  });
  await keeping.calls.step();
  assertEquals(await promises(keeping.calls), []);
  let runs = 0;
  const forgetting = world(true, (id, effects) => {
    effects.push(`${id} ${++runs}`);
    return `${runs}`;
  });
  await forgetting.calls.step();
  assertEquals(await promises(forgetting.calls), ["answers of calls with a key are kept"]);
});

Deno.test("NoteCalls expects nothing of a call that was not answered", async () => {
  const { calls, journal, effects } = world(false, () => {
    throw new DariError("unavailable", "The connection to 10.0.0.1:4222 ended");
  });
  await calls.step();
  effects.push("some run");
  assertEquals(await promises(calls), []);
  assertEquals(journal.answers[0]?.failure, "unavailable: The connection to ….….….…:… ended");
});
