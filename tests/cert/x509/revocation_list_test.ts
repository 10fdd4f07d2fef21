import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
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
  assertEquals([...list.serials], ["4a0b", "1"]);
  assertEquals(list.authorityKeyId, certificate.extensions.subjectKeyId);
  assertEquals(parseRevocationList(await testList(options)).serials.size, 0);
});

Deno.test("parseRevocationLists() takes one list in DER, or several in PEM", async () => {
  const options = await start();
  const der = await testList(options);
  const bytes = (text: string) => new TextEncoder().encode(text);
  assertEquals(parseRevocationLists(der).length, 1);
  assertEquals(parseRevocationLists(bytes(listPem(der) + listPem(der))).length, 2);
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
