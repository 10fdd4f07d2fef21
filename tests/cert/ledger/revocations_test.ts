import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { openFileLedger } from "../../../lib/cert/ledger/ledger.ts";
import { openRevocations } from "../../../lib/cert/ledger/revocations.ts";
import { TestClock } from "../../support/clock.ts";
import { facts } from "../../support/ledgers.ts";
import { tempDirectory } from "../../support/temp.ts";

async function fileRevocations(directory: string) {
  const clock = new TestClock();
  const revocations = await openRevocations(openFileLedger(directory, clock), clock);
  return { clock, revocations };
}

Deno.test("openRevocations() sees another process's line after a quarter of a second", async () => {
  await using directory = await tempDirectory();
  const { clock, revocations } = await fileRevocations(directory.path);
  const ledger = openFileLedger(directory.path);
  await ledger.recordIssued({ ...facts, serial: "1" });
  await ledger.revoke("1");
  assert(!revocations.isRevoked("1"));
  clock.advance(250);
  assert(revocations.isRevoked("1"));
  assert(!revocations.isRevoked("2"));
  await ledger.recordIssued({ ...facts, serial: "2" });
  await ledger.revoke("2");
  clock.advance(249);
  assert(!revocations.isRevoked("2"), "the file is looked at four times a second, and not more");
  clock.advance(1);
  assert(revocations.isRevoked("2"));
});

Deno.test("openRevocations() sees it at once when it is told to look", async () => {
  await using directory = await tempDirectory();
  const ledger = openFileLedger(directory.path);
  await ledger.recordIssued({ ...facts, serial: "1" });
  const { revocations } = await fileRevocations(directory.path);
  await ledger.revoke("1");
  await revocations.refresh();
  assert(revocations.isRevoked("1"));
});

Deno.test("openRevocations() looks for the first ledger of all after a quarter of a second", async () => {
  await using directory = await tempDirectory();
  const { clock, revocations } = await fileRevocations(directory.path);
  const ledger = openFileLedger(directory.path);
  await ledger.recordIssued({ ...facts, serial: "1" });
  await ledger.revoke("1");
  await revocations.refresh();
  assert(!revocations.isRevoked("1"));
  clock.advance(250);
  await revocations.refresh();
  assert(revocations.isRevoked("1"));
});

Deno.test("openRevocations() follows a file that was restored from a backup", async () => {
  await using directory = await tempDirectory();
  const ledger = openFileLedger(directory.path);
  const path = `${directory.path}/certificates.jsonl`;
  await ledger.recordIssued({ ...facts, serial: "1" });
  await Deno.copyFile(path, `${path}.backup`);
  await ledger.revoke("1");
  const { clock, revocations } = await fileRevocations(directory.path);
  assert(revocations.isRevoked("1"));
  await Deno.rename(`${path}.backup`, path);
  clock.advance(250);
  assert(!revocations.isRevoked("1"));
});

Deno.test("openRevocations() knows nothing while a file that was there is gone or empty", async () => {
  await using directory = await tempDirectory();
  const ledger = openFileLedger(directory.path);
  const path = `${directory.path}/certificates.jsonl`;
  await ledger.recordIssued({ ...facts, serial: "1" });
  const { clock, revocations } = await fileRevocations(directory.path);
  await Deno.rename(path, `${path}.backup`);
  clock.advance(250);
  assertEquals(assertThrows(() => revocations.isRevoked("1"), DariError, "is gone").code, "io");
  await assertRejects(() => revocations.refresh(), DariError, "is gone");
  await Deno.writeTextFile(path, "");
  assertThrows(() => revocations.isRevoked("1"), DariError, "is gone");
  await Deno.rename(`${path}.backup`, path);
  clock.advance(250);
  assert(!revocations.isRevoked("1"));
});
