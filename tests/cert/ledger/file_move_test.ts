import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import type { LedgerEntry } from "../../../lib/cert/ledger/event.ts";
import { openFileLedger, openStoreLedger } from "../../../lib/cert/ledger/ledger.ts";
import { dataLedger } from "../../../lib/endpoint/data_ledger.ts";
import { createMemoryStore, openSqliteStore, type Store } from "../../../lib/store/mod.ts";
import { interruptedMove } from "../../support/interrupted_move.ts";
import { facts, issued, revoked } from "../../support/ledgers.ts";
import { tempDirectory } from "../../support/temp.ts";

const events = [
  issued("9"),
  issued("1", { file: "/srv/a.crt" }),
  issued("2", { replaces: "1", file: "/srv/a.crt" }),
  revoked("2"),
  issued("3", { notAfterMs: 1 }),
  { event: "revoked", atMs: 5, serial: "9", reason: "keyCompromise" } as const,
];

/** A data directory as an older dari leaves it, and what its ledger says. */
async function oldDirectory() {
  const directory = await tempDirectory();
  const { path } = directory;
  const file = `${path}/certificates.jsonl`;
  await Deno.writeTextFile(file, events.map((event) => `${JSON.stringify(event)}\n`).join(""), {
    mode: 0o600,
  });
  const entries = await openFileLedger(path).entries();
  return { path, file, entries, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

function filesOf(directory: string): string[] {
  return Array.from(Deno.readDirSync(directory), ({ name }) => name)
    .filter((name) => name.startsWith("certificates")).sort();
}

async function assertMoved(store: Store, directory: string, entries: LedgerEntry[]): Promise<void> {
  await using ledger = openStoreLedger(store, { directory });
  assertEquals(await ledger.entries(), entries);
  assertEquals(filesOf(directory), ["certificates.jsonl.migrated"]);
}

Deno.test("a store takes over a ledger's file, every event in order, and keeps the file", async () => {
  await using old = await oldDirectory();
  const text = await Deno.readTextFile(old.file);
  await using store = createMemoryStore();
  await assertMoved(store, old.path, old.entries);
  assertEquals(await Deno.readTextFile(`${old.file}.migrated`), text);
  const values = (await store.list("ledger/event/")).map(({ value }) => JSON.parse(value));
  assertEquals(values, events);
  await assertMoved(store, old.path, old.entries);
  assertEquals((await store.list("ledger/event/")).length, events.length);
});

Deno.test("a move that is interrupted at any moment is made good by the next", async () => {
  let moments = 0;
  for (let isDone = false; !isDone; moments++) {
    await using old = await oldDirectory();
    await using store = createMemoryStore();
    const log = interruptedMove(store, old.path, (moment) => {
      if (moment === moments) throw new DariError("io", "interrupted");
    });
    isDone = await log.refresh().then(() => true, () => false);
    await assertMoved(store, old.path, old.entries);
    assertEquals((await store.list("ledger/event/")).length, events.length, `${moments}`);
  }
  assert(moments > 10, `${moments} moments`);
});

Deno.test("an older dari that writes after an interruption is heard by the next move", async () => {
  let moments = 0;
  for (let isDone = false; !isDone; moments++) {
    await using old = await oldDirectory();
    await using store = createMemoryStore();
    const log = interruptedMove(store, old.path, (moment) => {
      if (moment === moments) throw new DariError("io", "interrupted");
    });
    isDone = await log.refresh().then(() => true, () => false);
    // It appends to the file, or begins a new one where the old one has been renamed.
    await openFileLedger(old.path).recordIssued({ ...facts, serial: "ab" });
    await using ledger = openStoreLedger(store, { directory: old.path });
    const entries = await ledger.entries();
    assertEquals(entries.slice(0, -1), old.entries);
    assertEquals(entries.at(-1)?.serial, "ab");
    assert(!filesOf(old.path).includes("certificates.jsonl"));
  }
});

Deno.test("two processes that move at once move everything once", async () => {
  await using old = await oldDirectory();
  const open = () => openSqliteStore(`${old.path}/dari.db`);
  await using one = await open();
  await using other = await open();
  const [here, there] = await Promise.all(
    [one, other].map((store) => openStoreLedger(store, { directory: old.path }).entries()),
  );
  assertEquals(here, old.entries);
  assertEquals(there, old.entries);
  await assertMoved(one, old.path, old.entries);
  assertEquals((await one.list("ledger/event/")).length, events.length);
});

Deno.test("a process that is killed at any moment of the move loses no event", async () => {
  const script = new URL("../../support/killed_move.ts", import.meta.url).pathname;
  const killAt = async (moment: number) => {
    await using old = await oldDirectory();
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", "--quiet", "--no-check", script, old.path, `${moment}`],
      stderr: "inherit",
    });
    const { signal, success } = await child.output();
    assert(success || signal === "SIGKILL");
    await using ledger = dataLedger(old.path);
    assertEquals(await ledger.entries(), old.entries, `killed at ${moment}`);
    assertEquals(filesOf(old.path), ["certificates.jsonl.migrated"]);
    return success;
  };
  for (let moment = 0, isDone = false; !isDone; moment += 4) {
    const ends = await Promise.all([0, 1, 2, 3].map((more) => killAt(moment + more)));
    isDone = ends.at(-1) ?? false;
    assert(moment > 0 || !ends[0], "the first must have been killed");
  }
});

Deno.test("a file that comes back is moved as well, under a name of its own", async () => {
  await using old = await oldDirectory();
  await using store = createMemoryStore();
  await assertMoved(store, old.path, old.entries);
  const back = [...events.slice(0, 2), issued("4"), revoked("1")];
  await Deno.writeTextFile(old.file, back.map((event) => `${JSON.stringify(event)}\n`).join(""));
  await using ledger = openStoreLedger(store, { directory: old.path });
  const entries = await ledger.entries();
  assertEquals(entries.map(({ serial }) => serial), ["9", "1", "2", "3", "4"]);
  assertEquals(entries.slice(0, 4), old.entries); // 1 was revoked with 2 already
  assertEquals(filesOf(old.path), [
    "certificates.jsonl.migrated",
    "certificates.jsonl.migrated.2",
  ]);
});

Deno.test("a running ledger takes in a file that comes back", async () => {
  await using old = await oldDirectory();
  await using store = createMemoryStore();
  await using ledger = openStoreLedger(store, {
    directory: old.path,
    clock: { now: Date.now, monotonic: () => time },
  });
  let time = 0;
  await ledger.entries();
  await openFileLedger(old.path).recordIssued({ ...facts, serial: "ab" });
  time = 250;
  assertEquals((await ledger.entry("ab")).serial, "ab");
});

Deno.test("a moved file that was written to afterwards is read again", async () => {
  await using old = await oldDirectory();
  await using store = createMemoryStore();
  await assertMoved(store, old.path, old.entries);
  const moved = `${old.file}.migrated`;
  // An older dari that waited for the lock begins the renamed file anew.
  await Deno.writeTextFile(moved, `${JSON.stringify(issued("cd"))}\n`);
  for (let opens = 0; opens < 2; opens++) {
    await using ledger = openStoreLedger(store, { directory: old.path });
    assertEquals((await ledger.entries()).map(({ serial }) => serial), ["9", "1", "2", "3", "cd"]);
  }
});

Deno.test("a moved file refuses a store that it was not moved into", async () => {
  await using old = await oldDirectory();
  {
    await using store = createMemoryStore();
    await assertMoved(store, old.path, old.entries);
  }
  await using empty = createMemoryStore();
  const error = await assertRejects(
    () => openStoreLedger(empty, { directory: old.path }).entries(),
    DariError,
    "not this one",
  );
  assertEquals(error.code, "data");
  await Deno.rename(`${old.file}.migrated`, old.file); // as the message says
  await assertMoved(empty, old.path, old.entries);
});

Deno.test("a damaged file moves nothing, and stays", async () => {
  await using old = await oldDirectory();
  await Deno.writeTextFile(old.file, "nonsense\n", { append: true });
  await using store = createMemoryStore();
  const { code } = await assertRejects(
    () => openStoreLedger(store, { directory: old.path }).entries(),
    DariError,
    `Line ${events.length + 1} of the ledger`,
  );
  assertEquals(code, "data");
  assertEquals(await store.list(""), []);
  assertEquals(filesOf(old.path), ["certificates.jsonl"]);
});

Deno.test("a file and a store with different certificates of one serial are refused", async () => {
  await using old = await oldDirectory();
  await using store = createMemoryStore();
  await openStoreLedger(store).recordIssued({ ...facts, serial: "9", authority: "bb" });
  await assertRejects(
    () => openStoreLedger(store, { directory: old.path }).entries(),
    DariError,
    "different certificates of serial 9",
  );
  assertEquals((await store.list("")).length, 1);
});

Deno.test("a last line that a crash has cut does not come along", async () => {
  await using old = await oldDirectory();
  await Deno.writeTextFile(old.file, JSON.stringify(issued("5")), { append: true });
  await using store = createMemoryStore();
  await assertMoved(store, old.path, old.entries);
});

Deno.test("a symbolic link in the place of the file is refused", async () => {
  await using directory = await tempDirectory();
  await Deno.symlink("/dev/null", `${directory.path}/certificates.jsonl`);
  await using store = createMemoryStore();
  await assertRejects(
    () => openStoreLedger(store, { directory: directory.path }).entries(),
    DariError,
    "not a regular file",
  );
});
