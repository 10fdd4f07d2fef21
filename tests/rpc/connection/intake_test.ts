import { assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { Intake } from "../../../lib/rpc/connection/intake.ts";
import { TurnQueue } from "../../../lib/rpc/overload/turn_queue.ts";
import type { TakePiece } from "../../../lib/transport/pushed/pushed_receiver.ts";

/** An intake whose parts write down what they are asked. */
function createIntake() {
  const seen: string[] = [];
  const clock = { now: 7 };
  const outbox = {
    isFull: false,
    isOwing: true,
    isOverfull: false,
    onRequest: undefined as (() => void) | undefined,
    hold: () => void seen.push("hold"),
    flush: () => void seen.push("flush"),
  };
  const parked = {
    isFull: false,
    isEmpty: true,
    onRoom: undefined as (() => void) | undefined,
    take: (_message: unknown, line: string) => void seen.push(`park ${line}`),
  };
  const waiting = { size: 0 };
  const intake = new Intake({
    outbox,
    parked,
    waiting,
    router: { route: ({ kind }, at, bytes) => void seen.push(`${kind} ${at} ${bytes}`) },
    dispatcher: {
      judge: () => {},
      beginTurn: () => void seen.push("begin"),
      endTurn: () => void seen.push("end"),
    },
    failed: (error) => void seen.push(`failed ${error}`),
    countsBytes: () => true,
    monotonic: () => clock.now,
    turn: { monotonic: () => clock.now },
  });
  return { intake, outbox, parked, waiting, seen, clock };
}

const LINES =
  '{"jsonrpc":"2.0","method":"가"}\n\r\n\n \t\r\n{"jsonrpc":"2.0","id":1,"method":"b"}\n';

Deno.test("an intake serves lines in one turn, skips blank ones, and counts bytes", () => {
  const { intake, seen } = createIntake();
  assertEquals(intake.isCountedByCharacters(LINES), false);
  assertEquals(intake.take(LINES, 0, false), LINES.length);
  assertEquals(seen, ["hold", "begin", "notification 7 32", "request 7 37", "flush", "end"]);
});

/**
 * Reads chunks of so many calls, which take the milliseconds that are given where the replies leave
 * together, and where half of them leave early; gives what the intake does with the last chunk.
 */
async function lastOf(lines: number, together: number, early: number): Promise<string> {
  const parts = createIntake();
  const padding = " ".repeat(limits.earlyReplyWindowLength / lines);
  const chunk = `{"jsonrpc":"2.0","id":1,"method":"b"}${padding}\n`.repeat(lines);
  let last = "";
  let chunks = 0;
  const receive = () => {
    last = parts.seen.map((word) => word.startsWith("request") ? "r" : word).join(" ");
    parts.clock.now += last.split("flush").length > 2 ? early : together;
    parts.seen.length = 0;
    return Promise.resolve(chunks++ < 100 ? chunk : null);
  };
  await parts.intake.readAll({ receive });
  return last;
}

const HALF = Array.from({ length: limits.minLinesSentEarly }, () => "r").join(" ");

Deno.test("an intake sends half of the replies to many calls early where that is faster", async () => {
  const calls = 2 * limits.minLinesSentEarly;
  assertEquals(await lastOf(calls, 2, 1), `hold begin ${HALF} flush ${HALF} flush end`);
  assertEquals(await lastOf(calls, 1, 2), `hold begin ${HALF} ${HALF} flush end`);
});

Deno.test("an intake sends the replies to few calls together", async () => {
  const half = HALF.slice(2);
  assertEquals(
    await lastOf(2 * limits.minLinesSentEarly - 2, 2, 1),
    `hold begin ${half} ${half} flush end`,
  );
});

Deno.test("an intake parks lines while replies wait, and behind lines that are parked", () => {
  const { intake, outbox, parked, seen } = createIntake();
  outbox.isFull = true;
  intake.take("1\n", 0, true);
  outbox.isFull = false;
  parked.isEmpty = false;
  intake.take("2\n", 0, true);
  assertEquals(seen.filter((line) => line.startsWith("park")), ["park 1", "park 2"]);
});

Deno.test("an intake is blocked while all places are taken, unless this side waits for a reply", async () => {
  const { intake, outbox, parked, waiting } = createIntake();
  parked.isFull = true;
  assertEquals([intake.isBlocked, intake.take(LINES, 0, false)], [true, 0]);
  waiting.size = 1;
  assertEquals(intake.isBlocked, false);
  outbox.isOverfull = true;
  assertEquals(intake.isBlocked, true);
  for (const wake of [() => parked.onRoom!(), () => outbox.onRequest!()]) {
    const left = intake.somethingLeft();
    wake();
    await left;
  }
});

/** Reads one piece, and ends the intake in the same turn; gives how often it was to receive. */
async function countReceives(waitingCalls: number): Promise<number> {
  const { intake, waiting } = createIntake();
  waiting.size = waitingCalls;
  let receives = 0;
  const receive = () => Promise.resolve(receives++ === 0 ? LINES : null);
  const reading = intake.readAll({ receive });
  for (let microtasks = 0; microtasks < 10; microtasks++) await Promise.resolve();
  intake.end();
  await reading;
  return receives;
}

Deno.test("an intake lets the caller of the first answer close before it reads on", async () => {
  assertEquals(await countReceives(0), 1);
});

Deno.test("an intake reads on at once while a call waits", async () => {
  assertEquals(await countReceives(1), 2);
});

/** A connection that hands an intake what a test says, at once, as long as that takes pieces. */
function createPusher() {
  let take: TakePiece | undefined;
  let settle: PromiseWithResolvers<string | null> | undefined;
  return {
    receives: 0,
    receive(taker?: TakePiece): Promise<string | null> {
      this.receives++;
      take = taker;
      settle = Promise.withResolvers();
      return settle.promise;
    },
    push(piece: string): void {
      if (take?.(piece) !== false) return;
      take = undefined;
      settle?.resolve("");
    },
    end: () => settle?.resolve(null),
  };
}

Deno.test("an intake serves what comes while it waits in the same turn", async () => {
  const { intake, waiting, seen } = createIntake();
  waiting.size = 1;
  const pusher = createPusher();
  const reading = intake.readAll(pusher);
  pusher.push(LINES);
  pusher.push(LINES);
  assertEquals([seen.filter((one) => one === "flush").length, intake.pieces], [2, 2]);
  pusher.end();
  await reading;
});

Deno.test("an intake that is blocked takes no piece until there is room", async () => {
  const { intake, parked } = createIntake();
  const pusher = createPusher();
  const reading = intake.readAll(pusher);
  parked.isFull = true;
  pusher.push(LINES);
  pusher.push(LINES); // to nobody
  for (let microtasks = 0; microtasks < 20; microtasks++) await Promise.resolve();
  assertEquals([intake.isDeaf, intake.pieces, pusher.receives], [true, 1, 1]);
  parked.isFull = false;
  parked.onRoom?.();
  for (let microtasks = 0; microtasks < 20; microtasks++) await Promise.resolve();
  assertEquals([intake.isDeaf, intake.isEmpty, pusher.receives], [false, true, 2]);
  pusher.end();
  await reading;
});

Deno.test("an intake throws to its reader what it could not take", async () => {
  const { intake, waiting } = createIntake();
  waiting.size = 1;
  const pusher = createPusher();
  const reading = intake.readAll(pusher);
  pusher.push("GET / HTTP/1.1\n");
  await assertRejects(() => reading, TransportError, "HTTP");
});

Deno.test("an intake that has ended ignores every line", () => {
  const { intake, seen } = createIntake();
  intake.end();
  assertEquals([intake.take(LINES, 0, false), intake.isBlocked], [LINES.length, false]);
  assertEquals(seen, ["hold", "begin", "flush", "end"]);
});

/** An intake on a thread whose calls take the time that their method says, by a clock of the test. */
function createBusyIntake() {
  let now = 0;
  let isRefusing = false;
  let observersMs = 0;
  let turnAt: number | undefined;
  const turns = new TurnQueue({
    targetDelayMs: 5,
    delayIntervalMs: 100,
    turn: () => new Promise(() => {}),
  });
  const intake = new Intake({
    outbox: {
      isFull: false,
      isOwing: false,
      isOverfull: false,
      onRequest: undefined,
      hold: () => {},
      flush: () => {},
    },
    parked: { isFull: false, isEmpty: true, onRoom: undefined, take: () => {} },
    waiting: { size: 0 },
    router: {
      route: (message) => {
        if (!isRefusing && "method" in message) now += Number(message.method);
      },
    },
    dispatcher: {
      judge: (_now, refusal) => isRefusing = refusal !== undefined,
      beginTurn: () => {},
      endTurn() {
        const endedAt = now;
        now += observersMs;
        return endedAt;
      },
    },
    turns,
    failed: () => {},
    countsBytes: () => false,
    monotonic: () => now,
    turn: { monotonic: () => turnAt ?? now },
  });
  const line = (ms: number) => `{"jsonrpc":"2.0","method":"${ms}"}\n`;
  return {
    intake,
    turns,
    line,
    pass: (ms: number) => now += ms,
    /** Lets the observers of each chunk take so long. */
    observe: (ms: number) => observersMs = ms,
    /** What follows comes in the turn of the microtask queue that begins now. */
    beginTurn: () => turnAt = now,
  };
}

Deno.test("a heavy call ends the turn, however light the calls before it were", () => {
  const { intake, turns, line } = createBusyIntake();
  intake.take(line(0.001).repeat(200), 0, true);
  assertEquals([turns.linesPerLook, turns.isOver], [limits.maxLinesPerLook, false]);
  intake.take(line(limits.maxTurnMs), 0, true);
  assertEquals(turns.isOver, true);
});

Deno.test("work counts once for all chunks of a turn, and observers count for the next of them", () => {
  const { intake, turns, line, observe, beginTurn } = createBusyIntake();
  observe(limits.maxTurnMs / 4);
  beginTurn();
  intake.take(line(limits.maxTurnMs / 4), 0, true); // counts a quarter: no observer was told yet
  intake.take(line(limits.maxTurnMs / 8), 0, true);
  assertEquals(turns.isOver, false);
  intake.take(line(limits.maxTurnMs / 8), 0, true);
  assertEquals(turns.isOver, true);
});

Deno.test("calls that are refused say nothing of how long the next ones take", () => {
  const { intake, turns, line, pass } = createBusyIntake();
  intake.take(line(2), 0, true);
  assertEquals(turns.linesPerLook, 1);
  turns.refusalOf(50, 0, turns.newDelay()); // all have waited for too long since then
  pass(200);
  const text = line(1).repeat(50);
  assertEquals(intake.take(text, 0, true, 1, 200), text.length);
  assertEquals(turns.linesPerLook, 1);
});
