import { assertEquals } from "@std/assert";
import { DariError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import type { Entry } from "../../../../lib/store/store.ts";
import { History } from "../../../../scripts/sim/cluster/history.ts";
import type { ClusterPromised } from "../../../../scripts/sim/cluster/violation.ts";

/** A history whose time is set by hand, and what it found. */
class Told {
  now = 0;
  readonly found: ClusterPromised[] = [];
  readonly history = new History(() => this.now, ({ promise }) => void this.found.push(promise));

  /** Writes that were acknowledged one after another. */
  wrote(key: string, ...ids: number[]): void {
    for (const id of ids) {
      this.history.began(id, key);
      this.history.acknowledged(id, id);
    }
  }

  check(...entries: readonly (readonly [key: string, value: string, version: number])[]): void {
    const all = new Map(entries.map(([key, value, version]): [string, Entry] => {
      return [key, { key, value, version }];
    }));
    this.history.check((key) => all.get(key));
  }
}

Deno.test("a history in one order breaks no promise", () => {
  const told = new Told();
  told.wrote("register/1", 1, 2);
  told.history.read("register/1", "a", [1]);
  told.history.read("register/1", "a", [1, 2]);
  told.check(["register/1", "1,2", 2]);
  assertEquals(told.found, []);
});

Deno.test("an acknowledged write that is lost is found", () => {
  const told = new Told();
  told.wrote("register/1", 1, 2);
  told.wrote("group/1", 3);
  told.check(["register/1", "1", 1], ["group/1/0", "9:", 1]);
  assertEquals(told.found, ["no acknowledged write is lost", "no acknowledged write is lost"]);
});

Deno.test("a write that is older than one that was there before it began is found", () => {
  const told = new Told();
  told.wrote("register/1", 5);
  told.history.began(6, "register/2");
  told.history.acknowledged(6, 4);
  assertEquals(told.found, ["writes follow one another"]);
});

Deno.test("a write that holds though it was said not to is found, and one that nobody knows of is not", () => {
  const told = new Told();
  for (const id of [1, 2]) told.history.began(id, "register/1");
  told.history.failed(1, new DariError("unavailable", "nothing was written"));
  told.history.failed(2, new DariError("unavailable", "nobody knows", { retryable: false }));
  told.check(["register/1", "1,2", 2]);
  assertEquals(told.found, ["what was refused is not there"]);
});

Deno.test("a write that holds twice, and a read that goes back or aside, are found", () => {
  const told = new Told();
  told.wrote("register/1", 1, 2);
  told.history.read("register/1", "a", [1, 2]);
  told.history.read("register/1", "a", [1]);
  told.history.read("register/1", "b", [2]);
  told.check(["register/1", "1,2,1", 3]);
  const one = "writes follow one another" as const;
  assertEquals(told.found, [one, one, one, one]);
});

Deno.test("a write that takes the place of a later one is found", () => {
  const told = new Told();
  told.wrote("group/1", 1, 2);
  told.check(["group/1/0", "1:", 3]);
  assertEquals(told.found, ["writes follow one another"]);
});

Deno.test("what is read is not older than the bound", () => {
  const told = new Told();
  told.wrote("register/1", 1);
  told.wrote("group/1", 2);
  told.now = limits.maxStoreStalenessMs - 1;
  told.history.read("register/1", "a", []);
  told.history.readGroup("group/1", "a", [], 3);
  assertEquals(told.found, []);
  told.now++;
  told.history.read("register/1", "a", []);
  told.history.readGroup("group/1", "a", [], 3);
  const old = "what is read is not older than the bound" as const;
  assertEquals(told.found, [old, old]);
});

Deno.test("a part of a batch is found", () => {
  const told = new Told();
  const entry = (member: number, version: number) => ({
    ...{ key: `group/1/${member}`, value: "", version },
  });
  told.history.readGroup("group/1", "a", [0, 1, 2].map((member) => entry(member, 4)), 3);
  assertEquals(told.found, []);
  told.history.readGroup("group/1", "a", [entry(0, 4), entry(1, 4)], 3);
  told.history.readGroup("group/1", "a", [entry(0, 4), entry(1, 4), entry(2, 5)], 3);
  const half = "a batch holds whole or not at all" as const;
  assertEquals(told.found, [half, half]);
});
