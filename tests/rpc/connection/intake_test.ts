import { assertEquals } from "@std/assert";
import { Intake } from "../../../lib/rpc/connection/intake.ts";

/** An intake whose parts write down what they are asked. */
function createIntake() {
  const seen: string[] = [];
  const outbox = {
    isFull: false,
    isOverfull: false,
    onRequest: undefined as (() => void) | undefined,
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
    monotonic: () => 7,
  });
  return { intake, outbox, parked, waiting, seen };
}

const LINES =
  '{"jsonrpc":"2.0","method":"가"}\n\r\n\n \t\r\n{"jsonrpc":"2.0","id":1,"method":"b"}\n';

Deno.test("an intake serves lines in one turn, skips blank ones, and counts bytes", () => {
  const { intake, seen } = createIntake();
  assertEquals(intake.isCountedByCharacters(LINES), false);
  assertEquals(intake.take(LINES, 0, false), LINES.length);
  assertEquals(seen, ["begin", "notification 7 32", "request 7 37", "flush", "end"]);
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

Deno.test("an intake that has ended ignores every line", () => {
  const { intake, seen } = createIntake();
  intake.end();
  assertEquals([intake.take(LINES, 0, false), intake.isBlocked], [LINES.length, false]);
  assertEquals(seen, ["begin", "flush", "end"]);
});
