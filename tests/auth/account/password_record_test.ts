import { assert, assertEquals } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { createPasswordRecord } from "../../../lib/auth/account/password_record.ts";
import { sha256 } from "../../../lib/auth/proof/bytes.ts";
import { parsePasswordHash, verifyPassword } from "../../../lib/auth/proof/password.ts";
import { deriveKeys } from "../../../lib/auth/proof/scram.ts";

Deno.test("createPasswordRecord() stores what checks a password in both ways, and no password", async () => {
  const { phc, scram } = await createPasswordRecord("pencil", { iterations: 4_096 });
  assert(await verifyPassword("pencil", phc));
  assertEquals(await verifyPassword("pencil2", phc), false);
  assertEquals(scram.iterations, 4_096);
  assert(!JSON.stringify({ phc, scram }).includes("pencil"));
});

Deno.test("createPasswordRecord() takes two salts: the hash alone is not enough for SCRAM", async () => {
  const { phc, scram } = await createPasswordRecord("pencil", { iterations: 4_096 });
  const { salt, hash } = parsePasswordHash(phc);
  assert(encodeBase64(salt) !== scram.salt);
  const { clientKey } = await deriveKeys(hash);
  assert(encodeBase64(sha256(clientKey)) !== scram.storedKey);
});
