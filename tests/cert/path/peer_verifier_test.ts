import { assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { type Certificate, encodePem, parseCertificates } from "../../../lib/cert/mod.ts";
import { PeerVerifier } from "../../../lib/cert/path/peer_verifier.ts";
import type { PeerChain } from "../../../lib/transport/tls/node/peer_chain.ts";
import { TestClock } from "../../support/clock.ts";
import { brokenKeys } from "../../support/broken_key.ts";
import { world } from "../../support/mutual_tls.ts";
import { NOON_MS, testAuthority, type TestIssuer, testLeaf } from "../../support/test_authority.ts";
import { tlsPair } from "../../support/tls_certificates.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
const pem = ({ der }: Certificate) => encodePem("CERTIFICATE", der);

function start() {
  const clock = new TestClock(NOON_MS);
  return { clock, verifier: new PeerVerifier(clock) };
}

function chainOf(leaf: Certificate, root: TestIssuer, ...between: Certificate[]): PeerChain {
  return {
    certificates: [leaf.der, ...between.map(({ der }) => der)],
    authorities: pem(root.certificate),
  };
}

Deno.test("PeerVerifier gives the facts of a client: URI, else DNS name, else common name", async () => {
  const { verifier } = start();
  const root = await testAuthority();
  const cases = [
    [["a.internal", "spiffe://dari/worker"], "spiffe://dari/worker"],
    [["127.0.0.1", "b.internal"], "b.internal"],
    [["127.0.0.1"], "leaf"],
  ] as const;
  for (const [names, identity] of cases) {
    const leaf = await testLeaf(root, { names, purposes: ["client"] });
    const peer = await verifier.verifyClient(chainOf(leaf, root));
    assertEquals(
      [peer.identity, peer.subject, peer.serial, peer.notAfterMs],
      [identity, "CN=leaf", leaf.serial, leaf.notAfterMs],
    );
  }
});

Deno.test("PeerVerifier keeps the path by which it has trusted a client, for that client's facts alone", async () => {
  const { verifier } = start();
  const root = await testAuthority();
  const middle = await testAuthority({ subject: "CN=middle", issuer: root });
  const leaf = await testLeaf(middle, { purposes: ["client"] });
  const peer = await verifier.verifyClient(chainOf(leaf, root, middle.certificate));
  assertEquals(
    verifier.pathOf(peer)?.map(({ serial }) => serial),
    [leaf, middle.certificate, root.certificate].map(({ serial }) => serial),
  );
  assertEquals(verifier.pathOf({ ...peer }), undefined);
});

Deno.test("PeerVerifier refuses a certificate that is for another purpose, or for none in particular", async () => {
  const { verifier } = start();
  const root = await testAuthority();
  const server = await testLeaf(root);
  await assertRejects(
    () => verifier.verifyClient(chainOf(server, root)),
    TransportError,
    "its certificate is not for a client: its extended key usage does not say so",
  );
  const { authority } = await world();
  const { cert } = await tlsPair(authority, { purposes: [] });
  const anyUse = {
    certificates: [parseCertificates(cert)[0].der],
    authorities: authority.pem,
  } as const;
  await assertRejects(
    () => new PeerVerifier().verifyServer(anyUse, "localhost"),
    TransportError,
    "its certificate is not for a server: its extended key usage does not say so",
  );
});

Deno.test("PeerVerifier refuses a server for another name, and one without names", async () => {
  const { verifier } = start();
  const root = await testAuthority();
  const leaf = await testLeaf(root);
  await verifier.verifyServer(chainOf(leaf, root), "leaf.internal");
  await assertRejects(
    () => verifier.verifyServer(chainOf(leaf, root), "other.internal"),
    TransportError,
    "is not for this server",
  );
  const nameless = await testLeaf(root, { names: [] });
  await assertRejects(
    () => verifier.verifyServer(chainOf(nameless, root), "leaf"),
    TransportError,
    "no subjectAltName",
  );
});

Deno.test("PeerVerifier refuses a client without any name, and an authority in place of a client", async () => {
  const { verifier } = start();
  const root = await testAuthority();
  const shapes = [
    [{ names: ["127.0.0.1"], subject: "O=somebody" }, "names nobody"],
    [{ keyUsage: ["keyCertSign", "digitalSignature"], pathLength: 0 }, "is an authority's"],
    [{ keyUsage: ["keyAgreement"] }, "digitalSignature"],
  ] as const;
  for (const [shape, reason] of shapes) {
    const leaf = await testLeaf(root, { purposes: ["client"], ...shape });
    const refused = () => verifier.verifyClient(chainOf(leaf, root));
    const error = await assertRejects(refused, TransportError, reason);
    assertEquals([error.code, error.retryable], ["unavailable", false]);
  }
});

Deno.test("PeerVerifier checks every rule again for a certificate that it has seen", async () => {
  const { clock, verifier } = start();
  const root = await testAuthority({ notAfterMs: NOON_MS + 9 * DAY_MS });
  const leaf = await testLeaf(root, { purposes: ["client"] });
  const chain = chainOf(leaf, root);
  await verifier.verifyClient(chain);
  await assertRejects(
    async () => verifier.verifyClient(chainOf(leaf, await testAuthority())),
    Error,
    "not to be trusted",
  );
  clock.advance(2 * DAY_MS);
  await assertRejects(() => verifier.verifyClient(chain), TransportError, "expired");
});

Deno.test("PeerVerifier verifies the signatures of a path with an authority in between", async () => {
  const { verifier } = start();
  const root = await testAuthority();
  const lower = await testAuthority({ subject: "CN=lower", pathLength: 0, issuer: root });
  const leaf = await testLeaf(lower, { purposes: ["client"] });
  const { serial } = await verifier.verifyClient(chainOf(leaf, root, lower.certificate));
  assertEquals(serial, leaf.serial);
  const impostor = await testAuthority();
  await assertRejects(
    () => verifier.verifyClient(chainOf(leaf, impostor, lower.certificate)),
    Error,
    "not to be trusted",
  );
});

Deno.test("PeerVerifier leaves the path to the runtime where the public authorities are trusted", async () => {
  const { verifier } = start();
  const root = await testAuthority();
  const leaf = await testLeaf(root);
  const { identity } = await verifier.verifyServer({ certificates: [leaf.der] }, "leaf.internal");
  assertEquals(identity, "leaf.internal");
});

Deno.test("PeerVerifier is not misled by an intermediate with the name and key id of another authority", async () => {
  const { verifier } = start();
  const good = await testAuthority({ subject: "CN=good" });
  const bad = {
    expired: await testAuthority({ subject: "CN=bad", notAfterMs: NOON_MS - DAY_MS / 2 }),
    "without room below": await testAuthority({ subject: "CN=bad", pathLength: 0 }),
  };
  for (const [what, root] of Object.entries(bad)) {
    const lower = await testAuthority({ subject: "CN=good", issuer: root });
    const disguised = {
      certificate: lower.certificate,
      signer: { ...lower.signer, keyId: good.signer.keyId },
    };
    const leaf = await testLeaf(disguised, { purposes: ["client"] });
    const chain: PeerChain = {
      certificates: [leaf.der, lower.certificate.der],
      authorities: pem(good.certificate) + pem(root.certificate),
    };
    await assertRejects(() => verifier.verifyClient(chain), Error, "not to be trusted", what);
    await assertRejects(() => verifier.verifyClient(chain), Error, "not to be trusted", what);
  }
});

Deno.test("PeerVerifier takes a path as long as it may be, and none that is longer", async () => {
  const { verifier } = start();
  const root = await testAuthority({ pathLength: 20 });
  const between: TestIssuer[] = [];
  for (let n = 0; n < limits.maxChainLength - 1; n++) {
    const issuer = between.at(-1) ?? root;
    between.push(await testAuthority({ subject: `CN=${n}`, pathLength: 19 - n, issuer }));
  }
  const chainBelow = async (length: number): Promise<PeerChain> => {
    const used = between.slice(0, length - 2);
    const leaf = await testLeaf(used.at(-1)!, { purposes: ["client"] });
    return chainOf(leaf, root, ...used.map(({ certificate }) => certificate));
  };
  await verifier.verifyClient(await chainBelow(limits.maxChainLength));
  await assertRejects(
    async () => verifier.verifyClient(await chainBelow(limits.maxChainLength + 1)),
    Error,
    "not to be trusted",
  );
});

Deno.test("PeerVerifier goes by the path alone where something else was sent beside it", async () => {
  const { verifier } = start();
  const root = await testAuthority();
  const leaf = await testLeaf(root, { purposes: ["client"] });
  const { certificates: [der], authorities } = chainOf(leaf, root);
  const beside = [new Uint8Array([0x30, 0]), (await testAuthority()).certificate.der] as const;
  const { serial } = await verifier.verifyClient({ certificates: [der, ...beside], authorities });
  assertEquals(serial, leaf.serial);
});

Deno.test("PeerVerifier passes over certificates of a chain that cannot be read or used", async () => {
  const { verifier } = start();
  const root = await testAuthority();
  const lower = await testAuthority({ subject: "CN=lower", issuer: root });
  const leaf = await testLeaf(lower, { purposes: ["client"] });
  const impostors = await Promise.all(
    brokenKeys.map(({ spki }) =>
      testAuthority({ subject: "CN=lower", issuer: root, publicKey: spki })
    ),
  );
  const chain: PeerChain = {
    certificates: [
      leaf.der,
      Uint8Array.of(0x30, 0),
      ...impostors.map(({ certificate }) => certificate.der),
      lower.certificate.der,
    ],
    authorities: pem(root.certificate),
  };
  assertEquals((await verifier.verifyClient(chain)).serial, leaf.serial);
});
