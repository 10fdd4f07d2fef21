import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { extensionNode, subjectAltNameNode } from "../../../lib/cert/x509/certificate_template.ts";
import { type DerNode, type DerWriter, loadDerWriter } from "../../../lib/cert/der/writer.ts";
import {
  CertificateError,
  decodePem,
  encodePem,
  formatGeneralName,
  formatName,
  generateKeyPair,
  makeRequest,
  parseRequest,
  parseSubjectName,
} from "../../../lib/cert/mod.ts";
import { oid } from "../../../lib/cert/der/oid.ts";
import { nameNode, parseSubject } from "../../../lib/cert/x509/distinguished_name.ts";
import { openSigner, sealNode } from "../../../lib/cert/key/signer.ts";
import {
  asking,
  requestOf as requestOfKey,
  type RequestOptions,
} from "../../support/certificate_request.ts";
import { brokenKeys } from "../../support/broken_key.ts";

const writer = await loadDerWriter();
const { privateKey } = await generateKeyPair();

const requestOf = (attributes: readonly DerNode[], options?: RequestOptions) =>
  requestOfKey(privateKey, attributes, options);

const names = (w: DerWriter, ...texts: string[]) =>
  subjectAltNameNode(w, texts.map(parseSubjectName), false);

Deno.test("parseRequest() reads what makeRequest() has made", async () => {
  const der = await makeRequest(privateKey, ["a.internal", "127.0.0.1"], "O=Example, CN=a");
  const request = await parseRequest(encodePem("CERTIFICATE REQUEST", der));
  assertEquals(formatName(request.subject), "O=Example, CN=a");
  assertEquals(request.extensions.subjectAltName?.map(formatGeneralName), [
    "a.internal",
    "127.0.0.1",
  ]);
  assertEquals(request.publicKey, (await openSigner(privateKey)).publicKey);
});

Deno.test("parseRequest() verifies the signature over the octets as they came", async () => {
  const der = await makeRequest(privateKey, ["a.internal"]);
  const at = new TextDecoder("latin1").decode(der).indexOf("a.internal");
  for (const place of [at, der.length - 1]) {
    const changed = der.slice();
    changed[place]! ^= 1;
    const error = await assertRejects(
      () => parseRequest(encodePem("CERTIFICATE REQUEST", changed)),
      DariError,
    );
    assertEquals(error.code, "data");
  }
  // Whoever wants a certificate for another's key cannot sign for it.
  const other = await openSigner((await generateKeyPair()).privateKey);
  const info = writer.raw(der).value as DerNode[];
  const forged = await sealNode(writer, info[0]!, other);
  await assertRejects(
    () => parseRequest(encodePem("CERTIFICATE REQUEST", forged)),
    DariError,
    "its sender does not have the key",
  );
});

Deno.test("parseRequest() refuses who asks to be an authority", async () => {
  const authority = extensionNode(writer, oid.basicConstraints, writer.sequence(writer.true()));
  await assertRejects(
    async () => parseRequest(await requestOf([await asking(authority)])),
    DariError,
    "authority",
  );
  for (const bit of [5, 6]) {
    const usage = extensionNode(writer, oid.keyUsage, writer.namedBits([0, bit]), true);
    await assertRejects(
      async () => parseRequest(await requestOf([await asking(usage)])),
      DariError,
      "signs certificates",
    );
  }
});

Deno.test("parseRequest() refuses two lists of extensions, other versions and what is no request", async () => {
  const list = await asking(names(writer, "a.internal"));
  await assertRejects(
    async () => parseRequest(await requestOf([list, list])),
    DariError,
    "two lists",
  );
  await assertRejects(
    async () => parseRequest(await requestOf([list], { version: 1 })),
    DariError,
    "version 1",
  );
  await assertRejects(() => parseRequest("hello"), DariError, "no certificate request");
  const [block] = decodePem(await requestOf([list]));
  const long = new Uint8Array([...block!.bytes, ...new Uint8Array(70_000)]);
  await assertRejects(
    () => parseRequest(encodePem("CERTIFICATE REQUEST", long)),
    DariError,
    "at most 65536",
  );
});

for (const { name, spki } of brokenKeys) {
  Deno.test(`parseRequest() refuses a request for ${name}`, async () => {
    const signer = { ...await openSigner(privateKey), publicKey: spki };
    const info = writer.sequence(
      writer.integer(0),
      nameNode(writer, parseSubject("CN=r.internal")),
      writer.raw(signer.publicKey),
    );
    const pem = encodePem("CERTIFICATE REQUEST", await sealNode(writer, info, signer));
    const error = await assertRejects(() => parseRequest(pem), CertificateError);
    assertEquals([error.code, error.reason], ["data", "weak_key"]);
  });
}
