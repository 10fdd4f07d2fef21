import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { type AnswerStore, MemoryAnswers } from "../../../lib/rpc/idempotency/answer_store.ts";
import { KeptAnswers } from "../../../lib/rpc/idempotency/kept_answers.ts";
import type { KeyedTask, RunEnd } from "../../../lib/rpc/idempotency/keyed_task.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import { TestClock } from "../../support/clock.ts";

const task = (changed: Partial<KeyedTask> = {}): KeyedTask => ({
  name: "answers/alice/1",
  digest: "d",
  method: "pay",
  isIdempotent: false,
  isGivenUp: () => false,
  leftMs: () => 1_000,
  ...changed,
});

const answered = (text: string): RunEnd => ({
  keep: { state: "result", text },
  settle: () => text,
});

function setUp(store?: AnswerStore) {
  const clock = new TestClock();
  const now = () => clock.now();
  const answers = new KeptAnswers({ store: store ?? new MemoryAnswers(now) }, now);
  let runs = 0;
  const run = async (changed: Partial<KeyedTask> = {}) => {
    const ended = await answers.run(task(changed), () => Promise.resolve(answered(`${++runs}`)));
    return "settle" in ended ? ended.settle() : ended;
  };
  return { clock, answers, run };
}

/** A store whose puts fail from some number on. */
function failingStore(failsFrom: number): AnswerStore & { deleted: string[] } {
  const inner = new MemoryAnswers(() => 0);
  let puts = 0;
  const deleted: string[] = [];
  return {
    deleted,
    get: (key) => inner.get(key),
    list: (prefix) => inner.list(prefix),
    delete: (key) => (deleted.push(key), inner.delete(key)),
    put: (key, value, options) =>
      ++puts >= failsFrom
        ? Promise.reject(new DariError("io", "the disk is full"))
        : inner.put(key, value, options),
  };
}

Deno.test("KeptAnswers gives an answer for as long as it is kept, over restarts", async () => {
  const clock = new TestClock();
  await using store = createMemoryStore({ clock });
  const now = () => clock.now();
  let runs = 0;
  const runIn = async (answers: KeptAnswers) => {
    const ended = await answers.run(task(), () => Promise.resolve(answered(`${++runs}`)));
    return "settle" in ended ? "ran" : ended.state;
  };
  assertEquals(await runIn(new KeptAnswers({ store }, now)), "ran");
  assertEquals(await runIn(new KeptAnswers({ store }, now)), "result");
  clock.advance(limits.answerKeepMs - 1);
  assertEquals(await runIn(new KeptAnswers({ store }, now)), "result");
  clock.advance(1);
  assertEquals(await runIn(new KeptAnswers({ store }, now)), "ran");
});

Deno.test("KeptAnswers does not run what was begun before a crash, unless it is idempotent", async () => {
  const clock = new TestClock();
  await using store = createMemoryStore({ clock });
  const before = new KeptAnswers({ store }, () => clock.now());
  const begun = Promise.withResolvers<void>();
  const crash = (name: string, isIdempotent: boolean) =>
    before.run(task({ name, isIdempotent }), () => {
      begun.resolve();
      return new Promise<RunEnd>(() => {});
    });
  crash("answers/alice/1", false);
  crash("answers/alice/2", true);
  await begun.promise;
  const { run } = setUp(store);
  const error = await assertRejects(() => run(), DariError, 'not known whether "pay" has run');
  assertEquals([error.code, error.retryable], ["failed_precondition", false]);
  assertEquals(await run({ name: "answers/alice/2", isIdempotent: true }), "1");
});

Deno.test("KeptAnswers of several servers with one store run a call once", async () => {
  const clock = new TestClock();
  await using store = createMemoryStore({ clock });
  const serverOf = () => new KeptAnswers({ store, shared: true }, () => clock.now());
  const [one, two] = [serverOf(), serverOf()];
  const finish = Promise.withResolvers<RunEnd>();
  let runs = 0;
  const run = (answers: KeptAnswers) => answers.run(task(), () => (runs++, finish.promise));
  const both = [run(one), run(two)].map((ended) => ended.catch((error) => error));
  const error = await Promise.race(both);
  assert(error instanceof DariError, "one of them has to wait");
  assertEquals([error.code, error.retryAfterMs], ["unavailable", limits.answerPollMs]);
  finish.resolve(answered("1"));
  await Promise.all(both);
  for (const answers of [one, two]) {
    const ended = await run(answers);
    assert(!("settle" in ended) && ended.state === "result");
    assertEquals(ended.text, "1");
  }
  assertEquals(runs, 1);
});

Deno.test("KeptAnswers of several servers wait for a call of a crashed one until its deadline", async () => {
  const clock = new TestClock();
  await using store = createMemoryStore({ clock });
  const serverOf = () => new KeptAnswers({ store, shared: true }, () => clock.now());
  const begun = Promise.withResolvers<void>();
  serverOf().run(task(), () => (begun.resolve(), new Promise<RunEnd>(() => {})));
  await begun.promise;
  const again = () => serverOf().run(task(), () => Promise.resolve(answered("again")));
  clock.advance(950);
  const waiting = await assertRejects(again, DariError, "is being run");
  assertEquals(waiting.retryAfterMs, 50);
  clock.advance(50);
  await assertRejects(again, DariError, "not known");
});

Deno.test("KeptAnswers runs one call of a key at a time, and refuses another one meanwhile", async () => {
  const { answers, run } = setUp();
  const finish = Promise.withResolvers<RunEnd>();
  const first = answers.run(task(), () => finish.promise);
  const second = run();
  await assertRejects(() => run({ digest: "other" }), DariError, "other params");
  finish.resolve({ keep: undefined, settle: () => "may pass" });
  assertEquals(["settle" in await first, await second], [true, "1"]);
});

Deno.test("KeptAnswers runs nothing where the store does not take that it begins", async () => {
  const { run } = setUp(failingStore(1));
  await assertRejects(() => run(), DariError, "the disk is full");
  assertEquals(await run({ isIdempotent: true }), "1");
});

Deno.test("KeptAnswers says that an answer was too long to keep", async () => {
  const clock = new TestClock();
  const bounds = { maxBytes: 1_000, maxBytesPerPrincipal: 500 };
  const answers = new KeptAnswers(bounds, () => clock.now());
  const long = () => answers.run(task(), () => Promise.resolve(answered("x".repeat(600))));
  const ended = await long();
  assert("settle" in ended);
  const message =
    '"pay" has run with this idempotency key, and its answer was not kept: There is no';
  await assertRejects(long, DariError, message);
  assert(answers.bytes < 500);
});

Deno.test("KeptAnswers refuses a key for want of room before it runs anything", async () => {
  const clock = new TestClock();
  const bounds = { maxBytes: 10_000, maxBytesPerPrincipal: 2 * limits.answerReserveBytes };
  const answers = new KeptAnswers(bounds, () => clock.now());
  let runs = 0;
  const run = (name: string) =>
    answers.run(task({ name }), () => (runs++, Promise.resolve(answered("x".repeat(900)))));
  await run("answers/alice/0");
  await run("answers/alice/1");
  const error = await assertRejects(() => run("answers/alice/2"), DariError, "no room");
  assertEquals([error.code, error.retryAfterMs], ["resource_exhausted", limits.minAnswerKeepMs]);
  await run("answers/bob/1");
  clock.advance(limits.minAnswerKeepMs);
  await run("answers/alice/2");
  assertEquals(runs, 4);
  // The oldest answer of alice made room; the others are there.
  for (const name of ["alice/1", "alice/2", "bob/1"]) {
    assert(!("settle" in await run(`answers/${name}`)), name);
  }
});

Deno.test("KeptAnswers counts what its store holds, and fails closed where that cannot be read", async () => {
  const clock = new TestClock();
  const store = new MemoryAnswers(() => clock.now());
  const first = setUp(store);
  await first.run();
  const second = setUp(store);
  await second.run({ name: "answers/alice/2" });
  assertEquals(second.answers.bytes > first.answers.bytes, true);
  await store.put("answers/alice/3", '{"of":7}', { expiresAtMs: Infinity });
  await assertRejects(() => second.run({ name: "answers/alice/3" }), DariError, "cannot read");
});

Deno.test("KeptAnswers keeps as many bytes as its bounds say, of one caller and of all", async () => {
  const { maxAnswerBytes, maxAnswerBytesPerPrincipal, answerReserveBytes } = limits;
  /** What is kept of so many callers, so many bytes of each. */
  const holding = (owners: number, bytes: number) => {
    const store = new MemoryAnswers(() => 0);
    const value = "x".repeat(bytes - "answers/0/1".length);
    for (let n = 0; n < owners; n++) {
      store.put(`answers/${n}/1`, value, { expiresAtMs: limits.answerKeepMs });
    }
    return new KeptAnswers({ store }, () => 0);
  };
  const run = (answers: KeptAnswers, name: string) =>
    answers.run(task({ name }), () => Promise.resolve(answered("1")));
  const share = maxAnswerBytesPerPrincipal - answerReserveBytes;
  assert("settle" in await run(holding(1, share), "answers/0/2"));
  const own = () => run(holding(1, share + 1), "answers/0/2");
  await assertRejects(own, DariError, "There is no room");
  const part = maxAnswerBytes / 8;
  const all = holding(8, part);
  await assertRejects(() => run(all, "answers/new/1"), DariError, "There is no room");
  assert("settle" in await run(holding(8, part - answerReserveBytes / 8), "answers/new/1"));
});

Deno.test("KeptAnswers does not begin what nobody waits for any more", async () => {
  const { run } = setUp();
  await assertRejects(() => run({ isGivenUp: () => true }), DariError, "given up");
  assertEquals(await run(), "1");
});

Deno.test("KeptAnswers does not run what is given up while its beginning is written down", async () => {
  const { run, answers } = setUp();
  let looks = 0;
  await assertRejects(() => run({ isGivenUp: () => looks++ > 0 }), DariError, "given up");
  assertEquals([looks, answers.bytes], [2, 0]);
  assertEquals(await run(), "1");
});

for (const name of ["keepMs", "maxBytes", "maxBytesPerPrincipal"]) {
  Deno.test(`KeptAnswers refuses a ${name} that cannot be used`, () => {
    for (const value of [0, -1, NaN]) {
      const make = () => new KeptAnswers({ [name]: value }, () => 0);
      assertThrows(make, RangeError, `idempotency.${name} is ${value}; use more than 0`);
    }
  });
}
