import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connect as connectSocket } from "node:net"; // says nothing, unlike any TLS client
import { connect as connectTls } from "node:tls"; // shows whatever it is given
import { TransportError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import { dialAs, soon, startListener, world } from "../../../support/mutual_tls.ts";
import { hasOpenssl, openssl } from "../../../support/openssl.ts";
import { tempDirectory } from "../../../support/temp.ts";
import {
  clientPair,
  followedByGarbage,
  tlsAuthority,
  tlsPair,
} from "../../../support/tls_certificates.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

/** A connection that was refused may end in order or break; it does not stay. */
function assertClosed(error: unknown): void {
  assert(error instanceof TransportError, String(error));
}

Deno.test("a mutual TLS listener accepts a client of its authority, and both ends know each other's certificate", async () => {
  const { client, server } = await world();
  using test = await startListener();
  const near = await dialAs(client, test.port);
  const far = await test.accept();
  assertEquals(far.peer.certificate?.identity, "worker.internal");
  assertEquals(far.peer.certificate?.subject, "CN=client");
  assertEquals(far.peer.certificate?.serial, client.serial);
  assertEquals(near.peer.certificate?.serial, server.serial);
  for (const { peer } of [near, far]) {
    assertEquals([peer.transport, peer.protocol], ["tls", "TLSv1.3"]);
    assert(peer.cipher?.startsWith("TLS_"));
  }
  near.abort();
  assertEquals(await far.receive(), null);
});

Deno.test("a mutual TLS listener identifies a client by its URI, else its DNS name, else its common name", async () => {
  const { authority } = await world();
  using test = await startListener();
  const cases = [
    [["a.internal", "spiffe://dari/worker"], "spiffe://dari/worker"],
    [["127.0.0.1", "b.internal"], "b.internal"],
    [["127.0.0.1"], "client"],
  ] as const;
  for (const [names, identity] of cases) {
    const near = await dialAs(await clientPair(authority, "", { names }), test.port);
    const far = await test.accept();
    assertEquals(far.peer.certificate?.identity, identity);
    near.abort();
    await far.receive();
  }
});

Deno.test("a mutual TLS listener refuses clients without a certificate, or with one that is not to be trusted", async () => {
  const { authority, foreign } = await world();
  using test = await startListener();
  const shown = {
    none: undefined,
    foreign: await clientPair(foreign, "worker.internal"),
    "for servers": await tlsPair(authority),
    "for nothing": await clientPair(authority, "worker.internal", { purposes: [] }),
    expired: await clientPair(authority, "worker.internal", { notAfterMs: Date.now() - 1_000 }),
    "not yet valid": await clientPair(authority, "worker.internal", {
      notBeforeMs: Date.now() + DAY_MS / 2,
    }),
    "an authority's": await clientPair(authority, "worker.internal", {
      keyUsage: ["digitalSignature", "keyCertSign"],
      pathLength: 0,
    }),
    nameless: await clientPair(authority, "", { names: ["127.0.0.1"], subject: "O=nobody" }),
  };
  for (const [what, pair] of Object.entries(shown)) {
    const near = await dialAs(pair, test.port);
    assert(await test.refusal() !== "", what);
    await soon(near.receive()).then((lines) => assertEquals(lines, null), assertClosed);
    near.abort();
  }
  assertEquals(test.refusals.length, Object.keys(shown).length);
});

Deno.test({
  name:
    "a mutual TLS listener refuses a TLS session resumed from a listener without client certificates",
  ignore: !hasOpenssl,
  async fn() {
    const { client } = await world();
    await using directory = await tempDirectory();
    using lax = await startListener({ clientCa: undefined });
    using strict = await startListener();
    const serveLax = async () => {
      for await (const connection of lax.listener) {
        await connection.send("welcome\n"); // a client takes its ticket with what it reads
        await connection.close();
      }
    };
    const serving = serveLax();
    for (const version of ["-tls1_2", "-tls1_3"]) {
      const visit = (port: number, option: string) => {
        const to = ["-connect", `127.0.0.1:${port}`, version, "-ign_eof"];
        return openssl(directory.path, "s_client", ...to, option, "ticket");
      };
      await visit(lax.port, "-sess_out");
      const again = await visit(lax.port, "-sess_in");
      assertStringIncludes(again.text, "Reused", "the trap must be there for the test to be one");
      await visit(strict.port, "-sess_in");
      assertStringIncludes(await strict.refusal(), "resumed a TLS session");
    }
    const near = await dialAs(client, strict.port);
    assertEquals((await strict.accept()).peer.certificate?.serial, client.serial);
    near.abort();
    lax.listener.close();
    await serving;
  },
});

Deno.test("a mutual TLS listener refuses a revoked certificate, and every one when revocations cannot be read", async () => {
  const { client } = await world();
  let isRevoked = (serial: string) => serial === client.serial;
  using test = await startListener({ isRevoked: (serial) => isRevoked(serial) });
  await assertRejects(async () => {
    const near = await dialAs(client, test.port);
    assertEquals(await soon(near.receive()), null);
    throw new TransportError("unavailable", "ended");
  }, TransportError);
  assertStringIncludes(await test.refusal(), "was revoked");
  isRevoked = () => {
    throw new Error("the ledger is damaged");
  };
  (await dialAs(client, test.port)).abort();
  assertStringIncludes(await test.refusal(), "the ledger is damaged");
});

Deno.test("a mutual TLS listener cuts the open connection of a certificate that is revoked", async () => {
  const { client } = await world();
  let revoked = "";
  using test = await startListener({ isRevoked: (serial) => serial === revoked });
  const near = await dialAs(client, test.port);
  const far = await test.accept();
  await near.send("unread, and not to be read\n");
  revoked = client.serial;
  assertEquals(await soon(near.receive().catch(() => null)), null);
  const error = await assertRejects(() => far.receive(), TransportError, "was revoked");
  assertEquals(error.code, "unavailable");
});

Deno.test("a mutual TLS listener cuts an open connection when its certificate expires", async () => {
  const { client } = await world();
  let now = Date.now();
  const clock = { now: () => now, monotonic: () => performance.now() };
  using test = await startListener({ clock });
  const near = await dialAs(client, test.port);
  const far = await test.accept();
  now += 2 * DAY_MS;
  await assertRejects(() => soon(far.receive()), TransportError, "has expired");
  near.abort();
});

Deno.test("a client with a session may end its side and still reads what it asked for", async () => {
  const { client, authority } = await world();
  using test = await startListener();
  const shown = { cert: client.cert, key: client.key, ca: authority.pem, allowHalfOpen: true };
  const near = connectTls({ ...shown, host: "127.0.0.1", port: test.port });
  near.end("question\n");
  const far = await test.accept();
  assertEquals(await soon(far.receive()), "question\n");
  assertEquals(await soon(far.receive()), null);
  await far.send("answer\n");
  const answered = new Promise((resolve) => near.on("data", (data) => resolve(String(data))));
  assertEquals(await soon(answered), "answer\n");
  near.destroy();
  far.abort();
});

Deno.test("a mutual TLS listener takes no more connections than it may", async () => {
  const { client } = await world();
  using test = await startListener({ maxConnections: 1 });
  const first = await dialAs(client, test.port);
  const far = await test.accept();
  await assertRejects(() => dialAs(client, test.port), TransportError);
  first.abort();
  assertEquals(await far.receive(), null);
});

Deno.test("a mutual TLS listener leaves open connections alone when it closes, and no others", async () => {
  const { client } = await world();
  const test = await startListener();
  const near = await dialAs(client, test.port);
  const far = await test.accept();
  const silent = connectSocket(test.port, "127.0.0.1").on("error", () => {});
  await new Promise<void>((resolve) => silent.on("connect", () => resolve()));
  const other = await dialAs(client, test.port); // in the queue: nobody accepts it
  const closed = new Promise<void>((resolve) => silent.on("close", () => resolve()));
  test.listener.close();
  await closed;
  assertEquals(await other.receive().catch(() => null), null);
  await near.send("still here\n");
  assertEquals(await far.receive(), "still here\n");
  near.abort();
  assertEquals(await far.receive(), null);
});

Deno.test("a mutual TLS listener refuses a certificate for the reason that its check gives", async () => {
  const { client } = await world();
  const verifyClient = (): never => {
    throw new Error("its certificate is not for this house");
  };
  using test = await startListener({ verifyClient });
  (await dialAs(client, test.port)).abort();
  assertStringIncludes(await test.refusal(), "not for this house");
});

Deno.test("a mutual TLS listener refuses a chain that cannot be read behind a valid certificate, and goes on", async () => {
  const { client, authority } = await world();
  const shown = { key: client.key, ca: authority.pem, host: "127.0.0.1" };
  using test = await startListener();
  for (const cert of followedByGarbage(client.cert)) {
    const near = connectTls({ ...shown, cert, port: test.port });
    const closed = new Promise((resolve) => near.on("error", () => {}).on("close", resolve));
    assertStringIncludes(await test.refusal(), "cannot be read");
    await soon(closed);
  }
  const near = await dialAs(client, test.port);
  assertEquals((await test.accept()).peer.certificate?.serial, client.serial);
  near.abort();
});

Deno.test("a mutual TLS listener accepts chains of several intermediates", async () => {
  const root = await tlsAuthority("CN=root", { pathLength: 9 });
  let issuer = root;
  let chain = "";
  using test = await startListener({ clientCa: root.pem });
  for (let length = 3; length <= limits.maxChainLength; length++) {
    issuer = await tlsAuthority(`CN=${length}`, { by: issuer, pathLength: 9 - length });
    chain = issuer.pem + chain;
    const { cert, key, serial } = await clientPair(issuer, "worker.internal");
    const near = await dialAs({ cert: cert + chain, key }, test.port);
    const far = await Promise.race([test.accept(), test.refusal()]);
    if (typeof far === "string") throw new Error(`${length}: ${far}`);
    assertEquals(far.peer.certificate?.serial, serial);
    near.abort();
    await far.receive();
  }
});

Deno.test("a mutual TLS listener refuses a chain whose intermediate hides an authority without room below it", async () => {
  const { authority } = await world();
  const narrow = await tlsAuthority("CN=narrow", { pathLength: 0 });
  const lower = await tlsAuthority("CN=ours", { by: narrow });
  const disguised = { ...lower, signer: { ...lower.signer, keyId: authority.signer.keyId } };
  const { cert, key } = await clientPair(disguised, "worker.internal");
  using test = await startListener({ clientCa: authority.pem + narrow.pem });
  (await dialAs({ cert: cert + lower.pem, key }, test.port)).abort();
  assertStringIncludes(await test.refusal(), "not to be trusted");
});
