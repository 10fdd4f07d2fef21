import { assert } from "@std/assert";
import { makeTrialCertificates } from "../../../lib/cert/server/trial_certificates.ts";
import {
  applyRotation,
  type Authority,
  encodePem,
  ensureServerIdentity,
  generateKeyPair,
  initAuthority,
  issueLeafFiles,
  type KeyAlgorithm,
  type Ledger,
  loadAuthority,
  makeRequest,
  makeSelfSigned,
  openFileLedger,
  parseRequest,
  renewLeaf,
  signRequest,
} from "../../../lib/cert/mod.ts";
import { hasOpenssl, openssl } from "../../support/openssl.ts";
import { tempDirectory } from "../../support/temp.ts";

if (!hasOpenssl) console.log("no openssl: nobody else verifies the certificates that dari makes");

/** A directory with an authority `ca.crt`, what issues with it, and openssl's judgement. */
interface Shop {
  readonly path: string;
  readonly authority: Authority;
  readonly ledger: Ledger;
  write(name: string, der: Uint8Array): Promise<void>;
  /** Asks openssl to verify `leaf.crt` strictly, as good for these purposes. */
  judge(purposes: readonly ("sslserver" | "sslclient")[], name?: string): Promise<void>;
}

function shape(name: string, fn: (shop: Shop) => Promise<void>, init: InitOptions = {}): void {
  const fnAround = async () => {
    await using directory = await tempDirectory();
    const { path } = directory;
    await initAuthority(path, init);
    const authority = await loadAuthority(path);
    const write = (name: string, der: Uint8Array) =>
      Deno.writeTextFile(`${path}/${name}`, encodePem("CERTIFICATE", der));
    await fn({
      path,
      authority,
      ledger: openFileLedger(path),
      write,
      async judge(purposes, name = "a.internal") {
        for (const purpose of purposes) {
          const words = ["-x509_strict", "-check_ss_sig", "-purpose", purpose];
          const host = purpose === "sslserver" ? ["-verify_hostname", name] : [];
          const files = ["-CAfile", "ca.crt", "leaf.crt"];
          const { success, text } = await openssl(path, "verify", ...words, ...host, ...files);
          assert(success, `${purpose}: ${text}`);
        }
      },
    });
  };
  Deno.test({ name: `openssl verifies ${name}`, ignore: !hasOpenssl, fn: fnAround });
}

type InitOptions = Parameters<typeof initAuthority>[1];
const algorithms: readonly KeyAlgorithm[] = ["ecdsa-p256", "rsa-2048", "rsa-3072", "ed25519"];
const both = ["sslserver", "sslclient"] as const;

for (const algorithm of algorithms) {
  const issue = ({ authority, ledger, path }: Shop, purposes: ("server" | "client")[]) =>
    issueLeafFiles(authority, ledger, `${path}/leaf`, {
      names: ["a.internal"],
      purposes,
      algorithm,
    });
  shape(`an authority of ${algorithm} and its server`, async (shop) => {
    await issue(shop, ["server"]);
    await shop.judge(["sslserver"]);
  }, { algorithm });
  shape(`a client of ${algorithm}, and one for both`, async (shop) => {
    await issue(shop, ["client"]);
    await shop.judge(["sslclient"]);
    for (const end of ["crt", "key"]) await Deno.remove(`${shop.path}/leaf.${end}`);
    await issue(shop, ["server", "client"]);
    await shop.judge(both);
  });
  shape(`what is signed for a request of ${algorithm}`, async (shop) => {
    const { privateKey } = await generateKeyPair(algorithm);
    const pem = encodePem("CERTIFICATE REQUEST", await makeRequest(privateKey, ["a.internal"]));
    const request = await parseRequest(pem);
    const { certificate } = await signRequest(shop.authority, shop.ledger, request);
    await shop.write("leaf.crt", certificate.der);
    await shop.judge(["sslserver"]);
  });
  shape(`a certificate of ${algorithm} that signs itself`, async (shop) => {
    const { certificate } = await makeSelfSigned("a.internal", { algorithm });
    await shop.write("ca.crt", certificate.der);
    await shop.write("leaf.crt", certificate.der);
    await shop.judge(both);
  });
}

for (
  const [what, init, names] of [
    ["an authority without constraints", { permits: "any" }, ["example.com"]],
    ["an authority for addresses alone", { permits: ["10.0.0.0/8", "fd00::/8"] }, ["10.0.0.1"]],
    ["an authority for names alone", { permits: [".internal"] }, ["*.internal.internal"]],
    ["an authority with a subject", { subject: "C=KR, O=가나다, CN=root" }, ["a.internal"]],
    ["an IPv4 address alone", {}, ["127.0.0.1"]],
    ["every kind of name", { permits: ["internal", "::1", "uri:.internal", "email:internal"] }, [
      "a.internal",
      "::1",
      "spiffe://a.internal/x",
      "ann@internal",
    ]],
    ["a leaf without a subject", {}, [`${"a".repeat(60)}.internal`]],
  ] as const
) {
  shape(what, async (shop) => {
    const { authority, ledger, path } = shop;
    await issueLeafFiles(authority, ledger, `${path}/leaf`, { names, purposes: ["client"] });
    await shop.judge(["sslclient"]);
  }, init);
}

shape("what was renewed", async (shop) => {
  const { authority, ledger, path } = shop;
  const names = ["a.internal"];
  const { certificate } = await issueLeafFiles(authority, ledger, `${path}/leaf`, { names });
  await renewLeaf(authority, ledger, await ledger.entry(certificate.serial));
  await shop.judge(["sslserver"]);
});

shape("leaves of both authorities while one replaces the other", async (shop) => {
  const { authority, ledger, path } = shop;
  const names = ["a.internal"];
  await issueLeafFiles(authority, ledger, `${path}/leaf`, { names });
  for (const _step of ["prepare", "switch"]) {
    await applyRotation(path);
    await shop.judge(["sslserver"]);
  }
  for (const end of ["crt", "key"]) await Deno.remove(`${path}/leaf.${end}`);
  await issueLeafFiles(await loadAuthority(path), ledger, `${path}/leaf`, { names });
  await shop.judge(["sslserver"]);
});

shape("a server's own certificate", async (shop) => {
  await ensureServerIdentity(shop.path);
  await Deno.rename(`${shop.path}/server.crt`, `${shop.path}/leaf.crt`);
  await shop.judge(["sslserver"], "localhost");
});

shape("the certificates of the start-up trial", async (shop) => {
  const { ca, server, member } = await makeTrialCertificates();
  await Deno.writeTextFile(`${shop.path}/ca.crt`, ca);
  await Deno.writeTextFile(`${shop.path}/leaf.crt`, server.cert);
  await shop.judge(["sslserver"], "localhost");
  await Deno.writeTextFile(`${shop.path}/leaf.crt`, member.cert);
  await shop.judge(["sslclient"]);
});
