import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { constraintsOf } from "../../../lib/cert/authority/permit.ts";
import { readTrusted, writeTrusted } from "../../../lib/cli/trust/trusted_servers.ts";
import { createTrustingDial } from "../../../lib/cli/trust/trusting_dial.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { parseAddress } from "../../../lib/transport/scheme/parse.ts";
import { tempDirectory } from "../../support/temp.ts";
import { encodePem } from "../../../lib/cert/mod.ts";
import {
  type CertificateTemplate,
  randomSerial,
  signCertificate,
} from "../../../lib/cert/x509/certificate_template.ts";
import { parseSubject } from "../../../lib/cert/x509/distinguished_name.ts";
import { type TlsAuthority, tlsAuthority, tlsPair } from "../../support/tls_certificates.ts";

/** Another certificate of the same authority: its subject, its key, other permits. */
async function reissued({ signer }: TlsAuthority, permits: readonly string[]): Promise<string> {
  const template: CertificateTemplate = {
    serial: randomSerial(),
    subject: parseSubject("CN=ours"),
    publicKey: signer.publicKey,
    notBeforeMs: Date.now() - 1_000,
    notAfterMs: Date.now() + 60_000,
    keyUsage: ["keyCertSign", "cRLSign"],
    pathLength: 0,
    ...constraintsOf(permits),
  };
  return encodePem("CERTIFICATE", await signCertificate(template, { signer }));
}

/** A user who trusts an authority for a server that sends another text of it. */
async function userOf(trusted: string, authority: TlsAuthority, sent: string) {
  const directory = await tempDirectory();
  const { cert, key } = await tlsPair(authority);
  const tls = { cert: cert + sent, key };
  const server = await serve({ listen: "tls://127.0.0.1:0", methods: {}, tls });
  const [address = ""] = server.addresses;
  const at = parseAddress(address) as { host: string; port: number };
  const user = `${directory.path}/dari`;
  await writeTrusted(user, at, { ca: trusted });
  return {
    dial: createTrustingDial({}, { directory: user, server: at, ca: trusted }),
    address,
    kept: async () => (await readTrusted(user, at))?.ca,
    async [Symbol.asyncDispose]() {
      await server.close(0);
      await directory[Symbol.asyncDispose]();
    },
  };
}

Deno.test("createTrustingDial() takes up a new certificate of the authority under the same key", async () => {
  const authority = await tlsAuthority("CN=ours");
  const narrow = await reissued(authority, ["localhost"]);
  const wide = await reissued(authority, ["localhost", "127.0.0.0/8"]);
  await using user = await userOf(narrow, authority, wide);
  (await user.dial(user.address)).abort();
  assertEquals(await user.kept(), wide);
  (await user.dial(user.address)).abort();
});

Deno.test("createTrustingDial() keeps what it has where the server offers nothing that is valid", async () => {
  const authority = await tlsAuthority("CN=ours");
  const narrow = await reissued(authority, ["localhost"]);
  const narrower = await reissued(authority, ["internal"]);
  const stranger = await tlsAuthority("CN=ours");
  const cases: [issuer: TlsAuthority, sent: string][] = [
    [authority, narrow],
    [authority, narrower],
    [stranger, stranger.pem],
  ];
  for (const [issuer, sent] of cases) {
    await using user = await userOf(narrow, issuer, sent);
    const error = await assertRejects(() => user.dial(user.address), TransportError);
    assertStringIncludes(error.message, "is trusted here by the fingerprint");
    assertEquals([error.retryable, await user.kept()], [false, narrow]);
  }
});

Deno.test("createTrustingDial() says that a server does not answer, and asks for nothing", async () => {
  const authority = await tlsAuthority("CN=ours");
  const user = await userOf(authority.pem, authority, authority.pem);
  await user[Symbol.asyncDispose]();
  const error = await assertRejects(() => user.dial(user.address), TransportError);
  assertStringIncludes(error.message, "nothing listens there");
});
