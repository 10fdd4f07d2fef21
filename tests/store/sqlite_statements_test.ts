import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { migrations } from "../../lib/store/migrations.ts";
import {
  entryOf,
  prepareStatements,
  type Row,
  type Statements,
} from "../../lib/store/sqlite_statements.ts";

/** An empty store in memory, closed behind the test. */
function withStatements(use: (statements: Statements) => void): void {
  const database = new DatabaseSync(":memory:");
  try {
    for (const step of migrations) database.exec(step);
    use(prepareStatements(database));
  } finally {
    database.close();
  }
}

const keysOf = (rows: readonly unknown[]): string[] => rows.map((row) => (row as Row).key);

Deno.test("the statement list reads a range of keys in their order", () => {
  withStatements(({ list, put }) => {
    for (const key of ["b", "a/2", "a/1", "a"]) put.run(key, "x", 1, null);
    assertEquals(keysOf(list.all("a/", "a/\x7f", 0)), ["a/1", "a/2"]);
  });
});

Deno.test("the statements get and list leave out expired and removed entries", () => {
  withStatements(({ get, list, put, remove }) => {
    put.run("kept", "x", 1, 100);
    put.run("expired", "x", 2, 50);
    put.run("removed", "x", 3, null);
    assertEquals(remove.run(4, 1_000, "removed", 50).changes, 1);
    assertEquals(keysOf(list.all("", "\x7f", 50)), ["kept"]);
    assertEquals(get.get("expired", 49) !== undefined, true);
    assertEquals(get.get("expired", 50), undefined);
    assertEquals(get.get("removed", 50), undefined);
  });
});

Deno.test("the statement remove changes nothing where there is no entry", () => {
  withStatements(({ put, remove }) => {
    assertEquals(remove.run(1, 1_000, "none", 0).changes, 0);
    put.run("expired", "x", 1, 50);
    assertEquals(remove.run(2, 1_000, "expired", 60).changes, 0);
  });
});

Deno.test("the statement since gives changes in the order of their versions, removals included", () => {
  withStatements(({ put, remove, since }) => {
    put.run("b", "x", 1, null);
    put.run("a", "x", 2, null);
    remove.run(3, 1_000, "b", 0);
    assertEquals(keysOf(since.all(0)), ["a", "b"]);
    assertEquals(keysOf(since.all(2)), ["b"]);
    assertEquals((since.get(2) as unknown as Row).value, null);
  });
});

Deno.test("forget writes down the newest removal that sweep then deletes", () => {
  withStatements(({ counter, forget, put, remove, since, sweep }) => {
    put.run("a", "x", 1, null);
    put.run("b", "x", 2, null);
    remove.run(3, 100, "a", 0);
    remove.run(4, 200, "b", 0);
    forget.run(150);
    sweep.run(150);
    assertEquals(counter.get("forgotten")?.value, 3);
    assertEquals(keysOf(since.all(0)), ["b"]);
    // Entries that expire by themselves were never removed, and are not among the forgotten.
    put.run("c", "x", 9, 160);
    forget.run(170);
    sweep.run(170);
    assertEquals(counter.get("forgotten")?.value, 3);
  });
});

Deno.test("nextRevision counts up from 1", () => {
  withStatements(({ nextRevision }) => {
    assertEquals([nextRevision.get()?.value, nextRevision.get()?.value], [1, 2]);
  });
});

Deno.test("entryOf() leaves the expiry out where there is none", () => {
  const row = { key: "a", value: "x", version: 7, expires_at: null };
  assertEquals(entryOf(row), { key: "a", value: "x", version: 7 });
  assertEquals(entryOf({ ...row, expires_at: 5 }), {
    key: "a",
    value: "x",
    version: 7,
    expiresAtMs: 5,
  });
});
