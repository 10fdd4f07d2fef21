import { assert, assertEquals } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import {
  apiKeyOf,
  secretRecord,
  signingKeyOf,
} from "../../../lib/auth/credential/api_key_record.ts";
import { sha256 } from "../../../lib/auth/proof/bytes.ts";

Deno.test("secretRecord() stores hashes, and an HMAC key only of keys that sign", async () => {
  const plain = await secretRecord("the secret", false);
  assertEquals(plain, { hash: encodeHex(sha256("the secret")) });
  const { signingKey = "", hash } = await secretRecord("the secret", true);
  assertEquals(hash, plain.hash);
  assertEquals(signingKey, encodeHex(await signingKeyOf("the secret")));
  assert(signingKey !== hash);
});

Deno.test("apiKeyOf() leaves the secrets and the account's id out", async () => {
  const record = {
    id: "0123456789ab",
    account: "alice",
    accountId: "an id",
    name: "web",
    active: true,
    signs: false,
    createdAtMs: 1,
    secrets: [await secretRecord("the secret", false)],
  };
  const { secrets: _secrets, accountId: _accountId, ...rest } = record;
  const visible = { ...rest, state: "active" as const };
  assertEquals(apiKeyOf(record, 9), visible);
  assertEquals(apiKeyOf(record, 9, 5), { ...visible, lastUsedAtMs: 5 });
});
