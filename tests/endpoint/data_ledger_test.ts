import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { initAuthority, openFileLedger } from "../../lib/cert/mod.ts";
import { dataLedger } from "../../lib/endpoint/data_ledger.ts";
import { facts } from "../support/ledgers.ts";
import { tempDirectory } from "../support/temp.ts";

function namesIn(directory: string): string[] {
  return Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
}

Deno.test("dataLedger() reads an empty ledger where there is no data directory, and makes none", async () => {
  await using directory = await tempDirectory();
  await using ledger = dataLedger(`${directory.path}/data`);
  assertEquals(await ledger.entries(), []);
  await assertRejects(() => ledger.revoke("1"), DariError, "no certificate");
  assertEquals(namesIn(directory.path), []);
});

Deno.test("dataLedger() makes the data directory and its store with the first certificate", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  {
    await using ledger = dataLedger(data);
    await ledger.recordIssued({ ...facts, serial: "1" });
  }
  assertEquals(namesIn(data), ["dari.db", "dari.db-record", "dari.db-revision"]);
  assertEquals((await Deno.stat(data)).mode! & 0o777, 0o700);
  await using again = dataLedger(data);
  assertEquals((await again.entry("1")).subject, "CN=a");
});

Deno.test("dataLedger() takes over the file of an older data directory, which then stays closed", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const { serial } = await initAuthority(data);
  await using ledger = dataLedger(data);
  assertEquals((await ledger.entries()).map((entry) => entry.serial), [serial]);
  const error = await assertRejects(() => openFileLedger(data).entries(), DariError);
  assertEquals(error.code, "configuration");
});

Deno.test("dataLedger() refuses a data directory that others can use", async () => {
  await using directory = await tempDirectory();
  await Deno.chmod(directory.path, 0o755);
  await using ledger = dataLedger(directory.path);
  await assertRejects(() => ledger.recordIssued({ ...facts, serial: "1" }), DariError, "chmod 700");
});
