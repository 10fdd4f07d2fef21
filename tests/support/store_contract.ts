import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { type Change, type Store, VersionConflictError } from "../../lib/store/mod.ts";
import type { TestClock } from "./clock.ts";

/** Uses an empty store. */
export type UseStore = (store: Store, clock: TestClock) => Promise<void>;

/** What every form of the store does, by a sentence that says it. */
export const storeContract: Record<string, UseStore> = {
  "get() gives what was put, byte for byte": async (store) => {
    const version = await store.put("a/b", '다리 🌉 "x"\n');
    assertEquals(await store.get("a/b"), { key: "a/b", value: '다리 🌉 "x"\n', version });
    assertEquals(await store.get("a"), null);
  },
  "every write gets a higher version": async (store) => {
    const first = await store.put("a", "1");
    const second = await store.put("b", "1");
    await store.delete("a");
    assert(first > 0 && second > first && await store.put("a", "1") > second);
  },
  "put() with a version writes only over that version": async (store) => {
    const version = await store.put("a", "1", { ifVersion: 0 });
    await assertRejects(() => store.put("a", "2", { ifVersion: 0 }), VersionConflictError);
    await assertRejects(
      () => store.put("a", "2", { ifVersion: version + 1 }),
      VersionConflictError,
    );
    await store.put("a", "2", { ifVersion: version });
    await assertRejects(() => store.put("a", "3", { ifVersion: version }), VersionConflictError);
    assertEquals((await store.get("a"))?.value, "2");
  },
  "delete() says whether there was one, and keeps to its version": async (store) => {
    const version = await store.put("a", "1");
    await assertRejects(() => store.delete("a", { ifVersion: version + 1 }), VersionConflictError);
    assertEquals(await store.delete("a", { ifVersion: version }), true);
    assertEquals(await store.delete("a"), false);
    await store.put("a", "again", { ifVersion: 0 });
  },
  "list() gives a prefix in order of keys, and nothing beside it": async (store) => {
    for (const key of ["p/b", "p/a", "p/a/z", "pa", "q", "p"]) await store.put(key, key);
    assertEquals((await store.list("p/")).map((entry) => entry.key), ["p/a", "p/a/z", "p/b"]);
    assertEquals((await store.list("")).length, 6);
  },
  "an entry ends at its expiry and its key is free again": async (store, clock) => {
    await store.put("a", "1", { expiresAtMs: clock.now() + 10 });
    clock.advance(9);
    assertEquals((await store.get("a"))?.value, "1");
    clock.advance(1);
    assertEquals(await store.get("a"), null);
    assertEquals(await store.list("a"), []);
    assertEquals(await store.delete("a"), false);
    await store.put("a", "2", { ifVersion: 0 });
  },
  "batch() does all or nothing": async (store) => {
    const version = await store.put("a", "1");
    await assertRejects(
      () =>
        store.batch([
          { kind: "put", key: "b", value: "1" },
          { kind: "delete", key: "a" },
          { kind: "put", key: "c", value: "1", ifVersion: 7 },
        ]),
      VersionConflictError,
    );
    assertEquals((await store.list("")).map((entry) => entry.key), ["a"]);
    await store.batch([
      { kind: "put", key: "b", value: "1", ifVersion: 0 },
      { kind: "delete", key: "a", ifVersion: version },
    ]);
    assertEquals((await store.list("")).map((entry) => entry.key), ["b"]);
  },
  "batch() refuses a key that appears twice": async (store) => {
    await assertRejects(
      () => store.batch([{ kind: "delete", key: "a" }, { kind: "put", key: "a", value: "" }]),
      RangeError,
      "twice",
    );
  },
  "put() refuses keys and values that a form could not keep": async (store) => {
    for (const key of ["", "a b", "é", "a\0", "*", "a".repeat(513)]) {
      await assertRejects(() => store.put(key, "1"), RangeError);
    }
    await assertRejects(() => store.put("a", "cut\0here"), RangeError, "U+0000");
  },
  "watch() hears of its prefix alone, in order, before the write resolves": async (store) => {
    const heard: string[] = [];
    const name = (change: Change) =>
      change.kind === "put"
        ? `+${change.entry.key}`
        : change.kind === "delete"
        ? `-${change.key}`
        : "!";
    {
      using _watch = store.watch("a/", (change) => heard.push(name(change)));
      await store.put("a/1", "x");
      assertEquals(heard, ["+a/1"]);
      await store.put("b/1", "x");
      await store.batch([{ kind: "delete", key: "a/1" }, { kind: "delete", key: "a/none" }]);
    }
    await store.put("a/2", "x");
    assertEquals(heard, ["+a/1", "-a/1"]);
  },
  "a listener may write": async (store) => {
    const versions: number[] = [];
    const written: Promise<number>[] = [];
    using _watch = store.watch("a", (change) => {
      if (change.kind !== "put") return;
      versions.push(change.entry.version);
      if (versions.length < 3) written.push(store.put("a", String(versions.length)));
    });
    await store.put("a", "0");
    for (const write of written) await write; // each may begin another
    assertEquals(versions.length, 3);
  },
  "a closed store rejects": async (store) => {
    await store.close();
    const operations: (() => unknown)[] = [
      () => store.get("a"),
      () => store.put("a", "1"),
      () => store.delete("a"),
      () => store.list(""),
      () => store.batch([{ kind: "delete", key: "a" }]),
      () => store.watch("", () => {}),
    ];
    for (const operation of operations) {
      const error = await assertRejects(async () => await operation(), DariError);
      assertEquals(error.code, "unavailable");
    }
    await store.close();
  },
};
