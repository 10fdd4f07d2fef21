import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import {
  type Certificate,
  CertificateError,
  formatName,
  generateKeyPair,
  initAuthority,
  issueLeaf,
  type LeafOptions,
  loadAuthority,
  openFileLedger,
} from "../../../lib/cert/mod.ts";
import { oid } from "../../../lib/cert/der/oid.ts";
import { TestClock } from "../../support/clock.ts";
import { keyIdText } from "../../../lib/cert/key/public_key.ts";
import { tempDirectory } from "../../support/temp.ts";
import { weakPublicKey } from "../../support/weak_key.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
const { publicKey } = await generateKeyPair();

/** A data directory with an authority for everything, and leaves of it for one and the same key. */
async function workshop(options: { lifeMs?: number } = {}) {
  const directory = await tempDirectory();
  const clock = new TestClock();
  await initAuthority(directory.path, { permits: "any", clock, ...options });
  const authority = await loadAuthority(directory.path);
  const ledger = openFileLedger(directory.path, clock);
  return {
    authority,
    clock,
    ledger,
    path: directory.path,
    issue: (options: Partial<LeafOptions> = {}): Promise<Certificate> =>
      issueLeaf(authority, ledger, publicKey, { names: ["a.internal"], clock, ...options }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

Deno.test("issueLeaf() keeps to the profile: what is critical, what the key may do, whose key it is", async () => {
  await using shop = await workshop();
  const { extensions, version, serial } = await shop.issue();
  assertEquals(version, 3);
  assertEquals(extensions.basicConstraints, { isAuthority: false });
  assertEquals(extensions.keyUsage, new Set(["digitalSignature"] as const));
  assertEquals(extensions.extKeyUsage, [oid.serverAuth]);
  assertEquals(extensions.critical, [oid.basicConstraints, oid.keyUsage]);
  assertEquals(extensions.subjectKeyId, await keyIdText(publicKey));
  assertEquals(extensions.authorityKeyId, shop.authority.keyId);
  assertEquals(serial.length, 32, "16 octets, of which the first is neither 0 nor negative");
});

Deno.test("issueLeaf() issues for 30 days, and never beyond its authority's life", async () => {
  await using shop = await workshop({ lifeMs: 100 * DAY_MS });
  const dayOf = ({ notAfterMs }: Certificate) => (notAfterMs - 999 - start) / DAY_MS;
  const start = shop.clock.now();
  assertEquals(dayOf(await shop.issue()), 30);
  assertEquals(dayOf(await shop.issue({ lifeMs: DAY_MS })), 1);
  assertEquals(dayOf(await shop.issue({ lifeMs: 825 * DAY_MS })), 100);
  await assertRejects(() => shop.issue({ lifeMs: 826 * DAY_MS }), DariError, "at most 825");
});

Deno.test("issueLeaf() issues for no longer than platforms accept, the first and the last second counted", async () => {
  await using shop = await workshop();
  const lifeMs = limits.maxLeafLifeMs;
  shop.clock.advance(DAY_MS); // so that the authority's own beginning does not shorten it
  const { notBeforeMs, notAfterMs } = await shop.issue({ lifeMs });
  const seconds = (ms: number) => Math.floor(ms / 1_000);
  assertEquals(seconds(notAfterMs) - seconds(notBeforeMs) + 1, 825 * 24 * 60 * 60);
  await assertRejects(() => shop.issue({ lifeMs: lifeMs + 1 }), DariError, "at most 825");
});

Deno.test("issueLeaf() refuses once its authority has expired, and says how to replace it", async () => {
  await using shop = await workshop({ lifeMs: DAY_MS });
  shop.clock.advance(DAY_MS + 1_000);
  const error = await assertRejects(() => shop.issue(), DariError, "dari cert rotate");
  assertEquals(error.code, "failed_precondition");
});

Deno.test("issueLeaf() refuses while the clock is before its authority's beginning", async () => {
  await using shop = await workshop();
  const { serial, notBeforeMs } = shop.authority.certificate;
  shop.clock.advance(notBeforeMs - shop.clock.now() - 1_000);
  const error = await assertRejects(
    () => shop.issue(),
    CertificateError,
    "the clock of this machine",
  );
  assertEquals([error.reason, error.code], ["not_yet_valid", "failed_precondition"]);
  assertEquals((await shop.ledger.entries()).map((entry) => entry.serial), [serial]);
  shop.clock.advance(1_000);
  assertEquals((await shop.issue()).notBeforeMs, notBeforeMs);
});

Deno.test("issueLeaf() does not begin a leaf's life before its authority's", async () => {
  await using shop = await workshop();
  const { notBeforeMs } = await shop.issue();
  assert(notBeforeMs >= shop.authority.certificate.notBeforeMs);
});

Deno.test("issueLeaf() names the subject after the first name, or as it is told", async () => {
  await using shop = await workshop();
  const subjectOf = async (names: string[], subject?: string) => {
    const leaf = await shop.issue({ names, ...(subject === undefined ? {} : { subject }) });
    return [formatName(leaf.subject), leaf.extensions.critical.includes(oid.subjectAltName)];
  };
  assertEquals(await subjectOf(["b.internal", "a.internal"]), ["CN=b.internal", false]);
  assertEquals(await subjectOf(["10.0.0.1"]), ["CN=IP:10.0.0.1", false]);
  assertEquals(await subjectOf(["b.internal"], "O=Example, CN=b"), ["O=Example, CN=b", false]);
  // RFC 5280 section 4.2.1.6: critical where nothing else says whom it is about.
  assertEquals(await subjectOf([`${"a".repeat(60)}.internal`]), ["", true]);
});

Deno.test("issueLeaf() holds each name once, and refuses none and too many", async () => {
  await using shop = await workshop();
  const { extensions } = await shop.issue({ names: ["A.internal", "a.internal", "127.0.0.1"] });
  assertEquals(extensions.subjectAltName?.length, 2);
  await assertRejects(() => shop.issue({ names: [] }), DariError, "needs a name");
  const many = Array.from({ length: 101 }, (_, i) => `n${i}.internal`);
  await assertRejects(() => shop.issue({ names: many }), DariError, "at most 100");
});

Deno.test("issueLeaf() refuses a key that is weak", async () => {
  await using shop = await workshop();
  const weak = await weakPublicKey();
  const { authority, ledger } = shop;
  const error = await assertRejects(
    () => issueLeaf(authority, ledger, weak, { names: ["a.internal"] }),
    DariError,
    "1024 bits",
  );
  assertEquals([error.code, (await ledger.entries()).length], ["data", 1]);
});

Deno.test("issueLeaf() records what it issues before anybody sees it", async () => {
  await using shop = await workshop();
  const options = { names: ["a.internal", "10.0.0.1"], purposes: ["client"] as const };
  const { serial, notAfterMs, publicKey } = await shop.issue({ ...options, file: "/x/a.crt" });
  const { atMs: _, notBeforeMs: __, ...entry } = await shop.ledger.entry(serial);
  assertEquals(entry, {
    serial,
    authority: shop.authority.keyId,
    subject: "CN=a.internal",
    ...options,
    notAfterMs,
    key: await keyIdText(publicKey),
    file: "/x/a.crt",
  });
});
