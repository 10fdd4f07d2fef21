import { assertEquals, assertRejects } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import type { AuditEvent } from "../../../lib/ops/audit/audit.ts";
import { turn } from "../../../lib/base/turn.ts";
import { GroupWriter } from "../../../lib/ops/audit/group_writer.ts";
import { TestClock } from "../../support/clock.ts";

/** A writer whose disk has room for a number of events. */
function writerWithRoom(room: number) {
  const clock = new TestClock();
  const written: AuditEvent[] = [];
  const disk = { room };
  const writer = new GroupWriter({
    clock,
    sync: () => Promise.resolve(),
    write: (events) =>
      Promise.resolve(events.map((event) => {
        const fits = event.kind === "audit.missed" || written.length < disk.room;
        if (fits) written.push(event);
        return fits;
      })),
  });
  return { clock, written, writer, disk };
}

Deno.test("what there is no room for fails for those who wait, and is counted otherwise", async () => {
  const { writer, written } = writerWithRoom(1);
  writer.push({ kind: "call.denied" });
  const act = writer.add({ kind: "tap.began" });
  const refusal = writer.offer({ kind: "call.denied" });
  await assertRejects(() => act, Error, "dari audit cut");
  await refusal;
  assertEquals(writer.unwritten, 1);
  await writer.flush();
  assertEquals(written.map(({ kind, data }) => [kind, data?.["call.denied"]]), [
    ["call.denied", undefined],
    ["audit.missed", 1],
  ]);
  assertEquals(writer.unwritten, 0);
});

Deno.test("a full audit says how much it missed once an hour, and not with each event", async () => {
  const { writer, written, clock } = writerWithRoom(0);
  for (let n = 0; n < 100; n++) {
    writer.push({ kind: "call.denied" });
    await writer.flush();
  }
  assertEquals(written.map(({ data }) => data?.["call.denied"]), [1]);
  clock.advance(limits.auditFullMs);
  await writer.flush();
  assertEquals(written.map(({ data }) => data?.["call.denied"]), [1, 99]);
});

Deno.test("nothing is acknowledged before the disk has it", async () => {
  const disk = Promise.withResolvers<void>();
  let isWritten = false;
  const writer = new GroupWriter({
    clock: new TestClock(),
    write(events) {
      isWritten = true;
      return Promise.resolve(events.map(() => true));
    },
    sync: () => disk.promise,
  });
  const act = writer.add({ kind: "tap.began" });
  let isDone = false;
  act.then(() => isDone = true);
  while (!isWritten) await turn();
  await turn();
  assertEquals(isDone, false);
  disk.resolve();
  await act;
});
