import { assertEquals } from "@std/assert";
import { markCallError } from "../../../lib/base/call_error.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { ALICE, recorder, request, startDispatcher } from "../../support/dispatch.ts";

Deno.test("refuse() answers without running, and observers hear of a call that failed", () => {
  const { observer, events } = recorder();
  const { dispatcher, replies } = startDispatcher({ add: () => 1 }, { observer });
  const reason = new DariError("resource_exhausted", "no room");
  dispatcher.refuse(request("add"), replies, 0, 7, reason);
  dispatcher.refuse(request("unknown"), replies, 0, 7, reason);
  assertEquals(replies.taken().map(({ error }) => error.message), ["no room", "no room"]);
  assertEquals(
    events.map(([member, { method, errorCode, bytesIn, principal }]) =>
      [member, method, errorCode, bytesIn, principal.name].join(" ")
    ),
    ["add", "_OTHER"].flatMap((method) =>
      ["callBegan", "callEnded"].map((member) =>
        `${member} ${method} resource_exhausted 7 ${ALICE.name}`
      )
    ),
  );
});

for (const outcome of ["result", "error"] as const) {
  Deno.test(`a handler's ${outcome} after its call has ended is no second end`, async () => {
    const { observer, names } = recorder();
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const { dispatcher, replies, dispatch } = startDispatcher({ wait: () => promise }, {
      observer,
    });
    dispatch(request("wait"));
    dispatcher.abortAll(() => new DariError("unavailable", "gone"));
    if (outcome === "result") resolve(1);
    else reject(new Error("late"));
    await dispatcher.idle();
    assertEquals(replies.length, 0);
    assertEquals(names().filter((name) => name === "callEnded"), ["callEnded"]);
  });
}

Deno.test("a handler has not failed when its own call ends at the deadline of the call it serves", async () => {
  for (const [elapsedMs, failures] of [[59_999, 1], [60_000, 0]] as const) {
    const failed: string[] = [];
    const { promise, reject } = Promise.withResolvers<never>();
    const { replies, dispatch, dispatcher, clock } = startDispatcher({ relay: () => promise }, {
      observer: { handlerFailed: ({ method }) => void failed.push(method) },
    });
    dispatch(request("relay", undefined, { meta: { timeoutMs: 60_000 } }));
    clock.advance(elapsedMs); // the timer of the deadline has not run
    reject(markCallError(new DariError("deadline_exceeded", "no answer in time")));
    assertEquals((await replies.next()).error.data.name, "deadline_exceeded");
    assertEquals(failed.length, failures, `${elapsedMs} ms`);
    dispatcher.abortAll(() => new DariError("unavailable", "gone")); // stops the timer
  }
});
