import { assert, assertLess } from "@std/assert";
import { authLimits } from "../../../lib/base/limits/auth.ts";
import { certLimits } from "../../../lib/base/limits/cert.ts";
import { rpcLimits } from "../../../lib/base/limits/rpc.ts";
import { storeLimits } from "../../../lib/base/limits/store.ts";

Deno.test("authLimits are at least what OWASP and NIST ask for", () => {
  assert(authLimits.passwordIterations >= 600_000);
  assert(authLimits.minPasswordCharacters >= 15);
  assert(authLimits.maxPasswordBytes >= 64);
});

Deno.test("authLimits keep a count of failures for longer than a lock and than a failure counts", () => {
  assertLess<number>(authLimits.lockoutMs, authLimits.failureRecordLifeMs);
  assertLess<number>(authLimits.failureMemoryMs, authLimits.failureRecordLifeMs);
});

Deno.test("authLimits draw at least 128 random bits for everything that must not be guessed", () => {
  const { tokenBytes, challengeBytes, scramNonceBytes, passwordSaltBytes, signatureNonceBytes } =
    authLimits;
  for (
    const bytes of [
      tokenBytes,
      challengeBytes,
      scramNonceBytes,
      passwordSaltBytes,
      signatureNonceBytes,
    ]
  ) {
    assert(bytes >= 16);
  }
});

Deno.test("authLimits write a session's use down well before it would end", () => {
  assert(authLimits.touchMs < authLimits.sessionIdleMs / 2 && authLimits.touchShare < 0.5);
  assertLess<number>(authLimits.sessionIdleMs, authLimits.sessionMaxMs);
});

Deno.test("authLimits let the longest sign-in text through before a sign-in", () => {
  assertLess<number>(authLimits.maxSignInTextLength, rpcLimits.maxLineBytesBeforeSignIn);
});

Deno.test("authLimits look for what was disabled or revoked within a second", () => {
  const { recheckMs } = authLimits;
  assertLess<number>(certLimits.revocationCheckMs + storeLimits.storePollMs + recheckMs, 1_000);
});
