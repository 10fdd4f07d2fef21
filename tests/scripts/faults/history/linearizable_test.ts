import { assertEquals } from "@std/assert";
import { judgeHistory } from "../../../../scripts/faults/history/linearizable.ts";
import type { Model, Operation } from "../../../../scripts/faults/history/operation.ts";

type Input = readonly ["write", number] | readonly ["read"];
type Written = Operation<Input, number>;

/** A number that is written and read; what is written is answered with itself. */
const register: Model<number, Input, number> = {
  initial: 0,
  step(state, [kind, value], output) {
    const after = kind === "write" ? value : state;
    return output === undefined || output === after ? [after] : [];
  },
  changesNothing: ([kind]) => kind === "read",
  text: String,
};

const write = (value: number, invokedAtMs: number, returnedAtMs: number): Written => ({
  ...{ input: ["write", value], output: value, invokedAtMs, returnedAtMs },
});
/** Nobody knows whether it was written. */
const lost = (value: number, invokedAtMs: number): Written => ({
  ...{ input: ["write", value], invokedAtMs, returnedAtMs: invokedAtMs },
});
const read = (output: number, invokedAtMs: number, returnedAtMs: number): Written => ({
  ...{ input: ["read"], output, invokedAtMs, returnedAtMs },
});
const judge = (...history: Written[]) => judgeHistory(register, history).kind;

Deno.test("judgeHistory() accepts what one order explains", () => {
  const accepted: Written[][] = [
    [],
    [read(0, 1, 2)],
    [write(1, 1, 2), read(1, 3, 4)],
    // At the same time: either order.
    [write(1, 1, 10), read(0, 2, 3), read(1, 4, 5)],
    [write(1, 1, 10), write(2, 1, 10), read(1, 11, 12)],
    [write(1, 1, 10), write(2, 1, 10), read(2, 11, 12)],
    [write(1, 1, 4), write(2, 3, 9), read(2, 5, 6), read(2, 7, 8)],
    // A write of what is there already may be wanted later.
    [write(1, 1, 10), write(0, 1, 10), read(0, 11, 12)],
    // What ends at the moment at which another one begins may come behind it.
    [write(1, 1, 5), read(0, 5, 6)],
    // In the order of calls that a list gives them in nothing is meant.
    [read(1, 3, 4), write(1, 1, 2)],
  ];
  for (const history of accepted) assertEquals(judge(...history), "linearizable");
});

Deno.test("judgeHistory() finds what no order explains", () => {
  const refused: Written[][] = [
    [read(1, 1, 2)],
    // A write that was answered is lost.
    [write(1, 1, 2), read(0, 3, 4)],
    // Back to an older value.
    [write(1, 1, 10), read(1, 2, 3), read(0, 4, 5)],
    // Two readers see two writes in different orders.
    [write(1, 1, 20), write(2, 1, 20), read(1, 2, 3), read(2, 4, 5), read(1, 6, 7)],
    [write(1, 1, 2), write(2, 3, 4), read(1, 5, 6)],
  ];
  for (const history of refused) assertEquals(judge(...history), "violation");
});

Deno.test("judgeHistory() lets a write without an answer come about late, or never, but once", () => {
  assertEquals(judge(lost(1, 1), read(0, 2, 3)), "linearizable");
  assertEquals(judge(lost(1, 1), read(1, 2, 3)), "linearizable");
  assertEquals(judge(lost(1, 1), read(0, 2, 3), read(1, 4, 5)), "linearizable");
  assertEquals(judge(lost(1, 4), read(1, 2, 3)), "violation");
  const twice = [lost(1, 1), read(1, 2, 3), write(2, 4, 5), read(1, 6, 7)];
  assertEquals(judge(...twice), "violation");
  assertEquals(judge(lost(1, 1), ...twice), "linearizable");
});

Deno.test("judgeHistory() says how far it came, and what could not come next", () => {
  const stale = read(0, 5, 6);
  assertEquals(judgeHistory(register, [write(1, 1, 2), read(1, 3, 4), stale, read(1, 7, 8)]), {
    ...{ kind: "violation", ordered: 2, stuck: [stale] },
  });
});

Deno.test("judgeHistory() takes every state that may follow", () => {
  const coin: Model<string, "toss" | "look", string> = {
    initial: "",
    step: (state, input, output) =>
      input === "toss" ? ["head", "tail"] : output === state ? [state] : [],
    changesNothing: (input) => input === "look",
    text: (state) => state,
  };
  const at = (invokedAtMs: number) => ({ invokedAtMs, returnedAtMs: invokedAtMs + 1 });
  const toss = { input: "toss", output: "done", ...at(1) } as const;
  const look = (output: string, from: number) => ({ input: "look", output, ...at(from) } as const);
  const kind = (...seen: string[]) =>
    judgeHistory(coin, [toss, ...seen.map((output, at) => look(output, 10 + 10 * at))]).kind;
  assertEquals([kind("tail", "tail"), kind("head")], ["linearizable", "linearizable"]);
  assertEquals(kind("head", "tail"), "violation");
});

Deno.test("judgeHistory() gives up where it would look for too long", () => {
  const writes = Array.from({ length: 12 }, (_, value) => write(value, 1, 10));
  assertEquals(judgeHistory(register, [...writes, read(99, 11, 12)], 1_000).kind, "undecided");
});

Deno.test("judgeHistory() does not try in which order reads at the same time came", () => {
  const reads = Array.from({ length: 60 }, (_, at) => read(at % 2, at, 1_000 + at));
  const history = [write(1, 100, 110), write(0, 500, 510), ...reads];
  assertEquals(judgeHistory(register, history, 1_000).kind, "linearizable");
  assertEquals(judgeHistory(register, [...history, read(7, 1, 2_000)], 10_000).kind, "violation");
});

Deno.test("judgeHistory() judges long histories, with many writes that were not answered", () => {
  const history: Written[] = [];
  for (let at = 0; at < 1_000; at++) {
    history.push(write(at % 2, 10 * at, 10 * at + 15), read(at % 2, 10 * at + 16, 10 * at + 18));
    if (at % 20 === 0) history.push(lost(at % 2, 10 * at + 5));
  }
  assertEquals(judge(...history), "linearizable");
  assertEquals(judge(...history, read(7, 20_000, 20_001)), "violation");
});
