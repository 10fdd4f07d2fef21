import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../../lib/base/errors.ts";
import { assertPause, inEachForm, openTestQueues } from "../../../support/queues.ts";

const HOUR_MS = 3_600_000;

inEachForm(
  "a lease that ends gives the message to somebody else, and its late ack is refused",
  async (form) => {
    await using kept = await openTestQueues({ form });
    const queue = kept.queues.queue<string>("emails");
    await queue.put("hello");
    const frozen = await queue.take({ leaseMs: 30_000 });
    kept.clock.advance(30_000);
    const late = await assertRejects(() => frozen!.ack(), DariError, "has ended");
    assertEquals([late.code, late.retryable], ["failed_precondition", false]);
    const next = await queue.take();
    assertEquals([next?.value, next?.tries], ["hello", 2]);
    await assertRejects(() => frozen!.ack(), DariError, "somebody else's");
    await assertRejects(() => frozen!.extend(), DariError);
    await assertRejects(() => frozen!.nack(), DariError);
    await next?.ack();
    await assertRejects(() => next!.ack(), DariError, "answered before");
  },
);

inEachForm("a lease that is extended lasts from then on", async (form) => {
  await using kept = await openTestQueues({ form });
  const queue = kept.queues.queue<string>("emails");
  await queue.put("hello");
  const message = await queue.take({ leaseMs: 30_000 });
  kept.clock.advance(29_999);
  await message?.extend();
  kept.clock.advance(29_999);
  assertEquals(await queue.take(), null);
  await message?.extend(60_000);
  kept.clock.advance(59_999);
  await message?.ack();
});

inEachForm("the lease of another caller is refused, and so is what is no lease", async (form) => {
  await using kept = await openTestQueues({ form });
  await kept.queues.as("alice").put("emails", [{ value: 1 }]);
  const [message] = await kept.queues.as("alice").take("emails");
  const bob = kept.queues.as("bob");
  await assertRejects(() => bob.ack("emails", message!.lease), DariError, "not yours");
  const other = message!.lease.replace(/.$/, (last) => last === "0" ? "1" : "0");
  await assertRejects(() => bob.ack("emails", other), DariError, "not yours");
  await assertRejects(() => bob.ack("others", message!.lease), DariError, "not yours");
  for (const lease of ["", "1", "1.", "1.zz", `${message!.lease}\n`, "x".repeat(1_000_000), 7]) {
    const error = await assertRejects(() => bob.ack("emails", lease as string), DariError);
    assertEquals(error.code, "invalid_params");
  }
  await kept.queues.as("alice").ack("emails", message!.lease);
});

inEachForm(
  "a message that fails is tried again after a growing pause, and then a dead letter",
  async (form) => {
    await using kept = await openTestQueues({ form });
    const queue = kept.queues.queue<string>("emails");
    await queue.configure({ maxTries: 3, backoffMs: 1_000 });
    await queue.put("poison");
    for (const pauseMs of [1_000, 2_000]) {
      const message = await queue.take();
      const { isDead, dueAtMs } = await message!.nack({ reason: "no such host" });
      assert(!isDead);
      assertPause(form, dueAtMs! - kept.clock.now(), pauseMs);
      assertEquals(await queue.take(), null);
      kept.clock.advance(pauseMs);
    }
    const last = await queue.take();
    assertEquals(await last!.nack({ reason: "gave up" }), { isDead: true });
    const [letter] = await queue.dead();
    assertEquals([letter?.value, letter?.tries, letter?.reason], ["poison", 3, "gave up"]);
    assertEquals((await queue.show()).dead, 1);
  },
);

inEachForm(
  "a message whose worker dies each time reaches the dead letters and stops nothing",
  async (form) => {
    await using kept = await openTestQueues({ form });
    const queue = kept.queues.queue<string>("emails");
    await queue.configure({ maxTries: 2 });
    await queue.putMany([{ value: "poison" }, { value: "good" }]);
    for (let tries = 1; tries <= 2; tries++) {
      assertEquals((await queue.take({ leaseMs: 1_000 }))?.value, "poison");
      kept.clock.advance(1_000);
    }
    assertEquals((await queue.take())?.value, "good");
    assertEquals(
      (await queue.dead())[0]?.reason,
      "The lease of the last of 2 tries ended without an answer",
    );
  },
);

inEachForm("clock steps of an hour neither end a lease nor let it live longer", async (form) => {
  await using kept = await openTestQueues({ form });
  const queue = kept.queues.queue<string>("emails");
  await queue.put("hello");
  const message = await queue.take({ leaseMs: 30_000 });
  kept.clock.step(HOUR_MS);
  assertEquals(await queue.take(), null);
  await message?.extend();
  kept.clock.step(-2 * HOUR_MS);
  assertEquals(await queue.take(), null);
  kept.clock.advance(30_000);
  assertEquals((await queue.take())?.tries, 2);
});

inEachForm(
  "a lease of a process that ran before the clock was set back ends in its own length",
  async (form) => {
    await using before = await openTestQueues({ form });
    const queue = before.queues.queue<string>("emails");
    await queue.put("hello");
    await queue.take({ leaseMs: 30_000 });
    before.clock.step(-HOUR_MS);
    await using later = await openTestQueues({ form, beside: before });
    const again = later.queues.queue<string>("emails");
    assertEquals(await again.take(), null);
    before.clock.advance(30_000);
    assertEquals((await again.take())?.value, "hello");
  },
);
