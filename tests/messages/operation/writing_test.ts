import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { inEachForm, openTestQueues } from "../../support/queues.ts";

inEachForm(
  "complete() writes to the store and acknowledges at once, or does neither",
  async (form) => {
    await using kept = await openTestQueues({ form });
    const queue = kept.queues.queue<{ total: number }>("orders");
    await queue.put({ total: 5 });
    const message = await queue.take();
    const broken = await assertRejects(
      () =>
        message!.complete((transaction) => {
          transaction.put("app/total", "5");
          transaction.enqueue("receipts", { value: 1 });
          throw new Error("no paper");
        }),
      Error,
      "no paper",
    );
    assertEquals(broken.message, "no paper");
    assertEquals(await kept.store.get("app/total"), null);
    await assertRejects(() => kept.queues.queue("receipts").show(), DariError);
    assertEquals(
      await message!.complete((transaction) => {
        transaction.put("app/total", String(message!.value.total), { ifVersion: 0 });
        transaction.enqueue("receipts", { value: 1 });
        return transaction.get("app/total")?.value;
      }),
      "5",
    );
    assertEquals((await kept.store.get("app/total"))?.value, "5");
    assertEquals((await kept.queues.queue("receipts").take())?.value, 1);
    assertEquals((await queue.show()).leased, 0);
  },
);

inEachForm("complete() with a lease that has ended writes nothing", async (form) => {
  await using kept = await openTestQueues({ form });
  const queue = kept.queues.queue<number>("orders");
  await queue.put(1);
  const message = await queue.take({ leaseMs: 1_000 });
  kept.clock.advance(1_000);
  await assertRejects(
    () => message!.complete((transaction) => transaction.put("app/done", "1")),
    DariError,
    "has ended",
  );
  assertEquals(await kept.store.get("app/done"), null);
});

inEachForm("transact() refuses to wait, and to be used once it is over", async (form) => {
  await using kept = await openTestQueues({ form });
  await assertRejects(
    () => kept.queues.transact(async (transaction) => await transaction.put("app/a", "1")),
    TypeError,
    "cannot wait",
  );
  let late = () => {};
  await kept.queues.transact((transaction) => {
    late = () => transaction.put("app/b", "1");
  });
  try {
    late();
    assert(false);
  } catch (error) {
    assert(error instanceof TypeError);
  }
  assertEquals(await kept.store.list("app/"), []);
});
