import { assert, assertEquals } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import {
  apiKeyOf,
  secretRecord,
  signingKeyOf,
} from "../../../lib/auth/credential/api_key_record.ts";
import { sha256 } from "../../../lib/auth/proof/bytes.ts";

Deno.test("secretRecord() stores hashes, and an HMAC key only of keys that sign", () => {
  const plain = secretRecord("the secret", false);
  assertEquals(plain, { hash: encodeHex(sha256("the secret")) });
  const { signingKey = "", hash } = secretRecord("the secret", true);
  assertEquals(hash, plain.hash);
  assertEquals(signingKey, encodeHex(signingKeyOf("the secret")));
  assert(signingKey !== hash);
});

Deno.test("apiKeyOf() leaves the secrets and the account's id out", () => {
  const record = {
    id: "0123456789ab",
    account: "alice",
    accountId: "an id",
    name: "web",
    active: true,
    signs: false,
    createdAtMs: 1,
    secrets: [secretRecord("the secret", false)],
  };
  const { secrets: _secrets, accountId: _accountId, ...visible } = record;
  assertEquals(apiKeyOf(record), visible);
  assertEquals(apiKeyOf(record, 5), { ...visible, lastUsedAtMs: 5 });
});
