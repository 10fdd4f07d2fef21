import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DariError } from "../../../lib/base/errors.ts";
import { findOperation, operations } from "../../../lib/messages/operation/operations.ts";
import { TestClock } from "../../support/clock.ts";
import { type Given, randomRequest, writerOf } from "../../support/random_operations.ts";
import { Replicas } from "../../support/replicas.ts";

Deno.test("every operation refuses args that are none of its own", () => {
  for (const name of Object.keys(operations)) {
    const { args } = findOperation(name)!;
    for (const bad of [null, 7, [], { nothing: "known" }]) {
      assertThrows(() => args(bad, "args"), DariError, "args");
    }
  }
});

Deno.test("findOperation() finds names of the table alone", () => {
  assert(findOperation("queue.put") !== undefined);
  for (const name of ["toString", "__proto__", "queue", ""]) {
    assertEquals(findOperation(name), undefined);
  }
});

Deno.test("whatever servers ask for, and however late they follow, all have the same rows", async () => {
  const group = fc.record({
    requests: fc.array(randomRequest, { minLength: 1, maxLength: 4 }),
    isFirst: fc.boolean(),
    isFollowing: fc.boolean(),
    passesMs: fc.constantFrom(0, 100, 1_000, 5_000),
  });
  const groups = fc.array(group, { minLength: 10, maxLength: 25 });
  const hourMs = fc.integer({ min: -3_600_000, max: 3_600_000 });
  await fc.assert(
    fc.asyncProperty(groups, hourMs, async (groups, wrongMs) => {
      const clocks = [new TestClock(), new TestClock(new TestClock().now() + wrongMs)];
      await using replicas = await Replicas.open(clocks[0]!);
      const servers = [await replicas.start(clocks[0]), await replicas.start(clocks[1])];
      const given: Given = { messages: [], deliveries: [] };
      for (const { requests, isFirst, isFollowing, passesMs } of groups) {
        const [asked, other] = isFirst ? servers : servers.toReversed();
        other!.isFollowing = isFollowing;
        const writer = writerOf(asked!);
        const outcomes = await Promise.allSettled(requests.map((each) => each(writer, given)));
        for (const each of outcomes) {
          if (each.status === "fulfilled") continue;
          assert(each.reason instanceof DariError, String(each.reason));
          assert(each.reason.code !== "internal", each.reason.message);
        }
        other!.isFollowing = true;
        for (const clock of clocks) clock.advance(passesMs);
      }
      await replicas.assertEqual();
    }),
    { numRuns: 12 },
  );
});
