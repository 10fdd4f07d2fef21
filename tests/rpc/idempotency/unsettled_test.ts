import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { turn } from "../../../lib/base/turn.ts";
import { KeptAnswers } from "../../../lib/rpc/idempotency/kept_answers.ts";
import type { KeyedTask, RunEnd } from "../../../lib/rpc/idempotency/keyed_task.ts";
import { Unsettled } from "../../../lib/rpc/idempotency/unsettled.ts";
import { TestClock } from "../../support/clock.ts";
import { FailingAnswers, type WriteFate } from "../../support/failing_answers.ts";
import { FakeTimers } from "../../support/fake_timers.ts";

const NAME = "answers/alice/1";

const task = (changed: Partial<KeyedTask> = {}): KeyedTask => ({
  ...{ name: NAME, digest: "d", method: "pay", isIdempotent: false },
  isGivenUp: () => false,
  leftMs: () => 5_000,
  ...changed,
});

/** Servers over a store that goes wrong; time passes where the test says so. */
class World implements Disposable {
  readonly clock = new TestClock();
  readonly store = new FailingAnswers(this.clock);
  readonly timers = new FakeTimers();
  readonly one = this.open();
  readonly other = this.open();
  /** How often the call ran. */
  runs = 0;
  /** What becomes of writes once it has run. */
  then: WriteFate = "take";
  /** How it ends. */
  end: RunEnd["keep"] = { state: "result", text: "1" };

  open(): KeptAnswers {
    return new KeptAnswers({ store: this.store, shared: true }, () => this.clock.now());
  }

  /** Makes the call; gives the text of its answer. */
  async call(answers = this.one, changed: Partial<KeyedTask> = {}): Promise<unknown> {
    const ended = await answers.run(task(changed), () => {
      this.runs++;
      this.store.fate = this.then;
      return Promise.resolve({ keep: this.end, settle: () => `ran ${this.runs}` });
    });
    if ("settle" in ended) return ended.settle();
    return "text" in ended ? ended.text : ended.state;
  }

  async failure(answers = this.one, changed: Partial<KeyedTask> = {}): Promise<DariError> {
    return await assertRejects(() => this.call(answers, changed), DariError);
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    this.timers.advance(ms);
    await turn();
  }

  [Symbol.dispose](): void {
    this.timers[Symbol.dispose]();
  }
}

const BAD_FATES = ["refuse", "io", "taken, untold", "lost, untold"] as const;

for (const fate of BAD_FATES) {
  Deno.test(`a call is answered only once its answer is kept (${fate})`, async () => {
    using world = new World();
    world.then = fate;
    const error = await world.failure();
    assertEquals([error.code, error.retryable, error.retryAfterMs], [
      ...["unavailable", true],
      limits.answerRetryMs,
    ]);
    assert(error.message.startsWith('"pay" has run with this idempotency key'), error.message);
    await world.pass(limits.answerRetryMs);
    if (fate !== "taken, untold") {
      assertEquals((await world.failure()).message, error.message);
      assertEquals((await world.failure(world.other)).code, "unavailable");
    }
    world.store.fate = "take";
    await world.pass(limits.answerRetryMs);
    for (const answers of [world.one, world.other]) assertEquals(await world.call(answers), "1");
    assertEquals([world.runs, world.timers.count], [1, 0]);
  });

  Deno.test(`a call that may be run again is, once the store knows it (${fate})`, async () => {
    using world = new World();
    world.then = fate;
    world.end = undefined;
    const error = await world.failure();
    assertEquals([error.code, error.retryable], ["unavailable", true]);
    assert(error.message.startsWith('"pay" is not done'), error.message);
    world.then = world.store.fate = "take";
    await world.pass(limits.answerRetryMs);
    assertEquals([await world.call(world.other), world.timers.count], ["ran 2", 0]);
  });
}

for (const fate of ["taken, untold", "lost, untold"] as const) {
  Deno.test(`a call runs later where nobody was told that it begins (${fate})`, async () => {
    using world = new World();
    world.store.fate = fate;
    const error = await world.failure();
    assertEquals([error.code, error.retryable, world.runs], ["unavailable", true, 0]);
    assertEquals((await world.failure()).message, error.message);
    world.store.fate = "take";
    await world.pass(limits.answerRetryMs);
    assertEquals(await world.store.state(NAME), undefined);
    assertEquals([await world.call(world.other), await world.call()], ["ran 1", "1"]);
    assertEquals(world.timers.count, 0);
  });

  Deno.test(`a call that is given up before it runs leaves its key free (${fate})`, async () => {
    using world = new World();
    let looks = 0;
    const isGivenUp = () => {
      if (looks++ === 0) return false;
      world.store.fate = fate; // the beginning is written down by now
      return true;
    };
    const error = await world.failure(world.one, { isGivenUp });
    assertEquals([error.code, world.runs], ["cancelled", 0]);
    world.store.fate = "take";
    await world.pass(limits.answerRetryMs);
    assertEquals(await world.call(world.other), "ran 1");
  });
}

Deno.test("a server that does not know whether a call begins leaves what another one wrote", async () => {
  using world = new World();
  world.store.fate = "lost, untold";
  await world.failure();
  world.store.fate = "take";
  assertEquals(await world.call(world.other), "ran 1");
  await world.pass(limits.answerRetryMs);
  assertEquals([await world.call(), world.runs, world.timers.count], ["1", 1, 0]);
});

Deno.test("nothing is begun where the store said that it did not take it", async () => {
  for (const fate of ["refuse", "io"] as const) {
    using world = new World();
    world.store.fate = fate;
    await world.failure();
    assertEquals([world.timers.count, world.one.bytes], [0, 0]);
    world.store.fate = "take";
    assertEquals(await world.call(), "ran 1");
  }
});

Deno.test("a server that is behind does not say of an answered call that nobody knows", async () => {
  using world = new World();
  let begun = null;
  await world.one.run(task(), async () => {
    begun = await world.store.get(NAME);
    return { keep: { state: "result", text: "1" }, settle: () => "1" };
  });
  world.store.old.set(NAME, begun);
  await world.pass(5_000);
  assertEquals([await world.call(world.other), world.runs], ["1", 0]);
});

Deno.test("a server that is behind does not do so either where another one took the call for lost", async () => {
  using world = new World();
  let lost = null;
  await world.one.run(task(), async () => {
    await world.pass(5_000);
    assertEquals((await world.failure(world.other)).code, "failed_precondition");
    lost = await world.store.get(NAME);
    return { keep: { state: "result", text: "1" }, settle: () => "1" };
  });
  world.store.old.set(NAME, lost);
  assertEquals([await world.call(world.other), world.runs], ["1", 0]);
});

Deno.test("a server that cannot write does not say that nobody knows either", async () => {
  using world = new World();
  void world.one.run(task(), () => new Promise<RunEnd>(() => {}));
  await turn();
  await world.pass(5_000);
  for (const fate of ["refuse", "lost, untold"] as const) {
    world.store.fate = fate;
    const error = await world.failure(world.other);
    assertEquals([error.code, error.retryable], ["unavailable", true]);
  }
  world.store.fate = "take";
  assertEquals((await world.failure(world.other)).code, "failed_precondition");
  assertEquals(await world.store.state(NAME), "lost");
});

Deno.test("an idempotent call is answered though its answer is not kept, and runs again", async () => {
  using world = new World();
  world.then = "refuse";
  const idempotent = { isIdempotent: true };
  assertEquals(await world.call(world.one, idempotent), "ran 1");
  assertEquals(await world.call(world.one, idempotent), "ran 2");
  assertEquals(world.timers.count, 0);
});

Deno.test("an answer waits for the store as long as its key is kept", async () => {
  using world = new World();
  world.then = "refuse";
  await world.failure();
  await world.pass(limits.answerKeepMs - 1);
  assertEquals(world.timers.count, 1);
  await world.pass(limits.answerRetryMs);
  assertEquals(world.timers.count, 0);
  world.then = world.store.fate = "take";
  assertEquals(await world.call(), "ran 2");
});

Deno.test("a server that ends has the store take answers once more, and leaves no timer", async () => {
  for (const fate of ["take", "refuse"] as const) {
    using world = new World();
    world.then = "refuse";
    const error = await world.failure();
    world.store.fate = fate;
    await world.one.end(1_000);
    assertEquals(world.timers.count, 0);
    if (fate === "take") assertEquals(await world.call(world.other), "1");
    else assertEquals((await world.failure()).message, error.message);
  }
});

Deno.test("a server waits with its end for an answer that is being kept", async () => {
  using world = new World();
  const kept = Promise.withResolvers<RunEnd>();
  const call = world.one.run(task(), () => kept.promise);
  await turn();
  const order: string[] = [];
  const ending = world.one.end(1_000).then(() => order.push("ended"));
  await turn();
  void call.then(() => order.push("answered"));
  kept.resolve({ keep: { state: "result", text: "1" }, settle: () => "1" });
  await ending;
  assertEquals(order, ["answered", "ended"]);
});

Deno.test("no further call is begun while too many wait for the store", async () => {
  using world = new World();
  const { maxUnsettledAnswers: most } = limits;
  world.then = "refuse";
  for (let n = 0; n < most; n++) {
    world.store.fate = "take";
    await world.failure(world.one, { name: `answers/${n}/1` });
  }
  world.store.fate = world.then = "take";
  const error = await world.failure();
  assertEquals([error.code, error.retryAfterMs], ["unavailable", limits.answerRetryMs]);
  assert(error.message.startsWith('"pay" was not run'), error.message);
  assertEquals(await world.call(world.one, { isIdempotent: true }), `ran ${most + 1}`);
  await world.one.end(1_000);
  const name = "answers/alice/2";
  assertEquals(await world.call(world.one, { name }), `ran ${most + 2}`);
});

Deno.test("Unsettled counts its steps, and tries each until its time is over", async () => {
  using timers = new FakeTimers();
  let tries = 0;
  const unsettled = new Unsettled(() => timers.now);
  const step = () => (tries++, Promise.reject(new Error("not now")));
  const settling = unsettled.settle(step, 2 * limits.answerRetryMs);
  for (let passed = 0; passed < 2; passed++) {
    assertEquals([unsettled.size, tries], [1, passed]);
    timers.advance(limits.answerRetryMs);
    await turn();
  }
  assertEquals([await settling, unsettled.size, tries], [true, 0, 2]);
});
