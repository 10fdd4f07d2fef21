import { assertEquals } from "@std/assert";
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
