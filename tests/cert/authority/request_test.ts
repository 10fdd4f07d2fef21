import { assert, assertEquals, assertRejects } from "@std/assert";
import { nameNode, parseSubject } from "../../../lib/cert/x509/distinguished_name.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { extensionNode, subjectAltNameNode } from "../../../lib/cert/x509/certificate_template.ts";
import { type DerNode, type DerWriter, loadDerWriter } from "../../../lib/cert/der/writer.ts";
import {
  decodePem,
  encodePem,
  formatGeneralName,
  formatName,
  generateKeyPair,
  initAuthority,
  loadAuthority,
  makeRequest,
  openFileLedger,
  parseRequest,
  parseSubjectName,
  signRequest,
} from "../../../lib/cert/mod.ts";
import { oid } from "../../../lib/cert/der/oid.ts";
import { openSigner, sealNode } from "../../../lib/cert/key/signer.ts";
import {
  asking,
  requestOf as requestOfKey,
  type RequestOptions,
} from "../../support/certificate_request.ts";
import { tempDirectory } from "../../support/temp.ts";

const writer = await loadDerWriter();
const { privateKey } = await generateKeyPair();

const requestOf = (attributes: readonly DerNode[], options?: RequestOptions) =>
  requestOfKey(privateKey, attributes, options);

const names = (w: DerWriter, ...texts: string[]) =>
  subjectAltNameNode(w, texts.map(parseSubjectName), false);

async function workshop() {
  const directory = await tempDirectory();
  await initAuthority(directory.path);
  const authority = await loadAuthority(directory.path);
  const ledger = openFileLedger(directory.path);
  return {
    ledger,
    sign: (pem: string, options: Parameters<typeof signRequest>[3] = {}) =>
      parseRequest(pem).then((request) => signRequest(authority, ledger, request, options)),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

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

Deno.test("signRequest() decides uses and dates by itself, and drops what it does not grant", async () => {
  await using shop = await workshop();
  const eku = extensionNode(
    writer,
    oid.extKeyUsage,
    writer.sequence(writer.oid(oid.clientAuth), writer.oid(oid.anyExtendedKeyUsage)),
  );
  const odd = extensionNode(writer, "1.2.3.4", writer.null(), true);
  const challenge = writer.sequence(
    writer.oid("1.2.840.113549.1.9.7"),
    writer.set(writer.string("utf8", "secret")),
  );
  const pem = await requestOf([challenge, await asking(names(writer, "b.internal"), eku, odd)], {
    subject: "O=Someone Else, CN=root",
  });
  const { certificate, dropped } = await shop.sign(pem);
  assertEquals(dropped, ["1.2.3.4"]);
  assertEquals(certificate.extensions.extKeyUsage, [oid.serverAuth]);
  assertEquals(certificate.extensions.subjectAltName?.map(formatGeneralName), ["b.internal"]);
  assertEquals(formatName(certificate.subject), "CN=b.internal", "the subject is not granted");
  assert(!certificate.extensions.all.includes("1.2.3.4"));
});

Deno.test("signRequest() takes the common name of a request of the old kind, or names of its own", async () => {
  await using shop = await workshop();
  const old = await shop.sign(await requestOf([]));
  assertEquals(old.certificate.extensions.subjectAltName?.map(formatGeneralName), ["r.internal"]);
  const other = await shop.sign(await requestOf([]), { names: ["c.internal"] });
  assertEquals(other.certificate.extensions.subjectAltName?.map(formatGeneralName), ["c.internal"]);
  const nobody = await requestOf([], { subject: "O=Example" });
  await assertRejects(() => shop.sign(nobody), DariError, "give one with --name");
});

Deno.test("signRequest() refuses names of a kind that it does not issue for, and names it may not", async () => {
  await using shop = await workshop();
  const directory = writer.explicit(4, nameNode(writer, parseSubject("CN=x")));
  const odd = extensionNode(writer, oid.subjectAltName, writer.sequence(directory));
  await assertRejects(
    async () => shop.sign(await requestOf([await asking(odd)])),
    DariError,
    "does not issue for",
  );
  const foreign = await requestOf([await asking(names(writer, "example.com"))]);
  const error = await assertRejects(() => shop.sign(foreign), DariError, "is not within");
  assertEquals([error.code, (await shop.ledger.entries()).length], ["permission_denied", 1]);
});
