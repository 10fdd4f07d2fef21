import { assertEquals } from "@std/assert";
import type { Line } from "../../../../scripts/sim/messages/lines.ts";
import { judgeTopics } from "../../../../scripts/sim/messages/topics_judge.ts";

function published(n: string, cursor: number): Line[] {
  return [{ kind: "published", n, cursor, lane: "lane" }, given(n, 10)];
}

function given(n: string, at: number): Line {
  return { kind: "given", n, at, lease: `${n}.${at}` };
}

function heard(...cursors: number[]): Line[] {
  return cursors.map((cursor) => ({ kind: "heard", reader: "reader", n: `m${cursor}`, cursor }));
}

function broken(lines: readonly Line[]): string[] {
  return judgeTopics(lines).map(({ promise }) => promise);
}

Deno.test("judgeTopics() finds nothing where cursors grow and each message is given to somebody", () => {
  const places: Line[] = [{ kind: "groupAt", cursor: 1 }, { kind: "groupAt", cursor: 1 }];
  const done: Line = { kind: "givenDone", n: "a", at: 20 };
  const again = given("b", 1_010); // its lease had ended
  assertEquals(broken([...published("a", 1), ...published("b", 2), done, again, ...places]), []);
  assertEquals(broken(heard(7, 8, 9)), []);
});

Deno.test("judgeTopics() finds cursors that go back, and messages that nobody got", () => {
  assertEquals(broken([...published("a", 2), ...published("b", 1)]), ["cursors never go back"]);
  assertEquals(broken([{ kind: "groupAt", cursor: 2 }, { kind: "groupAt", cursor: 1 }]), [
    "cursors never go back",
  ]);
  assertEquals(broken(heard(7, 6)), ["cursors never go back"]);
  assertEquals(broken(heard(7, 9)), ["no acknowledged message is lost"]);
  assertEquals(broken(published("a", 1).slice(0, 1)), ["no acknowledged message is lost"]);
  assertEquals(judgeTopics(published("a", 1).slice(0, 1), 1), []); // it was given up
});

Deno.test("judgeTopics() finds one place with two messages, and one that is done twice", () => {
  assertEquals(broken([...published("a", 1), ...published("b", 1)]), [
    "cursors never go back",
    "a message is put once",
  ]);
  const done: Line = { kind: "givenDone", n: "a", at: 20 };
  assertEquals(broken([...published("a", 1), done, { ...done, at: 1_500 }]), [
    "no message runs beyond what a lease explains",
  ]);
});

Deno.test("judgeTopics() finds a message with two places, and a reader that misses the first one", () => {
  const from: Line = { kind: "readsFrom", reader: "reader", cursor: 0 };
  assertEquals(broken([from, ...heard(1, 2)]), []);
  assertEquals(broken([from, ...heard(2)]), ["no acknowledged message is lost"]);
  const again: Line = { kind: "heard", reader: "reader", n: "m1", cursor: 2 };
  assertEquals(broken([from, ...heard(1), again]), ["a message is put once"]);
  assertEquals(broken([...published("a", 1), ...published("a", 2)]), ["a message is put once"]);
  assertEquals(broken([...published("a", 1), ...heard(1)]), ["a message is put once"]);
});
