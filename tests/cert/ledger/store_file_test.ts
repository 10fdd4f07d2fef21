import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { openStoreLedger } from "../../../lib/cert/ledger/ledger.ts";
import { openRevocations } from "../../../lib/cert/ledger/revocations.ts";
import { StoreFile } from "../../../lib/cert/ledger/store_file.ts";
import { openSqliteStore } from "../../../lib/store/mod.ts";
import { facts } from "../../support/ledgers.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("StoreFile takes the first file there is, and no other", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  const file = new StoreFile(path);
  await file.check();
  await Deno.writeTextFile(path, "one");
  await file.check();
  await Deno.rename(path, `${path}.old`);
  const { code } = await assertRejects(() => file.check(), DariError, "removed or replaced");
  assertEquals(code, "io");
  await Deno.writeTextFile(path, "another");
  await assertRejects(() => file.check(), DariError, "removed or replaced");
  await Deno.rename(`${path}.old`, path);
  await file.check();
});

for (const what of ["removed", "replaced by a backup"]) {
  Deno.test(`nobody relies on revocations whose store was ${what}`, async () => {
    await using directory = await tempDirectory();
    const storeFile = `${directory.path}/dari.db`;
    await (await openSqliteStore(storeFile)).close();
    await Deno.copyFile(storeFile, `${storeFile}.backup`);
    await using store = await openSqliteStore(storeFile);
    const ledger = openStoreLedger(store, { storeFile });
    await ledger.recordIssued({ ...facts, serial: "1" });
    using revocations = await openRevocations(ledger);
    assert(!revocations.isRevoked("1"));
    if (what === "removed") await Deno.remove(storeFile);
    else await Deno.rename(`${storeFile}.backup`, storeFile);
    await assertRejects(() => revocations.refresh(), DariError, "removed or replaced");
    assertThrows(() => revocations.isRevoked("1"), DariError, "removed or replaced");
  });
}
