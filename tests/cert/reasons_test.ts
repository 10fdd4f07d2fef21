import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { systemClock } from "../../lib/base/clock.ts";
import { DariError, RpcError, TransportError } from "../../lib/base/errors.ts";
import {
  CertificateError,
  type CertificateReason,
  certificateReasons,
  checkRevocationLists,
  decodePrivateKeyPem,
  encodePem,
  encodePrivateKeyPem,
  generateKeyPair,
  inFile,
  initAuthority,
  issueLeaf,
  loadAuthority,
  makeRevocationList,
  openAuthority,
  openStoreLedger,
  parseCertificate,
  parseCertificates,
  parseRequest,
  parseRevocationLists,
  renewLeaf,
  verifyCertificate,
  type VerifyOptions,
} from "../../lib/cert/mod.ts";
import { oid } from "../../lib/cert/der/oid.ts";
import { loadDerWriter } from "../../lib/cert/der/writer.ts";
import { verifySignature } from "../../lib/cert/key/signature.ts";
import { limits } from "../../lib/base/limits.ts";
import type { ErrorCode } from "../../lib/base/errors.ts";
import { createMemoryStore } from "../../lib/store/mod.ts";
import { extensionNode } from "../../lib/cert/x509/certificate_template.ts";
import { asking, requestOf } from "../support/certificate_request.ts";
import { tempDirectory } from "../support/temp.ts";
import { NOON_MS, testAuthority, testEntity, testLeaf } from "../support/test_authority.ts";
import { weakPublicKey } from "../support/weak_key.ts";

const root = await testAuthority();
const leaf = await testLeaf(root);

async function verify(
  certificate: Parameters<typeof verifyCertificate>[0],
  options: Partial<VerifyOptions> = {},
): Promise<unknown> {
  const authorities = [root.certificate];
  return await verifyCertificate(certificate, { authorities, timeMs: NOON_MS, ...options });
}

const VERIFIED = { authorities: [root.certificate], timeMs: NOON_MS };

async function listOf({ certificate, signer }: typeof root, nowMs: number) {
  const authority = { certificate, signer, keyId: encodeHex(signer.keyId) };
  return await makeRevocationList(authority, [], { ...systemClock, now: () => nowMs });
}

/** A data directory's authority, which may issue for `.internal` alone. */
async function withAuthority<T>(
  use: (parts: {
    authority: Awaited<ReturnType<typeof loadAuthority>>;
    ledger: ReturnType<typeof openStoreLedger>;
    publicKey: Uint8Array<ArrayBuffer>;
  }) => Promise<T>,
): Promise<T> {
  await using directory = await tempDirectory();
  await using store = createMemoryStore();
  const ledger = openStoreLedger(store);
  await initAuthority(directory.path, { ledger });
  const { publicKey } = await generateKeyPair();
  return await use({ authority: await loadAuthority(directory.path), ledger, publicKey });
}

const md5WithRsa = "1.2.840.113549.1.1.4";

/** What gives each reason, and the code where it is not `data`. */
const refusals: Record<CertificateReason, [() => Promise<unknown>, ErrorCode?]> = {
  malformed: [async () => await parseCertificate(Uint8Array.of(0x30))],
  too_large: [async () => await parseCertificate(new Uint8Array(limits.maxCertificateBytes + 1))],
  absent: [async () => await parseCertificates("nothing")],
  unsupported: [() => decodePrivateKeyPem(encodePem("RSA PRIVATE KEY", new Uint8Array(3)))],
  weak_key: [async () => verify(await testLeaf(root, { publicKey: await weakPublicKey() }))],
  weak_algorithm: [
    async () => {
      const writer = await loadDerWriter();
      const signatureAlgorithm = writer.encode(writer.sequence(writer.oid(md5WithRsa)));
      return await verifySignature({ ...leaf, signatureAlgorithm }, leaf.publicKey);
    },
  ],
  bad_signature: [
    () => {
      const der = leaf.der.slice();
      der[der.length - 1]! ^= 1;
      return verify(parseCertificate(der));
    },
  ],
  key_mismatch: [
    async () => openAuthority((await generateKeyPair()).privateKey, [root.certificate]),
    "configuration",
  ],
  passphrase_needed: [
    async () =>
      decodePrivateKeyPem(await encodePrivateKeyPem((await generateKeyPair()).privateKey, "right")),
    "permission_denied",
  ],
  passphrase_wrong: [
    async () =>
      decodePrivateKeyPem(
        await encodePrivateKeyPem((await generateKeyPair()).privateKey, "right"),
        "wrong",
      ),
    "permission_denied",
  ],
  untrusted: [() => verify(leaf, { authorities: [] })],
  too_complex: [
    async () => {
      // One name and one key, so that each may have issued every other.
      const maze = await testAuthority({ subject: "CN=maze" });
      const { publicKey } = maze.certificate;
      const turn = { subject: "CN=maze", issuer: maze, publicKey };
      const turns = await Promise.all(Array.from({ length: 9 }, () => testAuthority(turn)));
      const intermediates = turns.map(({ certificate }) => certificate);
      return await verify(await testLeaf(maze), { intermediates });
    },
  ],
  not_yet_valid: [async () => verify(await testLeaf(root, { notBeforeMs: NOON_MS + 1_000 }))],
  expired: [async () => verify(await testLeaf(root, { notAfterMs: NOON_MS - 1_000 }))],
  revocation_unknown: [async () => {
    const path = await verifyCertificate(leaf, VERIFIED);
    await checkRevocationLists(path, [], NOON_MS);
  }],
  revocation_outdated: [async () => {
    const path = await verifyCertificate(leaf, VERIFIED);
    const lists = parseRevocationLists(encodePem("X509 CRL", await listOf(root, NOON_MS)));
    await checkRevocationLists(path, lists, NOON_MS + limits.revocationListLifeMs + 1_000);
  }],
  revoked: [
    () =>
      withAuthority(async ({ authority, ledger, publicKey }) => {
        const { serial } = await issueLeaf(authority, ledger, publicKey, { names: ["a.internal"] });
        return await renewLeaf(authority, ledger, await ledger.revoke(serial));
      }),
    "failed_precondition",
  ],
  old_version: [() => verify({ ...leaf, version: 2 })],
  bad_serial: [async () => verify(await testLeaf(root, { serial: Uint8Array.of(0) }))],
  unknown_extension: [
    () => verify({ ...leaf, extensions: { ...leaf.extensions, critical: ["1.2.3"] } }),
  ],
  profile: [
    () => {
      const { authorityKeyId: _, ...extensions } = leaf.extensions;
      return verify({ ...leaf, extensions });
    },
  ],
  wrong_purpose: [() => verify(leaf, { purpose: "client" })],
  not_an_authority: [
    async () => {
      const server = await testEntity(root, { subject: "CN=server" });
      return verify(await testLeaf(server), { intermediates: [server.certificate] });
    },
  ],
  is_authority: [
    async () => verify((await testAuthority({ subject: "CN=a", issuer: root })).certificate),
  ],
  path_length: [
    async () => {
      const narrow = await testAuthority({ pathLength: 0 });
      const lower = await testAuthority({ subject: "CN=lower", issuer: narrow });
      return verify(await testLeaf(lower), {
        authorities: [narrow.certificate],
        intermediates: [lower.certificate],
      });
    },
  ],
  no_name: [async () => verify(await testLeaf(root, { names: [] }))],
  bad_name: [
    () => {
      const subjectAltName = [{ kind: "dns", value: "a_b.internal" }] as const;
      return verify({ ...leaf, extensions: { ...leaf.extensions, subjectAltName } });
    },
  ],
  name_mismatch: [() => verify(leaf, { name: "other.internal" })],
  name_constraint: [
    () =>
      withAuthority(({ authority, ledger, publicKey }) =>
        issueLeaf(authority, ledger, publicKey, { names: ["example.com"] })
      ),
    "permission_denied",
  ],
  authority_requested: [
    async () => {
      const writer = await loadDerWriter();
      const value = writer.sequence(writer.true());
      const wish = await asking(extensionNode(writer, oid.basicConstraints, value));
      return await parseRequest(await requestOf((await generateKeyPair()).privateKey, [wish]));
    },
  ],
};

for (const [reason, [refuse, code = "data"]] of Object.entries(refusals)) {
  Deno.test(`CertificateError says ${reason}`, async () => {
    const error = await assertRejects(refuse, CertificateError);
    assertEquals([error.reason, error.code], [reason, code], error.message);
  });
}

Deno.test("every reason has a sentence that says what it means", () => {
  for (const [reason, meaning] of Object.entries(certificateReasons)) {
    assertMatch(reason, /^[a-z]+(_[a-z]+)*$/);
    assertMatch(meaning, /^[A-Z].*\.$/);
  }
});

Deno.test("inFile() names the file in errors about what it holds, and in no others", async () => {
  const messageOf = async (error: unknown) =>
    (await assertRejects(() => inFile("a.pem", () => Promise.reject(error)), Error)).message;
  for (const code of ["data", "configuration", "invalid_params", "unauthenticated"] as const) {
    assertEquals(await messageOf(new DariError(code, "said")), '"a.pem": said');
    assertEquals(await messageOf(new RpcError(code, "said")), "said");
    assertEquals(await messageOf(new TransportError(code, "said")), "said");
  }
  for (const code of ["usage", "io", "not_found", "internal"] as const) {
    assertEquals(await messageOf(new DariError(code, "said")), "said");
  }
  assertEquals(await messageOf(new Error("said")), "said");
});
