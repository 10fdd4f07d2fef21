import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { utf8 } from "../../../lib/auth/proof/bytes.ts";
import { codeOf, findStep, showSecret, stepAt } from "../../../lib/auth/factor/one_time_code.ts";

/** RFC 6238, appendix B: the time in seconds, and the code of each hash function. */
const vectors = [
  [59, "94287082", "46119246", "90693936"],
  [1111111109, "07081804", "68084774", "25091201"],
  [1111111111, "14050471", "67062674", "99943326"],
  [1234567890, "89005924", "91819424", "93441116"],
  [2000000000, "69279037", "90698825", "38618901"],
  [20000000000, "65353130", "77737706", "47863826"],
] as const;
/** The secrets, as the code of the appendix has them. */
const secrets = {
  SHA1: utf8("12345678901234567890"),
  SHA256: utf8("12345678901234567890123456789012"),
  SHA512: utf8("1234567890123456789012345678901234567890123456789012345678901234"),
};

Deno.test("codeOf() gives the codes of RFC 6238, appendix B", async () => {
  for (const [seconds, ...codes] of vectors) {
    for (const [place, algorithm] of (["SHA1", "SHA256", "SHA512"] as const).entries()) {
      const code = await codeOf(secrets[algorithm], stepAt(seconds * 1_000), {
        algorithm,
        digits: 8,
      });
      assertEquals(code, codes[place], `${algorithm} at ${seconds}`);
    }
  }
});

Deno.test("findStep() takes the codes of RFC 6238 with six digits at their time", async () => {
  for (const [seconds, code] of vectors) {
    const step = await findStep(secrets.SHA1, code.slice(2), seconds * 1_000, 0);
    assertEquals(step, Math.floor(seconds / 30));
  }
});

Deno.test("findStep() takes a code one step early and late, and not two", async () => {
  const secret = secrets.SHA1;
  const { oneTimeCodeStepMs: stepMs, oneTimeCodeDriftSteps: drift } = limits;
  const now = 1_000_000 * stepMs;
  for (const off of [-drift - 1, -drift, 0, drift, drift + 1]) {
    const code = await codeOf(secret, 1_000_000 + off);
    const expected = Math.abs(off) <= drift ? 1_000_000 + off : undefined;
    assertEquals(await findStep(secret, code, now, 0), expected, String(off));
    // The last millisecond of the step is as good as its first.
    assertEquals(await findStep(secret, code, now + stepMs - 1, 0), expected, String(off));
  }
});

Deno.test("findStep() takes no step twice, and none before one that was used", async () => {
  const secret = secrets.SHA1;
  const step = 1_000_000;
  const now = step * limits.oneTimeCodeStepMs;
  const [before, present, after] = await Promise.all(
    [step - 1, step, step + 1].map((each) => codeOf(secret, each)),
  );
  assertEquals(await findStep(secret, present!, now, step), undefined);
  assertEquals(await findStep(secret, before!, now, step), undefined);
  assertEquals(await findStep(secret, after!, now, step), step + 1);
});

Deno.test("findStep() takes nothing but the digits", async () => {
  const code = await codeOf(secrets.SHA1, 1_000);
  const now = 1_000 * limits.oneTimeCodeStepMs;
  for (const wrong of ["", code.slice(1), `${code}0`, ` ${code}`, "ａｂｃ", "0".repeat(100)]) {
    assertEquals(await findStep(secrets.SHA1, wrong, now, 0), undefined, wrong);
  }
});

Deno.test("showSecret() writes what authenticator apps read", async () => {
  const label = { issuer: "shop: east", account: "alice+1@example.com" };
  const { secret, uri } = await showSecret(secrets.SHA1, label);
  assertEquals(secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  assert(uri.startsWith("otpauth://totp/shop%20%20east:alice%2B1%40example.com?"), uri);
  for (const part of [`secret=${secret}`, "digits=6", "period=30", "algorithm=SHA1"]) {
    assertStringIncludes(uri, part);
  }
});
