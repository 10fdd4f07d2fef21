import { openSqliteStore } from "../../lib/store/sqlite.ts";
import type { SqliteStore, SqliteStoreOptions } from "../../lib/store/store.ts";
import { tempDirectory } from "./temp.ts";

let made: Promise<Uint8Array> | undefined;

/** Opens a new store in a file. The first one of a program is made; all others are copies of it. */
export async function openNewStore(
  path: string,
  options: SqliteStoreOptions,
): Promise<SqliteStore> {
  await Deno.writeFile(path, await (made ??= make()), { createNew: true, mode: 0o600 });
  return await openSqliteStore(path, options);
}

async function make(): Promise<Uint8Array> {
  await using directory = await tempDirectory();
  const path = `${directory.path}/new.db`;
  await (await openSqliteStore(path)).close();
  return await Deno.readFile(path);
}
