/**
 * Reads a store on a disk that cannot be written, and says what it found: run in a namespace of mounts
 * of a test's own. Its argument is the directory of the store.
 *
 * @module
 */

import { openTables } from "../../lib/store/tables/reader.ts";

const [directory] = Deno.args as [string];
using reader = await openTables(`${directory}/dari.db`, "audit_signers");
const signers = await reader.query((sql) => sql.all("SELECT pem FROM audit_signers"));
const temporary = Array.from(Deno.readDirSync(Deno.env.get("TMPDIR")!), ({ name }) => name);
console.log(JSON.stringify({ signers: signers.length, temporary }));
