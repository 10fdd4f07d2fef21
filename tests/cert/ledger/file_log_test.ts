import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { openFileLedger } from "../../../lib/cert/ledger/ledger.ts";
import { facts } from "../../support/ledgers.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("FileLog drops a last line that a crash has cut, and goes on", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/certificates.jsonl`;
  await openFileLedger(directory.path).recordIssued({ ...facts, serial: "1" });
  const whole = await Deno.readTextFile(path);
  for (const cut of ["{", whole.slice(0, -1), whole.slice(0, 20)]) {
    await Deno.writeTextFile(path, whole + cut.replace('"serial":"1"', '"serial":"9"'));
    const ledger = openFileLedger(directory.path);
    assertEquals((await ledger.entries()).length, 1);
    await ledger.recordIssued({ ...facts, serial: "2" });
    assertEquals((await openFileLedger(directory.path).entries()).length, 2);
  }
});

Deno.test("FileLog refuses a whole line that is no event, naming it", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/certificates.jsonl`;
  await openFileLedger(directory.path).recordIssued({ ...facts, serial: "1" });
  for (const line of ["nonsense", "{}"]) {
    await Deno.writeTextFile(path, `${await Deno.readTextFile(path)}${line}\n`);
    const ledger = openFileLedger(directory.path);
    for (let times = 0; times < 2; times++) {
      await assertRejects(() => ledger.entries(), DariError, "Line 2 of the ledger");
    }
  }
});

Deno.test("FileLog refuses a symbolic link in the place of its file", async () => {
  await using directory = await tempDirectory();
  await Deno.symlink("/dev/null", `${directory.path}/certificates.jsonl`);
  await assertRejects(
    () => openFileLedger(directory.path).entries(),
    DariError,
    "not a regular file",
  );
});

Deno.test("FileLog begins no second ledger beside a store", async () => {
  await using directory = await tempDirectory();
  await Deno.writeTextFile(`${directory.path}/dari.db`, "");
  const ledger = openFileLedger(directory.path);
  for (
    const use of [() => ledger.entries(), () => ledger.recordIssued({ ...facts, serial: "1" })]
  ) {
    const error = await assertRejects(use, DariError, "openStoreLedger");
    assertEquals(error.code, "configuration");
  }
  assertEquals(Array.from(Deno.readDirSync(directory.path), ({ name }) => name), ["dari.db"]);
});

Deno.test("FileLog writes nothing to a file that was renamed while it waited for the lock", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/certificates.jsonl`;
  const ledger = openFileLedger(directory.path);
  await ledger.recordIssued({ ...facts, serial: "1" });
  const before = await Deno.readTextFile(path);
  const holder = await Deno.open(path, { read: true, write: true });
  await holder.lock(true);
  const { lock } = Deno.FsFile.prototype;
  const { promise: waits, resolve } = Promise.withResolvers<void>();
  Deno.FsFile.prototype.lock = function (exclusive?: boolean): Promise<void> {
    resolve();
    return lock.call(this, exclusive);
  };
  try {
    const recorded = ledger.recordIssued({ ...facts, serial: "2" });
    await waits;
    await Deno.rename(path, `${path}.migrated`);
    holder.close();
    await recorded;
  } finally {
    Deno.FsFile.prototype.lock = lock;
  }
  assertEquals(await Deno.readTextFile(`${path}.migrated`), before);
  assertEquals((await ledger.entries()).map(({ serial }) => serial), ["2"]);
});
