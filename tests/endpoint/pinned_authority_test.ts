import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connect, method, serve } from "../../mod.ts";
import { DariError, TransportError } from "../../lib/base/errors.ts";
import { keyFingerprint } from "../../lib/cert/key/public_key.ts";
import { parseCertificates } from "../../lib/cert/mod.ts";
import { createDial } from "../../lib/endpoint/dial.ts";
import { fetchAuthority } from "../../lib/endpoint/pinned_authority.ts";
import type { TlsPair } from "../support/tls_certificates.ts";
import { tempDirectory } from "../support/temp.ts";
import { type TlsAuthority, tlsAuthority, tlsPair } from "../support/tls_certificates.ts";

const fingerprintOf = ({ signer }: TlsAuthority) => keyFingerprint(signer.publicKey);

/** A TLS server that sends an authority behind its leaf, and keeps what it gets behind handshakes. */
function listen({ cert, key }: TlsPair, ...authorities: TlsAuthority[]) {
  const chain = cert + authorities.map(({ pem }) => pem).join("");
  const options = { hostname: "127.0.0.1", port: 0, alpnProtocols: ["dari/1"] };
  const listener = Deno.listenTls({ ...options, cert: chain, key });
  const heard: Uint8Array[] = [];
  const serving = (async () => {
    for await (const conn of listener) {
      const bytes = new Uint8Array(1_024);
      // The other side hangs up; what came before that is application data.
      const count = await conn.read(bytes).catch(() => null);
      if (count !== null) heard.push(bytes.subarray(0, count));
      conn.close();
    }
  })();
  return {
    at: { host: "127.0.0.1", port: listener.addr.port },
    heard,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}

Deno.test("fetchAuthority() gives the authority that has the fingerprint, and says nothing to the server", async () => {
  const [authority, other] = [await tlsAuthority("CN=ours"), await tlsAuthority("CN=other")];
  await using server = listen(await tlsPair(authority), other, authority);
  const fingerprint = await fingerprintOf(authority);
  assertEquals(await fetchAuthority(server.at, fingerprint), authority.pem);
  // What was trusted before stays, beside it and not in its place.
  assertEquals(
    await fetchAuthority(server.at, fingerprint, other.pem + authority.pem),
    other.pem + authority.pem,
  );
  assertEquals(server.heard, []);
});

Deno.test("fetchAuthority() refuses a server that sends no authority with the fingerprint", async () => {
  const authority = await tlsAuthority("CN=ours");
  const fingerprint = await fingerprintOf(authority);
  const stranger = await tlsAuthority("CN=ours");
  const { publicKey } = authority.signer;
  const servers: [why: string, ...TlsAuthority[]][] = [
    ["it sends another one", stranger],
    ["it sends none"],
    // Everybody knows the key: only its signature says which constraints stand around it.
    ["the signature is not the key's", await tlsAuthority("CN=ours", { publicKey }), stranger],
    ["it is no authority", await tlsAuthority("CN=ours", { publicKey, pathLength: null })],
  ];
  for (const [why, ...sent] of servers) {
    await using server = listen(await tlsPair(stranger), ...sent);
    const error = await assertRejects(() => fetchAuthority(server.at, fingerprint), DariError);
    assertEquals([error.code, server.heard], ["unauthenticated", []], why);
  }
});

Deno.test("fetchAuthority() refuses a server that shows an authority and is not its own", async () => {
  const [authority, stranger] = [await tlsAuthority("CN=ours"), await tlsAuthority("CN=ours")];
  const fingerprint = await fingerprintOf(authority);
  const pairs: [why: string, TlsPair][] = [
    ["another authority has issued its certificate", await tlsPair(stranger)],
    ["its certificate is for another host", await tlsPair(authority, { names: ["localhost"] })],
    ["its certificate is for clients", await tlsPair(authority, { purposes: ["client"] })],
  ];
  for (const [why, pair] of pairs) {
    await using server = listen(pair, authority);
    await assertRejects(
      () => fetchAuthority(server.at, fingerprint),
      TransportError,
      undefined,
      why,
    );
    assertEquals(server.heard, [], why);
  }
});

Deno.test("fetchAuthority() is not content with the certificates that one server showed and another has", async () => {
  const [authority, stranger] = [await tlsAuthority("CN=ours"), await tlsAuthority("CN=ours")];
  await using genuine = listen(await tlsPair(authority), authority);
  await using impostor = listen(await tlsPair(stranger), authority);
  using front = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const relaying = (async () => {
    for (const { at: { port } } of [genuine, impostor]) {
      const [near, far] = [await front.accept(), await Deno.connect({ port })];
      const ways = [near.readable.pipeTo(far.writable), far.readable.pipeTo(near.writable)];
      await Promise.allSettled(ways);
    }
  })();
  const at = { host: "127.0.0.1", port: front.addr.port };
  const fingerprint = await fingerprintOf(authority);
  await assertRejects(() => fetchAuthority(at, fingerprint), TransportError, "Cannot trust");
  await relaying;
  assertEquals([genuine.heard, impostor.heard], [[], []]);
});

Deno.test("connect({ fingerprint }) trusts the authority with that key alone, and connects again", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const methods = { add: method({ public: true, handler: ({ a, b }) => a + b }) };
  await using server = await serve({ listen: "tls://127.0.0.1:0", methods, data });
  const [authority] = parseCertificates(await Deno.readTextFile(`${data}/ca.crt`));
  const fingerprint = (await keyFingerprint(authority.publicKey)).toUpperCase();
  const [address = ""] = server.addresses;
  await using client = await connect(address, { fingerprint });
  assertEquals(await client.call("add", { a: 10, b: 20 }), 30);
  const dial = createDial({ fingerprint });
  for (let count = 0; count < 2; count++) (await dial(address)).abort();
  const other = (fingerprint.startsWith("0") ? "1" : "0") + fingerprint.slice(1);
  const error = await assertRejects(() => connect(address, { fingerprint: other }), DariError);
  assertEquals(error.code, "unauthenticated");
});

Deno.test("createDial() refuses a fingerprint that is none, and one beside other trust", () => {
  const fingerprint = "0".repeat(64);
  assertThrows(() => createDial({ fingerprint: "x" }), TypeError, '"x" is not a fingerprint');
  assertThrows(() => createDial({ fingerprint, insecure: true }), TypeError, "not several");
  assertThrows(() => createDial({ fingerprint, ca: "x" }), TypeError, "not several");
});
