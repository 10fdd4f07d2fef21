import { assertEquals } from "@std/assert";
import { RunningCalls } from "../../../lib/rpc/dispatch/running_calls.ts";
import { ServedCall } from "../../../lib/rpc/dispatch/served_call.ts";
import { ReplyList, request, TestHost } from "../../support/dispatch.ts";

const host = new TestHost();
const callOf = (timeoutMs = 60_000) =>
  new ServedCall(host, request("any"), new ReplyList(), 0, timeoutMs);

Deno.test("RunningCalls counts a handler until it returns, and its call until it ends", () => {
  const running = new RunningCalls(() => {}, () => 0);
  const call = callOf();
  running.add(call);
  running.remove(call);
  assertEquals([[...running].length, running.handlers], [0, 1]);
  running.handlerReturned(call);
  assertEquals(running.handlers, 0);
  running.takeAll();
});

Deno.test("idle() resolves with the last handler, and waits anew for later ones", async () => {
  const running = new RunningCalls(() => {}, () => 0);
  await running.idle();
  for (let round = 0; round < 2; round++) {
    const calls = [callOf(), callOf()];
    for (const call of calls) running.add(call);
    let isIdle = false;
    const idle = running.idle().then(() => isIdle = true);
    for (const call of calls) {
      await Promise.resolve();
      assertEquals(isIdle, false);
      running.handlerReturned(call);
    }
    await idle;
  }
  running.takeAll();
});

Deno.test("RunningCalls hands over the calls whose deadline has passed", async () => {
  const expired = Promise.withResolvers<ServedCall>();
  const running: RunningCalls = new RunningCalls((call) => {
    running.remove(call);
    expired.resolve(call);
  }, () => 1);
  const [late, early] = [callOf(), callOf(1)];
  running.add(late);
  running.add(early);
  assertEquals(await expired.promise, early);
  assertEquals(running.takeAll(), [late]);
  assertEquals([...running], []);
});
