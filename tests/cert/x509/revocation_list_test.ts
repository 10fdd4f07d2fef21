import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { loadDerWriter } from "../../../lib/cert/der/writer.ts";
import { sealNode, signatureAlgorithmNode } from "../../../lib/cert/key/signer.ts";
import { CertificateError } from "../../../lib/cert/reasons.ts";
import {
  parseRevocationList,
  parseRevocationLists,
} from "../../../lib/cert/x509/revocation_list.ts";
import { listPem, testList } from "../../support/revocation_list.ts";
import { NOON_MS, testAuthority } from "../../support/test_authority.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

async function start() {
  const { certificate, signer } = await testAuthority();
  const subject = certificate.subject.der;
  const times = { thisUpdateMs: NOON_MS, nextUpdateMs: NOON_MS + DAY_MS };
  return { subject, signer, certificate, ...times };
}

Deno.test("parseRevocationList() reads issuer, dates and serial numbers", async () => {
  const { certificate, ...options } = await start();
  const list = parseRevocationList(await testList({ ...options, serials: ["4a0b", "01"] }));
  assertEquals(list.issuer.der, certificate.subject.der);
  assertEquals([list.thisUpdateMs, list.nextUpdateMs], [NOON_MS, NOON_MS + DAY_MS]);
  assertEquals([...list.revoked.keys()], ["4a0b", "1"]);
  assertEquals(list.revoked, new Map([["4a0b", NOON_MS], ["1", NOON_MS]]));
  assertEquals(list.authorityKeyId, certificate.extensions.subjectKeyId);
  assertEquals(parseRevocationList(await testList(options)).revoked.size, 0);
});

Deno.test("parseRevocationLists() takes one list in DER, or several in PEM", async () => {
  const options = await start();
  const der = await testList(options);
  const bytes = (text: string) => new TextEncoder().encode(text);
  assertEquals(parseRevocationLists(der).length, 1);
  assertEquals(parseRevocationLists(bytes(listPem(der) + listPem(der))).length, 2);
  assertEquals(parseRevocationLists(listPem(der)).length, 1);
  assertThrows(() => parseRevocationLists(bytes("nothing")), DariError, "no revocation list");
});

Deno.test("parseRevocationList() refuses lists that say too little: of changes, and without an end", async () => {
  const options = await start();
  const delta = await testList({ ...options, isDelta: true });
  assertThrows(() => parseRevocationList(delta), DariError, "critical extension 2.5.29.27");
  const endless = await testList({ ...options, nextUpdateMs: undefined });
  assertThrows(() => parseRevocationList(endless), DariError, "without a next update");
  const der = await testList(options);
  assertThrows(() => parseRevocationList(der.slice(0, -1)), DariError);
});

Deno.test("parseRevocationList() reads the number of a list, which must be there and not critical", async () => {
  const options = await start();
  assertEquals(parseRevocationList(await testList({ ...options, number: 0x1234 })).number, 0x1234n);
  for (const odd of [{ number: null }, { isNumberCritical: true }]) {
    const der = await testList({ ...options, ...odd });
    const error = assertThrows(() => parseRevocationList(der), CertificateError);
    assertEquals(error.reason, "malformed");
  }
});

Deno.test("parseRevocationList() refuses a list of version 1, and one with no entry in its list of entries", async () => {
  const { signer, subject } = await start();
  const writer = await loadDerWriter();
  const parts = [
    signatureAlgorithmNode(writer, signer),
    writer.raw(subject),
    writer.time(NOON_MS),
    writer.time(NOON_MS + DAY_MS),
  ];
  const version1 = await sealNode(writer, writer.sequence(...parts), signer);
  assertThrows(() => parseRevocationList(version1), CertificateError, "version 2");
  const empty = writer.sequence(writer.integer(1), ...parts, writer.sequence());
  const der = await sealNode(writer, empty, signer);
  assertThrows(() => parseRevocationList(der), CertificateError, "empty list of entries");
});
