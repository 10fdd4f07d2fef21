// Nothing may stand behind what a structure ends with: another reader could take it for something else.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { oid } from "../../../lib/cert/der/oid.ts";
import { readWhole } from "../../../lib/cert/der/reader.ts";
import { type DerNode, loadDerWriter } from "../../../lib/cert/der/writer.ts";
import { generateKeyPair } from "../../../lib/cert/key/key_pair.ts";
import { checkPublicKey } from "../../../lib/cert/key/public_key.ts";
import { CertificateError } from "../../../lib/cert/reasons.ts";
import { parseCertificate } from "../../../lib/cert/x509/certificate.ts";
import { readExtensions } from "../../../lib/cert/x509/extension.ts";
import { makeRequest, readRequest } from "../../../lib/cert/x509/request.ts";
import { parseRevocationList } from "../../../lib/cert/x509/revocation_list.ts";
import { testList } from "../../support/revocation_list.ts";
import { NOON_MS, testAuthority, testLeaf } from "../../support/test_authority.ts";

const writer = await loadDerWriter();
const root = await testAuthority();

/** The bytes with a NULL more at the end of one element that holds others, for each such element. */
function* withOneMore(der: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
  const whole = writer.raw(der);
  const nodes = [whole];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (!node.constructed || !Array.isArray(node.value)) continue;
    const elements = node.value as DerNode[];
    nodes.push(...elements);
    elements.push(writer.null());
    yield writer.encode(whole);
    elements.pop();
  }
}

const withKey =
  (read: (der: Uint8Array<ArrayBuffer>) => { publicKey: Uint8Array<ArrayBuffer> }) =>
  (der: Uint8Array<ArrayBuffer>) => checkPublicKey(read(der).publicKey);

async function derOfEach() {
  const { subject } = root.certificate;
  const times = { thisUpdateMs: NOON_MS, nextUpdateMs: NOON_MS + 1_000 };
  const unknown = { of: "entry", isCritical: false } as const;
  const list = await testList({
    ...{ subject: subject.der, signer: root.signer, serials: ["01"], unknown, ...times },
  });
  const { privateKey } = await generateKeyPair();
  return [
    ["a certificate", withKey(parseCertificate), (await testLeaf(root)).der, 0],
    ["a revocation list", parseRevocationList, list, 0],
    // Whoever verifies its signature reads the signature's algorithm.
    ["a request", withKey(readRequest), await makeRequest(privateKey, ["a.internal"], "CN=a"), 1],
  ] as const;
}

for (const [what, parse, der, unread] of await derOfEach()) {
  Deno.test(`${what} with one element more in any of its parts is refused`, () => {
    const variants = [...withOneMore(der)];
    assert(variants.length > 10);
    parse(der);
    const taken = variants.filter((variant) => {
      try {
        parse(variant);
        return true;
      } catch (error) {
        assert(error instanceof CertificateError, String(error));
        return false;
      }
    });
    assertEquals(taken.length, unread);
  });
}

const text = (name: string) => writer.implicit(2, new TextEncoder().encode(name));
const constraints = writer.explicit(0, writer.sequence(text("internal")));

for (
  const [what, id, value, longer] of [
    [
      "basicConstraints",
      oid.basicConstraints,
      writer.sequence(writer.true(), writer.integer(3)),
      writer.sequence(writer.true(), writer.integer(3), writer.null()),
    ],
    ["keyUsage", oid.keyUsage, writer.namedBits([0])],
    [
      "extKeyUsage",
      oid.extKeyUsage,
      writer.sequence(writer.oid(oid.serverAuth)),
      writer.sequence(writer.oid(oid.serverAuth), writer.null()),
    ],
    [
      "subjectAltName",
      oid.subjectAltName,
      writer.sequence(text("a")),
      writer.sequence(text("a"), writer.null()),
    ],
    [
      "nameConstraints",
      oid.nameConstraints,
      writer.sequence(constraints),
      writer.sequence(constraints, writer.null()),
    ],
    ["subjectKeyIdentifier", oid.subjectKeyIdentifier, writer.octetString(new Uint8Array(20))],
    ["authorityKeyIdentifier", oid.authorityKeyIdentifier, writer.sequence()],
    ["cRLNumber", oid.crlNumber, writer.integer(1)],
  ] as const
) {
  Deno.test(`an extension ${what} with something behind its value is refused`, () => {
    const read = (value: Uint8Array) =>
      readExtensions(readWhole(writer.encode(
        writer.sequence(writer.sequence(writer.oid(id), writer.octetString(value))),
      )));
    const der = writer.encode(value);
    assertEquals(read(der).all, [id]);
    const refused = [new Uint8Array([...der, 5, 0])];
    if (longer !== undefined) refused.push(writer.encode(longer));
    for (const each of refused) {
      assertEquals(assertThrows(() => read(each), CertificateError).reason, "malformed");
    }
  });
}
