import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { SharedLog } from "../../../lib/cluster/log/log.ts";
import { MemoryLog, type MemoryLogHub } from "../../support/memory_log.ts";
import { ParticipantWorld } from "../../support/participant_world.ts";
import { settled } from "../../support/store_world.ts";

const encoder = new TextEncoder();

/** A log that gives a message only where the test says so. */
class SlowLog extends MemoryLog {
  #waiting: (() => unknown)[] = [];

  constructor(hub: MemoryLogHub) {
    super(hub, 64 * 1024);
  }

  handOut(count: number): void {
    for (const hand of this.#waiting.splice(0, count)) hand();
  }

  override follow(after: number, listener: Parameters<SharedLog["follow"]>[1]): Disposable {
    this.#waiting = [];
    return super.follow(after, (message) => void this.#waiting.push(() => listener(message)));
  }
}

Deno.test("a write is confirmed with what became of it, and all who take part hear of it in its order", async () => {
  await using world = new ParticipantWorld();
  const [one, other] = [await world.start(), await world.start()];
  assertEquals(await one.participant.write(encoder.encode("a")), { kind: "written", text: "a" });
  await other.participant.write(encoder.encode("b"));
  await settled();
  assertEquals([one.heard, other.heard], [["own a", "b"], ["a", "own b"]]);
  assertEquals(one.participant.state.all, other.participant.state.all);
});

Deno.test("who comes later has read all that was written before once it has started", async () => {
  await using world = new ParticipantWorld();
  const { participant } = await world.start();
  for (const text of ["a", "b", "c"]) await participant.write(encoder.encode(text));
  const late = world.make();
  assertThrows(() => late.participant.checkFresh(), DariError, "cannot be reached");
  await late.participant.start();
  late.participant.checkFresh();
  assertEquals(late.participant.state.all, ["a", "b", "c"]);
});

Deno.test("who hears nothing for maxStalenessMs refuses, says so, and serves again", async () => {
  await using world = new ParticipantWorld();
  const maxStalenessMs = 4 * limits.storeBeatMs;
  const { participant, heard } = await world.start({ maxStalenessMs });
  world.hub.isDelivering = false;
  await world.pass(maxStalenessMs - 2 * limits.recheckMs);
  participant.checkFresh();
  await world.pass(2 * limits.recheckMs);
  const error = assertThrows(() => participant.checkFresh(), DariError, "cannot be reached");
  assertEquals([error.code, error.retryAfterMs], ["unavailable", limits.storeRetryAfterMs]);
  assertEquals(heard, ["reset", "stale"]);
  world.hub.isDelivering = true;
  world.hub.wake();
  await world.pass(limits.storeFollowAgainMs + limits.storeBeatMs);
  participant.checkFresh();
  assertEquals(heard.at(-1), "fresh");
});

Deno.test("who stood still for longer than maxStalenessMs says so when it is asked, before its timers", async () => {
  await using world = new ParticipantWorld();
  const { participant, heard } = await world.start();
  participant.look();
  assertEquals(heard, []);
  world.clock.advance(limits.maxStoreStalenessMs);
  participant.look();
  participant.look();
  assertEquals(heard, ["reset", "stale"]);
});

Deno.test("who writes nothing sends a beat each storeBeatMs, and who writes one each storeFormMs", async () => {
  await using world = new ParticipantWorld();
  const { participant } = await world.start();
  const count = () => world.hub.sequence;
  const before = count();
  await world.pass(10 * limits.storeBeatMs);
  assertEquals(count() - before, 10);
  const busy = count();
  const steps = 2 * limits.storeFormMs / limits.storeTickMs;
  for (let step = 0; step < steps; step++) {
    await participant.write(encoder.encode("x"));
    await world.pass(limits.storeTickMs);
  }
  assertEquals(count() - busy - steps, 2);
});

Deno.test("start() tries again while nobody leads the log, for timeoutMs", async () => {
  await using world = new ParticipantWorld();
  world.hub.fate = () => "refuse";
  const [first, patient] = [world.make({ timeoutMs: 0 }), world.make({ timeoutMs: 60_000 })];
  const starting = patient.participant.start();
  const refused = assertRejects(() => first.participant.start(), DariError, "takes nothing now");
  await world.pass(limits.storeWriteTimeoutMs + limits.storeTickMs);
  assertEquals((await refused).code, "unavailable");
  world.hub.fate = () => "keep";
  await world.pass(limits.storeWriteTimeoutMs + limits.storeTickMs);
  await starting;
  patient.participant.checkFresh();
});

Deno.test("start() goes on as long as it reads what was written, however long that takes", async () => {
  await using world = new ParticipantWorld();
  const writer = await world.start();
  const texts = Array.from({ length: 30 }, (_, at) => `text ${at}`);
  for (const text of texts) await writer.participant.write(encoder.encode(text));
  const log = new SlowLog(world.hub);
  const { participant } = world.make({ log, timeoutMs: 5_000 });
  let outcome: unknown;
  participant.start().then(() => outcome = "started", (error) => outcome = error);
  for (let seconds = 0; outcome === undefined && seconds < 120; seconds++) {
    await world.pass(1_000);
    log.handOut(3); // one more than both write meanwhile
  }
  assertEquals(outcome, "started");
  assertEquals(participant.state.all, texts);
});

Deno.test("start() says that the cluster is not reached where nothing that is written comes back", async () => {
  await using world = new ParticipantWorld();
  world.hub.fate = () => "lose";
  const { participant } = world.make({ timeoutMs: limits.storeWriteTimeoutMs });
  const refused = assertRejects(() => participant.start(), DariError, "cannot be reached");
  await world.pass(limits.storeWriteTimeoutMs + limits.storeTickMs);
  const { code, retryable } = await refused;
  assertEquals([code, retryable], ["unavailable", true]);
});

Deno.test("what a newer dari wrote ends it, and nothing is written any more", async () => {
  await using world = new ParticipantWorld();
  const [one, other] = [await world.start(), await world.start()];
  const unknown = assertRejects(() => one.participant.write(encoder.encode("newer")), DariError);
  await settled();
  assertEquals((await unknown).code, "configuration");
  for (const { participant, heard } of [one, other]) {
    assertEquals(heard, ["reset", "lost: configuration"]);
    assertThrows(() => participant.checkOpen(), DariError, "A newer dari writes");
    assertThrows(() => participant.checkFresh(), DariError, "A newer dari writes");
    await assertRejects(() => participant.write(encoder.encode("a")), DariError, "A newer dari");
  }
  const before = world.hub.sequence;
  await world.pass(2 * limits.storeBeatMs);
  assertEquals(world.hub.sequence, before);
});

Deno.test("close() gives its reason to what is under way and to what comes after", async () => {
  await using world = new ParticipantWorld();
  const { participant, heard } = await world.start();
  world.hub.isDelivering = false;
  const pending = assertRejects(
    () => participant.write(encoder.encode("a")),
    DariError,
    "is closed",
  );
  await participant.close(new DariError("unavailable", "The store is closed"));
  await pending;
  await assertRejects(() => participant.write(encoder.encode("b")), DariError, "is closed");
  world.hub.isDelivering = true;
  world.hub.wake();
  await settled();
  assertEquals([participant.state.all, heard], [[], []]); // it follows no more, and nobody is told
});

Deno.test("who missed messages reads a snapshot, says so, and knows its own that are in it", async () => {
  await using world = new ParticipantWorld();
  const log = world.hub.open();
  const [one, behind] = [await world.start(), await world.start({ log })];
  await behind.participant.write(encoder.encode("a"));
  log.isDelivering = false;
  const unknown = assertRejects(
    () => behind.participant.write(encoder.encode("b")),
    DariError,
    "did not say whether",
  );
  await settled();
  for (let n = 0; n < 2; n++) { // what is before the second one is removed
    one.participant.compact();
    for (let turn = 0; turn < 5; turn++) await settled();
  }
  assert(world.hub.kept[0]!.sequence > 4, "nothing was removed");
  log.isDelivering = true;
  world.hub.wake();
  await world.pass(limits.storeFollowAgainMs + limits.storeBeatMs);
  await unknown;
  assert(behind.heard.includes("reset"));
  assertEquals(behind.participant.state.all, ["a", "b"]);
  behind.participant.checkFresh();
});

Deno.test("a snapshot is made where it is due, and by one of those who take part", async () => {
  await using world = new ParticipantWorld();
  let isDue = false;
  const options = { isDue: () => isDue };
  const { participant } = await world.start(options);
  await world.start(options);
  await participant.write(encoder.encode("a"));
  const marks = () => world.hub.kept.filter(({ place }) => place === "mark").length;
  await world.pass(limits.storeTickMs);
  assertEquals(marks(), 0);
  isDue = true;
  await world.pass(limits.storeTickMs);
  isDue = false;
  for (let turn = 0; turn < 5; turn++) await settled();
  assertEquals(marks(), 1);
  assertEquals((await world.start()).participant.state.all, ["a"]);
});

Deno.test("form is the newest that all who take part understand", async () => {
  await using world = new ParticipantWorld();
  const newer = await world.start({ understands: 3 });
  const older = await world.start({ understands: 2 });
  assertEquals(newer.participant.form, 1); // somebody may not have been heard yet
  await world.pass(limits.storeFormQuietMs + limits.storeBeatMs);
  assertEquals([newer, older].map(({ participant }) => participant.form), [2, 2]);
  await older.participant.close(new DariError("unavailable", "over"));
  await world.pass(limits.storeFormQuietMs + limits.storeBeatMs);
  assertEquals(newer.participant.form, 3);
});
