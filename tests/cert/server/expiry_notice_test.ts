import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { parseCertificates } from "../../../lib/cert/mod.ts";
import { expiryNotice } from "../../../lib/cert/server/expiry_notice.ts";
import { tlsAuthority, tlsPair } from "../../support/tls_certificates.ts";

const DAY_MS = 86_400_000;
const END_MS = Date.parse("2030-05-06T07:08:00Z");

/** The notices about a certificate that lives so long, at times before its end. */
async function noticesOf(lifeMs: number, ...msBefore: number[]) {
  const authority = await tlsAuthority("CN=authority");
  const times = { notBeforeMs: END_MS - lifeMs, notAfterMs: END_MS };
  const { cert } = await tlsPair(authority, times);
  const [{ notAfterMs }] = parseCertificates(cert); // to the end of its last second
  return msBefore.map((ms) => expiryNotice("It", cert, notAfterMs - ms));
}

Deno.test("expiryNotice() speaks up in the last sixth of a life, and after it", async () => {
  const share = DAY_MS * limits.expiryNoticeLifeShare;
  assertEquals(await noticesOf(DAY_MS, share + 1_000, share, 0, -1), [
    undefined,
    "It expires at 2030-05-06 07:08Z: replace it before that",
    "It expires at 2030-05-06 07:08Z: replace it before that",
    "It expired at 2030-05-06 07:08Z, and peers refuse it: replace it",
  ]);
});

Deno.test("expiryNotice() speaks up at most 14 days before the end", async () => {
  const { maxExpiryNoticeMs } = limits;
  const notices = await noticesOf(365 * DAY_MS, maxExpiryNoticeMs + 1, maxExpiryNoticeMs);
  assertEquals(notices.map((notice) => notice !== undefined), [false, true]);
});
