import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { limits } from "../../../lib/base/limits.ts";
import { encodeBody } from "../../../lib/cluster/log/body.ts";
import type { OpenedMessage } from "../../../lib/cluster/log/seal.ts";
import { SharedState } from "../../../lib/cluster/fold/state.ts";
import { LogWriter, putting, takeAll, wholeOf } from "../../support/log_writer.ts";

const kindsOf = (taken: readonly { readonly kind: string }[]) => taken.map(({ kind }) => kind);

Deno.test("of two batches that expect the same version the first one holds, at every server", async () => {
  const [one, other] = [new LogWriter(), new LogWriter()];
  const messages = [
    await one.batch([putting("a", "1", 0)]),
    await other.batch([putting("a", "2", 0), putting("b", "2")]),
    await other.batch([putting("a", "3", 1)]),
  ];
  const [state, again] = [new SharedState(), new SharedState()];
  assertEquals(kindsOf(takeAll(state, messages)), ["written", "conflict", "written"]);
  takeAll(again, messages);
  assertEquals(wholeOf(again), wholeOf(state));
  assertEquals(state.entries.list("", 0), [{ key: "a", value: "3", version: 3 }]);
});

Deno.test("a message is taken once, and none that its writer sealed before it", async () => {
  const writer = new LogWriter();
  const first = await writer.batch([putting("a", "1")]);
  const second = await writer.batch([putting("a", "2")]);
  const state = new SharedState();
  const taken = takeAll(state, [second, second, first, undefined]);
  assertEquals(taken.slice(1), [
    { kind: "passed", reason: "repeated" },
    { kind: "passed", reason: "repeated" },
    { kind: "passed", reason: "forged" },
  ]);
  assertEquals(state.entries.at("a", 0)?.value, "2");
});

Deno.test("a snapshot has more time before another one is made, the more it has to write", async () => {
  const { storeSnapshotTimeoutMs: leastMs, storeSnapshotBytesPerSecond: rate } = limits;
  const [one, other] = [new LogWriter(), new LogWriter()];
  const isSecondTaken = async (body: object, afterMs: number) => {
    const state = new SharedState();
    state.take(await one.message("cut", encodeBody(body)), 1, 0);
    return state.take(await other.message("cut", encodeBody({})), 2, afterMs);
  };
  const taken = (isTaken: boolean) => ({ kind: "cut" as const, isTaken });
  assertEquals(await isSecondTaken({}, leastMs - 1), taken(false));
  assertEquals(await isSecondTaken({}, leastMs), taken(true));
  assertEquals(await isSecondTaken({ bytes: 60 * rate }, leastMs + 59_999), taken(false));
  assertEquals(await isSecondTaken({ bytes: 60 * rate }, leastMs + 60_000), taken(true));
  assertEquals(await isSecondTaken({ bytes: -1 }, leastMs), taken(true));
});

Deno.test("a state that is about to be read anew gives up its entries, and keeps its place", async () => {
  const state = new SharedState();
  takeAll(state, [await new LogWriter().batch([putting("a", "1")])]);
  state.clear();
  assertEquals([state.entries.size, state.sequence], [0, 1]);
});

Deno.test("a message whose writer had read too little, or what is not there, is passed over", async () => {
  const far = limits.storeReplayMessages + 10;
  const at = async (after: number) => {
    const message = await new LogWriter().batch([putting("a", "1")], after);
    return new SharedState().take(message, far, 0).kind;
  };
  assertEquals(await at(10), "written");
  assertEquals(await at(9), "passed");
  assertEquals(await at(far - 1), "written");
  assertEquals(await at(far), "passed");
});

Deno.test("what a newer dari wrote is not guessed at", async () => {
  const writer = new LogWriter();
  const odd = (text: string) => writer.message("batch", new TextEncoder().encode(text));
  const messages: OpenedMessage[] = [
    { ...await writer.message("beat"), kind: undefined },
    await odd("not JSON"),
    await odd('{"atMs":1,"by":"","operations":[{"kind":"append","key":"a"}]}'),
    await odd('{"atMs":1,"by":"","operations":[{"kind":"put","key":"a b","value":""}]}'),
    await odd('{"atMs":"1","by":"","operations":[]}'),
    await writer.message("mark", new TextEncoder().encode("{}")),
  ];
  for (const message of messages) {
    assertEquals(new SharedState().take(message, 1, 0), { kind: "newer" });
  }
});

Deno.test("whether an entry has expired is judged by the clock of the one who writes", async () => {
  const expiring = { ...putting("a", "1"), expiresAtMs: 2_000 };
  const state = new SharedState();
  const [early, late] = [new LogWriter(), new LogWriter()];
  const taken = takeAll(state, [
    await early.batch([expiring]),
    await early.batch([putting("a", "2", 0)], 0, 1_999),
    await late.batch([putting("a", "2", 0)], 0, 2_000),
  ]);
  assertEquals(kindsOf(taken), ["written", "conflict", "written"]);
});

Deno.test("an entry that has ended goes when the writer's clock and the log's agree", async () => {
  const later = 10 * limits.storeSweepAfterMs;
  for (
    const [writerMs, logMs, left] of [[later, 0, 2], [0, later, 2], [later, later, 1]] as const
  ) {
    const state = new SharedState();
    const writer = new LogWriter();
    takeAll(state, [await writer.batch([{ ...putting("a", "1"), expiresAtMs: 2_000 }])]);
    takeAll(state, [await writer.batch([putting("b", "1")], 0, writerMs)], logMs);
    assertEquals(state.entries.size, left);
  }
});

Deno.test("a log that a stranger changed gives the entries of the messages that are left in order", async () => {
  const writers = [new LogWriter(), new LogWriter()];
  const sealed: OpenedMessage[] = [];
  for (let n = 0; n < 12; n++) {
    sealed.push(await writers[n % 2]!.batch([putting(`k${n % 5}`, String(n))]));
  }
  const at = fc.nat(sealed.length - 1);
  const change = fc.oneof(
    fc.record({ what: fc.constant("repeat" as const), from: at, to: at }),
    fc.record({ what: fc.constant("forge" as const), from: at, to: at }),
    fc.record({ what: fc.constant("remove" as const), from: at, to: at }),
  );
  fc.assert(fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
    const log: (OpenedMessage | undefined)[] = [...sealed];
    for (const { what, from, to } of changes) {
      if (what === "repeat") log.splice(to, 0, log[from]);
      else if (what === "forge") log.splice(to, 0, undefined);
      else log.splice(from, 1);
    }
    // Of each writer what grows holds, and nothing twice.
    const last = new Map<string, number>();
    const holding = log.filter((message) => {
      if (message === undefined || message.count <= (last.get(message.writer) ?? 0)) return false;
      last.set(message.writer, message.count);
      return true;
    });
    const [state, expected] = [new SharedState(), new SharedState()];
    takeAll(state, log);
    takeAll(expected, holding);
    assertEquals(
      state.entries.list("", 0).map(({ key, value }) => [key, value]),
      expected.entries.list("", 0).map(({ key, value }) => [key, value]),
    );
  }));
});

Deno.test("a mark says whether messages were missing", async () => {
  const [maker, other] = [new LogWriter(), new LogWriter()];
  const marked = (cut: number, taken: number) =>
    maker.message("mark", encodeBody({ cut, pieces: 1, taken }));
  const cut = await maker.message("cut");
  const first = await other.batch([putting("a", "1")]);
  const good = new SharedState();
  assertEquals(takeAll(good, [first, cut, await marked(2, 2)]).at(-1), {
    kind: "mark",
    obsolete: 0,
  });
  const next = await maker.message("cut");
  assertEquals(takeAll(good, [next, await marked(4, 4)]).at(-1), { kind: "mark", obsolete: 2 });
  const short = new SharedState();
  short.take(cut, 2, 0);
  assertEquals(short.take(await marked(2, 2), 3, 0), { kind: "gap" });
  assertEquals(new SharedState().take(await marked(2, 2), 3, 0), { kind: "gap" });
});

Deno.test("one snapshot is made at a time; another may when the first takes too long", async () => {
  const [one, other] = [new LogWriter(), new LogWriter()];
  const state = new SharedState();
  const taken = [
    state.take(await one.message("cut"), 1, 0),
    state.take(await other.message("cut"), 2, limits.storeSnapshotTimeoutMs - 1),
    state.take(await other.message("cut"), 3, limits.storeSnapshotTimeoutMs),
    // The first one comes too late: its snapshot is of a moment that nobody needs any more.
    state.take(await one.message("mark", encodeBody({ cut: 1, pieces: 1, taken: 1 })), 4, 0),
  ];
  assertEquals(taken, [
    { kind: "cut", isTaken: true },
    { kind: "cut", isTaken: false },
    { kind: "cut", isTaken: true },
    { kind: "mark", obsolete: 0 },
  ]);
});

Deno.test("a writer that was silent for long is forgotten, and what it wrote is too old by then", async () => {
  const [gone, maker] = [new LogWriter(), new LogWriter()];
  const old = await gone.batch([putting("a", "1")]);
  const state = new SharedState();
  state.take(old, 1, 0);
  const far = limits.storeReplayMessages + 2;
  state.take(await maker.message("cut", undefined, far - 1), far, 0);
  assertEquals(state.log.countOf(gone.writer), 0);
  assertEquals(state.take(old, far + 1, 0), { kind: "passed", reason: "late" });
});
