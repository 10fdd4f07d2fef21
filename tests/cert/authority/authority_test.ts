import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  formatGeneralName,
  generateKeyPair,
  makeAuthority,
  makeSelfSigned,
  openAuthority,
} from "../../../lib/cert/mod.ts";
import { oid } from "../../../lib/cert/der/oid.ts";
import { publicKeyKind } from "../../../lib/cert/key/public_key.ts";
import { TestClock } from "../../support/clock.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

Deno.test("makeAuthority() makes a P-256 authority for five years that allows none below it", async () => {
  const clock = new TestClock();
  const { certificate } = await makeAuthority({ clock });
  const { extensions, notBeforeMs, notAfterMs } = certificate;
  assertEquals(publicKeyKind(certificate.publicKey), { kind: "ec", curve: "P-256" });
  assertEquals(extensions.basicConstraints, { isAuthority: true, pathLength: 0 });
  assertEquals(extensions.keyUsage, new Set(["keyCertSign", "cRLSign"] as const));
  assertEquals(extensions.critical, [oid.basicConstraints, oid.keyUsage, oid.nameConstraints]);
  assertEquals(extensions.extKeyUsage, undefined);
  assertEquals(notAfterMs - 999, clock.now() + 1_825 * DAY_MS);
  assert(notBeforeMs < clock.now(), "peers whose clocks are slow");
});

Deno.test("makeAuthority() is confined to local names, unless it is told otherwise", async () => {
  const constraintsOf = async (permits?: readonly string[] | "any") => {
    const made = await makeAuthority(permits === undefined ? {} : { permits });
    return made.certificate.extensions.nameConstraints;
  };
  const local = await constraintsOf();
  assertEquals(local?.permitted.filter(({ kind }) => kind === "dns").map(formatGeneralName), [
    "localhost",
    "internal",
  ]);
  assertEquals(local?.permitted.filter(({ kind }) => kind === "ip").length, 2);
  assertEquals(local?.excluded, [{ kind: "email", value: "" }]);
  const kinds = (await constraintsOf([".example"]))?.excluded.map(({ kind }) => kind);
  assertEquals(kinds, ["ip", "ip", "email", "uri"], "every other kind");
  assertEquals(await constraintsOf("any"), undefined);
});

Deno.test("makeAuthority() gives each authority a name of its own", async () => {
  const [a, b] = [await makeAuthority(), await makeAuthority()];
  assert(a.certificate.subject.der.toHex() !== b.certificate.subject.der.toHex());
});

Deno.test("makeAuthority() makes RSA keys of 2048 and 3072 bits on request", async () => {
  for (const bits of [2_048, 3_072]) {
    const { certificate } = await makeAuthority({
      algorithm: bits === 2_048 ? "rsa-2048" : "rsa-3072",
    });
    assertEquals(publicKeyKind(certificate.publicKey), { kind: "rsa", bits });
  }
});

Deno.test("makeAuthority() refuses subjects, permits and lives that cannot be", async () => {
  for (
    const options of [
      { subject: "CN" },
      { subject: "CN=\u202egnp.exe" },
      { permits: [] },
      { permits: ["a/b"] },
      { lifeMs: 0 },
      { lifeMs: NaN },
      { lifeMs: Infinity },
    ]
  ) {
    const error = await assertRejects(() => makeAuthority(options), DariError);
    assertEquals(error.code, "usage", JSON.stringify(options));
  }
});

Deno.test("openAuthority() refuses a key that fits no certificate, and a certificate that may not sign", async () => {
  const { certificate } = await makeAuthority();
  const { privateKey } = await generateKeyPair();
  await assertRejects(() => openAuthority(privateKey, [certificate]), DariError, "fits none");
  const leaf = await makeSelfSigned("a.internal", { algorithm: "ecdsa-p256" });
  await assertRejects(
    () => openAuthority(leaf.privateKey, [certificate, leaf.certificate]),
    DariError,
    "not an authority's",
  );
});
