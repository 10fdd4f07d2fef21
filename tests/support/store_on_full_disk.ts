/**
 * Makes a store on a disk of its own, fills that, and says what the store and its readers do.
 *
 * @module
 */

import { diskFailure } from "../../lib/base/file/disk_failure.ts";
import { DariError } from "../../lib/base/errors.ts";
import { openSqliteStore } from "../../lib/store/mod.ts";
import { openTables } from "../../lib/store/tables/reader.ts";

const directory = Deno.args[0]!;
const path = `${directory}/dari.db`;
{
  await using store = await openSqliteStore(path);
  await store.transact((sql) => sql.run("INSERT INTO audit_signers VALUES ('a', 'b')"));
}
{
  using file = await Deno.open(`${directory}/fill`, { write: true, createNew: true });
  const block = new Uint8Array(4_096);
  while (await file.write(block).catch(() => 0) > 0);
}

const error = await openSqliteStore(path).then(() => undefined, (error: unknown) => error);
using reader = await openTables(path, "audit_signers");
const count = "SELECT count(*) AS count FROM audit_signers";
const [row] = await reader.query((sql) => sql.all<{ count: number }>(count));
const left = [...Deno.readDirSync(directory)].map(({ name }) => name);
console.log(JSON.stringify({
  message: error instanceof DariError ? error.message.replace(directory, "DIR") : `${error}`,
  told: error instanceof DariError ? diskFailure(error)?.code : undefined,
  signers: row?.count,
  temporary: left.filter((name) => name.endsWith(".tmp")),
}));
