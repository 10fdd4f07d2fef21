import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { keyFingerprint } from "../../lib/cert/key/public_key.ts";
import { connect as connectOfNode } from "../../lib/endpoint/client/mod.ts";
import { connect } from "../../lib/endpoint/connect.ts";
import type { Context } from "../../lib/rpc/method/context.ts";
import { method } from "../../lib/rpc/method/method.ts";
import { startHttps } from "../support/https_server.ts";
import { world } from "../support/mutual_tls.ts";
import { clientPair, type TlsAuthority, tlsAuthority } from "../support/tls_certificates.ts";

const methods = {
  who: method({
    public: true,
    handler: (_: unknown, { principal }: Context) => principal?.name ?? null,
  }),
  length: method({
    public: true,
    handler: ({ bytes }: { bytes: Uint8Array }) => bytes.length,
  }),
};
const HOLDER = "certificate:worker.internal";

const fingerprintOf = ({ signer }: TlsAuthority) => keyFingerprint(signer.publicKey);

/** A gateway that sends its authority behind its certificate, as `dari serve` does. */
async function startAt(
  https: Parameters<typeof startHttps>[1],
  options: Parameters<typeof startHttps>[2] = {},
) {
  const { server, authority } = await world();
  const tls = { ...server, cert: server.cert + authority.pem };
  const started = await startHttps(methods, https, { tls, ...options });
  return Object.assign(started, { target: started.url.replace("https:", "wss:") });
}

for (const [name, dial] of Object.entries({ Deno: connect, Node: connectOfNode })) {
  for (const engine of ["fast", "strict"] as const) {
    Deno.test(`connect("wss://…") of ${name} trusts an authority by its fingerprint (${engine})`, async () => {
      const { authority, foreign } = await world();
      await using server = await startAt({ engine });
      const fingerprint = await fingerprintOf(authority);
      const client = await dial<typeof methods>(server.target, { fingerprint });
      assertEquals(await client.call("length", { bytes: new Uint8Array(60_000) }), 60_000);
      await client.close();
      const other = { fingerprint: await fingerprintOf(foreign) };
      const error = await assertRejects(() => dial(server.target, other), Error);
      assertMatch(error.message, /fingerprint/);
    });
  }

  Deno.test(`connect("wss://…") of ${name} shows its certificate, over authority and fingerprint`, async () => {
    const { authority, client: { cert, key } } = await world();
    const ca = authority.pem;
    await using server = await startAt({}, { clientCa: ca });
    for (const trust of [{ ca }, { fingerprint: await fingerprintOf(authority) }]) {
      const client = await dial<typeof methods>(server.target, { ...trust, cert, key });
      assertEquals(await client.call("who"), HOLDER);
      assertEquals(await client.call("length", { bytes: new Uint8Array(300_000) }), 300_000);
      await client.close();
    }
    const stranger = await dial<typeof methods>(server.target, { ca });
    assertEquals(await stranger.call("who"), null);
    await stranger.close();
  });

  Deno.test(`connect("wss://…") of ${name} is told why its certificate is refused`, async () => {
    const { authority, client: { cert, key } } = await world();
    const ca = authority.pem;
    await using asked = await startAt({}, { clientCa: ca });
    const foreign = await clientPair(await tlsAuthority("CN=other"), "worker.internal");
    const wrong = { ca, cert: foreign.cert, key: foreign.key };
    const refused = await assertRejects(() => dial(asked.target, wrong), Error);
    assertMatch(refused.message, /403 Forbidden: its certificate is refused/);

    await using required = await startAt({ clientCertificates: "required" }, { clientCa: ca });
    const none = await assertRejects(() => dial(required.target, { ca }), Error);
    assertMatch(none.message, /403 Forbidden: a client certificate is required here/);
    const client = await dial<typeof methods>(required.target, { ca, cert, key });
    assertEquals(await client.call("who"), HOLDER);
    await client.close();
  });
}
