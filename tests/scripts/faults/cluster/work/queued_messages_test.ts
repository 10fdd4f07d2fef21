import { assertEquals } from "@std/assert";
import type { Clients } from "../../../../../scripts/faults/cluster/work/clients.ts";
import { QueuedMessages } from "../../../../../scripts/faults/cluster/work/queued_messages.ts";
import { Journal } from "../../../../../scripts/faults/cluster/work/work.ts";
import { Random } from "../../../../../scripts/sim/time/random.ts";

interface Kept {
  readonly n: string;
  isTaken: boolean;
}

/** A queue that the test plays; `forgets` loses what is put, `repeats` gives what is done again. */
function world({ forgets = false, repeats = false } = {}) {
  let kept: Kept[] = [];
  const again: Kept[] = [];
  let nowMs = 0;
  const queue = {
    configure: () => Promise.resolve(),
    put({ n }: { n: string }) {
      if (!forgets || kept.length > 0) kept.push({ n, isTaken: false });
      return Promise.resolve();
    },
    takeMany() {
      const taken = [...again.splice(0), ...kept.filter(({ isTaken }) => !isTaken)];
      for (const each of taken) each.isTaken = true;
      return Promise.resolve(taken.map((each) => ({
        value: { n: each.n },
        ack() {
          if (repeats && kept.includes(each)) again.push({ ...each });
          kept = kept.filter((other) => other !== each);
          return Promise.resolve();
        },
      })));
    },
    show: () => Promise.resolve({ waiting: kept.length, delayed: 0, leased: 0, dead: 0 }),
  };
  const clients = { local: [{ queue: () => queue }], any: () => 0 } as unknown as Clients;
  class ToldJournal extends Journal {
    override readonly now = () => ++nowMs;
  }
  const journal = new ToldJournal();
  const random = new Random(1);
  return { messages: new QueuedMessages({ clients, journal, random, round: "r" }, 1), journal };
}

async function judge(options: Parameters<typeof world>[0]): Promise<string[]> {
  const { messages, journal } = world(options);
  await messages.prepare();
  for (let step = 0; step < 40; step++) await messages.step();
  assertEquals(journal.answers.filter(({ failure }) => failure !== undefined), []);
  return [...new Set((await messages.judge()).map(({ promise }) => promise))];
}

Deno.test("QueuedMessages: what was put is given, and what was acknowledged not again", async () => {
  assertEquals(await judge({}), []);
});

Deno.test("QueuedMessages finds messages that are lost, and those that are given again", async () => {
  assertEquals(await judge({ forgets: true }), ["no message is lost"]);
  assertEquals(await judge({ repeats: true }), ["what was acknowledged is done"]);
});
