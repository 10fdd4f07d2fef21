import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { decodePem } from "../../../lib/cert/mod.ts";
import { certificateJudge } from "../../../lib/endpoint/scan/certificate_judge.ts";
import { TestClock } from "../../support/clock.ts";
import { hasOpenssl, openssl } from "../../support/openssl.ts";
import { tempDirectory } from "../../support/temp.ts";
import {
  NOON_MS,
  testAuthority,
  testLeaf,
  type TestOptions,
} from "../../support/test_authority.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

async function judged(options: TestOptions, timeMs = NOON_MS, name = "leaf.internal") {
  const root = await testAuthority({ notAfterMs: NOON_MS + 400 * DAY_MS });
  const leaf = await testLeaf(root, options);
  const judge = certificateJudge({ authorities: [root.certificate], clock: new TestClock(timeMs) });
  return await judge.judge([leaf.der], name);
}

async function rulesOf(...args: Parameters<typeof judged>): Promise<string[]> {
  return (await judged(...args)).faults.map(({ rule }) => rule);
}

Deno.test("a certificate that is right has no fault", async () => {
  const long = { notBeforeMs: NOON_MS - DAY_MS, notAfterMs: NOON_MS + 90 * DAY_MS };
  const { isTrusted, faults, key, signature, chain } = await judged(long);
  assertEquals([isTrusted, faults, key], [true, [], "ECDSA P-256"]);
  assertEquals([signature, chain], ["ecdsaWithSha256", ["CN=leaf"]]);
});

Deno.test("a certificate for another name is said to be one", async () => {
  assertEquals(await rulesOf({}, NOON_MS, "db.internal"), ["certificate-name"]);
  assertEquals(await rulesOf({}, NOON_MS, "127.0.0.1"), ["certificate-name"]);
  // No certificate can be made out to this one.
  assertEquals(await rulesOf({}, NOON_MS, "my host"), ["certificate-name"]);
});

Deno.test("dates are judged to the millisecond", async () => {
  const [notBeforeMs, notAfterMs] = [NOON_MS, NOON_MS + 90 * DAY_MS];
  const at = (timeMs: number) => rulesOf({ notBeforeMs, notAfterMs }, timeMs);
  // A certificate is valid until the end of its last second.
  const endMs = notAfterMs + 999;
  assertEquals(await at(notBeforeMs - 1), ["certificate-not-yet-valid"]);
  assertEquals(await at(notBeforeMs), []);
  assertEquals(await at(endMs - limits.scanExpiryWarningMs), []);
  assertEquals(await at(endMs - limits.scanExpiryWarningMs + 1), ["certificate-expires-soon"]);
  assertEquals(await at(endMs), ["certificate-expires-soon"]);
  assertEquals(await at(endMs + 1), ["certificate-expired"]);
});

Deno.test("a certificate that lives for a day expires soon in its last third only", async () => {
  const [notBeforeMs, notAfterMs] = [NOON_MS, NOON_MS + DAY_MS];
  const at = (timeMs: number) => rulesOf({ notBeforeMs, notAfterMs }, timeMs);
  assertEquals(await at(NOON_MS + 0.6 * DAY_MS), []);
  assertEquals(await at(NOON_MS + 0.7 * DAY_MS), ["certificate-expires-soon"]);
});

Deno.test("a certificate of an unknown authority, and one that is no certificate", async () => {
  const leaf = await testLeaf(await testAuthority(), {});
  const judge = certificateJudge({ authorities: [], clock: new TestClock(NOON_MS) });
  const { isTrusted, faults } = await judge.judge([leaf.der], "leaf.internal");
  assertEquals([isTrusted, faults.map(({ rule }) => rule)], [false, ["certificate-untrusted"]]);
  for (const der of [leaf.der.slice(0, 100), new Uint8Array(0)]) {
    const { faults } = await judge.judge([der], "leaf.internal");
    assertEquals(faults.map(({ rule }) => rule), ["certificate-unreadable"]);
  }
  assertEquals((await judge.judge([], "leaf.internal")).faults.length, 1);
});

Deno.test("a certificate that breaks RFC 5280 is trusted less, not its authority", async () => {
  assertEquals(await rulesOf({ purposes: ["client"] }), ["certificate-profile"]);
});

Deno.test("what openssl makes with weak keys and digests is said to be weak", {
  ignore: !hasOpenssl,
}, async () => {
  await using directory = await tempDirectory();
  const make = async (...args: string[]) => {
    const common = ["req", "-x509", "-nodes", "-keyout", "k.pem", "-out", "c.pem", "-days", "90"];
    const names = ["-subj", "/CN=x", "-addext", "subjectAltName=DNS:leaf.internal"];
    const { success, text } = await openssl(directory.path, ...common, ...names, ...args);
    assertEquals(success, true, text);
    const [block] = decodePem(await Deno.readTextFile(`${directory.path}/c.pem`));
    const judge = certificateJudge({ authorities: [] });
    const { faults, signature } = await judge.judge([block!.bytes], "leaf.internal");
    return [signature, ...faults.map(({ rule }) => rule)];
  };
  assertEquals(await make("-newkey", "rsa:1024"), [
    "sha256WithRsa",
    "certificate-weak-key",
    "certificate-untrusted",
  ]);
  assertEquals(await make("-newkey", "rsa:2048", "-sha1"), [
    "sha1WithRSAEncryption",
    "certificate-weak-signature",
    "certificate-untrusted",
  ]);
  assertEquals(await make("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"), [
    "ecdsaWithSha256",
    "certificate-unknown-key",
    "certificate-untrusted",
  ]);
});
