import { assert, assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { systemRandom } from "../../../lib/auth/proof/bytes.ts";
import {
  createRecoveryCodes,
  findHash,
  foldCode,
  hashRecoveryCode,
} from "../../../lib/auth/factor/recovery_code.ts";

Deno.test("createRecoveryCodes() makes ten different codes of sixteen letters", () => {
  const codes = createRecoveryCodes(systemRandom);
  assertEquals(new Set(codes).size, limits.recoveryCodes);
  for (const code of codes) {
    assert(/^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/.test(code), code);
    assertEquals(foldCode(code).length, limits.recoveryCodeLetters);
  }
});

Deno.test("foldCode() takes a code as people type it", () => {
  assertEquals(foldCode(" X7KD-2m9q OI-L0 "), "x7kd2m9q0110");
  assertEquals(foldCode("123 456"), "123456");
  assertEquals(foldCode(""), "");
});

Deno.test("hashRecoveryCode() depends on account, store and code, and not on the spelling", async () => {
  const key = systemRandom(32);
  const hash = await hashRecoveryCode(key, "alice", "aaaa-bbbb");
  assertEquals(await hashRecoveryCode(key, "alice", "AAAA bbbb"), hash);
  const others = await Promise.all([
    hashRecoveryCode(key, "bob", "aaaa-bbbb"),
    hashRecoveryCode(systemRandom(32), "alice", "aaaa-bbbb"),
    hashRecoveryCode(key, "alice", "aaaa-bbbc"),
  ]);
  assertEquals(findHash(others, hash), -1);
  assertEquals(findHash([...others, hash], hash), 3);
  assertEquals(findHash([], hash), -1);
});
