import { assertEquals } from "@std/assert";
import { setImmediate } from "../../../../lib/packaging/npm/browser/timers.ts";

Deno.test("setImmediate() calls back in order, in later turns and behind promises", async () => {
  const order: string[] = [];
  const done = new Promise<void>((resolve) => {
    setImmediate(() => order.push("first"));
    setImmediate(() => {
      order.push("second");
      resolve();
    });
  });
  Promise.resolve().then(() => order.push("promise"));
  order.push("now");
  await done;
  assertEquals(order, ["now", "promise", "first", "second"]);
});
