import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connect, type ConnectOptions, type Context, serve, type ServeOptions } from "../../mod.ts";
import { DariError, TransportError } from "../../lib/base/errors.ts";
import { ensureServerIdentity, issueLeafFiles, loadAuthority } from "../../lib/cert/mod.ts";
import { dataLedger } from "../../lib/endpoint/data_ledger.ts";
import { soon, world } from "../support/mutual_tls.ts";
import { tempDirectory } from "../support/temp.ts";
import { clientPair, tlsPair } from "../support/tls_certificates.ts";

const methods = {
  who: (_params: unknown, { principal }: Context) => principal?.name,
  protocol: (_params: unknown, { peer }: Context) => peer.protocol,
  wait: (_params: unknown, { signal }: Context) =>
    new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason))
    ),
};

async function startServer(data: string, options: Partial<ServeOptions> = {}) {
  const { server, authority } = await world();
  const running = await serve({
    listen: "tls://127.0.0.1:0",
    methods,
    data,
    tls: server,
    clientCa: authority.pem,
    tell: () => {},
    ...options,
  });
  const address = running.addresses[0]!;
  return {
    address,
    server: running,
    [Symbol.asyncDispose]: () => running.close(0),
    dial: async (options: ConnectOptions = {}) => {
      const { authority, client: { cert, key } } = await world();
      return await connect<typeof methods>(address, { ca: authority.pem, cert, key, ...options });
    },
  };
}

Deno.test("serve({ clientCa }) makes the certificate's identity the principal", async () => {
  await using directory = await tempDirectory();
  await using running = await startServer(directory.path);
  await using client = await running.dial();
  assertEquals(await client.call("who"), "certificate:worker.internal");
  assertEquals(client.peer?.protocol, "TLSv1.3");
  assertEquals(client.peer?.certificate?.identity, "localhost");
});

Deno.test("connect() with a certificate resolves only once the server has let it in", async () => {
  await using directory = await tempDirectory();
  const refused: string[] = [];
  await using running = await startServer(directory.path, {
    onRefused: (_address, reason) => refused.push(reason),
  });
  const { foreign } = await world();
  const { cert, key } = await clientPair(foreign, "worker.internal");
  await assertRejects(() => running.dial({ cert, key }), TransportError, "did not let this");
  assertEquals(refused.length, 1);
});

Deno.test("a call without a certificate does not get into serve({ clientCa })", async () => {
  await using directory = await tempDirectory();
  await using running = await startServer(directory.path);
  const { authority } = await world();
  await assertRejects(async () => {
    await using client = await connect(running.address, { ca: authority.pem });
    await client.call("who");
  }, TransportError);
});

Deno.test("connect({ insecure }) warns each time that it does not check the server", async () => {
  await using directory = await tempDirectory();
  await using running = await startServer(directory.path);
  const warnings: string[] = [];
  for (let times = 1; times <= 2; times++) {
    const warn = (line: string) => warnings.push(line);
    await using client = await running.dial({ ca: undefined, insecure: true, warn });
    assertEquals(await client.call("who"), "certificate:worker.internal");
    assertEquals(warnings.length, times);
  }
  assertStringIncludes(warnings[0]!, "is not checked");
});

Deno.test("connect() refuses a certificate without its key, and a key without its certificate", async () => {
  const { client: { cert, key } } = await world();
  await assertRejects(() => connect("tls://localhost:1", { cert }), TypeError, "together");
  await assertRejects(() => connect("tls://localhost:1", { key }), TypeError, "together");
});

Deno.test("connect({ ca }) trusts the given authorities and no other", async () => {
  await using directory = await tempDirectory();
  await using running = await startServer(directory.path);
  const { foreign } = await world();
  await assertRejects(() => running.dial({ ca: [foreign.pem] }), TransportError, "does not hold");
});

Deno.test("no variable of the environment turns the checks off", async () => {
  await using directory = await tempDirectory();
  const { foreign, authority } = await world();
  const { cert, key } = await clientPair(foreign, "worker.internal");
  const other = await tlsPair(foreign, { names: ["127.0.0.1"] });
  Deno.env.set("NODE_TLS_REJECT_UNAUTHORIZED", "0");
  try {
    await using strict = await startServer(directory.path);
    await assertRejects(() => strict.dial({ cert, key }), TransportError, "did not let this");
    await using impostor = await startServer(directory.path, { tls: other });
    await assertRejects(() => impostor.dial(), TransportError, "does not hold");
    await assertRejects(() => connect(impostor.address, { ca: authority.pem }), TransportError);
  } finally {
    Deno.env.delete("NODE_TLS_REJECT_UNAUTHORIZED");
  }
});

Deno.test("a certificate that the data directory's ledger revokes is cut within a second, and stays out", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const { caPem } = await ensureServerIdentity(data);
  await using ledger = dataLedger(data);
  const authority = await loadAuthority(data);
  const { certificate, certFile, keyFile } = await issueLeafFiles(
    authority,
    ledger,
    `${directory.path}/worker`,
    { names: ["worker.internal"], purposes: ["client"] },
  );
  const cert = await Deno.readTextFile(certFile);
  const key = await Deno.readTextFile(keyFile);
  const clientCa = { file: `${data}/ca.crt` };
  await using running = await startServer(data, { tls: undefined, clientCa });
  await using client = await running.dial({ ca: caPem, cert, key });
  const waiting = client.call("wait");
  await client.call("who");
  const since = performance.now();
  await ledger.revoke(certificate.serial, "keyCompromise");
  await assertRejects(() => soon(waiting), TransportError);
  assert(performance.now() - since < 1_000);
  await assertRejects(() => running.dial({ ca: caPem, cert, key }), TransportError);
});

Deno.test("a running server takes up new certificate files and keeps its connections", async () => {
  await using directory = await tempDirectory();
  const { server, authority } = await world();
  const certFile = `${directory.path}/server.crt`;
  const keyFile = `${directory.path}/server.key`;
  const write = async (pair: { cert: string; key: string }) => {
    await Deno.writeTextFile(keyFile, pair.key, { mode: 0o600 });
    await Deno.writeTextFile(certFile, pair.cert);
  };
  await write(server);
  const { promise: told, resolve: tell } = Promise.withResolvers<string>();
  const options = { tls: { certFile, keyFile }, tell };
  await using running = await startServer(directory.path, options);
  await using before = await running.dial();
  const fresh = await tlsPair(authority);
  await write(fresh);
  assertStringIncludes(await told, "a new certificate");
  await using after = await running.dial();
  assertEquals(after.peer?.certificate?.serial, fresh.serial);
  assertEquals(before.peer?.certificate?.serial, server.serial);
  assertEquals(await before.call("who"), "certificate:worker.internal");
});

Deno.test("serve({ tlsMin }) speaks TLS 1.3 alone, without asking for certificates", async () => {
  await using directory = await tempDirectory();
  await using running = await startServer(directory.path, {
    clientCa: undefined,
    tlsMin: "1.3",
    public: ["protocol"],
  });
  const { authority } = await world();
  await using client = await connect(running.address, { ca: authority.pem });
  assertEquals(await client.call("protocol"), "TLSv1.3");
});

Deno.test("serve({ clientCa }) refuses a key that is not the certificate's", async () => {
  await using directory = await tempDirectory();
  const { server, client } = await world();
  await assertRejects(
    () => startServer(directory.path, { tls: { cert: server.cert, key: client.key } }),
    DariError,
    "not the certificate's",
  );
});
