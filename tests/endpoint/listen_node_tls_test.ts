import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connect, type ConnectOptions, type Context, serve, type ServeOptions } from "../../mod.ts";
import { DariError, TransportError } from "../../lib/base/errors.ts";
import { ensureServerIdentity, issueLeafFiles, loadAuthority } from "../../lib/cert/mod.ts";
import type { CertificatePath } from "../../lib/cert/path/verify.ts";
import { askLists } from "../../lib/endpoint/listen_node_tls.ts";
import type { PeerCertificate } from "../../lib/transport/connection.ts";
import { dataLedger } from "../../lib/endpoint/data_ledger.ts";
import { soon, world } from "../support/mutual_tls.ts";
import { listPem, testList } from "../support/revocation_list.ts";
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
    log: () => {},
    ...options,
  });
  const address = running.addresses[0]!;
  return {
    address,
    server: running,
    [Symbol.asyncDispose]: () => running.close(0),
    dial: async (options: ConnectOptions = {}, to = address) => {
      const { authority, client: { cert, key } } = await world();
      return await connect<typeof methods>(to, { ca: authority.pem, cert, key, ...options });
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

Deno.test("serve({ clientCa }) refuses clients without a certificate", async () => {
  await using directory = await tempDirectory();
  await using running = await startServer(directory.path);
  const { authority } = await world();
  await assertRejects(async () => {
    await using client = await connect(running.address, { ca: authority.pem });
    await client.call("who");
  }, TransportError);
});

Deno.test("no variable of the environment turns the checks off", async () => {
  await using directory = await tempDirectory();
  const { foreign, authority } = await world();
  const { cert, key } = await clientPair(foreign, "worker.internal");
  const other = await tlsPair(foreign, { names: ["127.0.0.1"] });
  Deno.env.set("NODE_TLS_REJECT_UNAUTHORIZED", "0");
  try {
    await using strict = await startServer(directory.path);
    await assertRejects(() => strict.dial({ cert, key }), TransportError, "refused the client");
    await using impostor = await startServer(directory.path, { tls: other });
    await assertRejects(() => impostor.dial(), TransportError, "is refused");
    await assertRejects(() => connect(impostor.address, { ca: authority.pem }), TransportError);
  } finally {
    Deno.env.delete("NODE_TLS_REJECT_UNAUTHORIZED");
  }
});

Deno.test("a certificate that the data directory's ledger revokes is cut, and stays out", async () => {
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
  await ledger.revoke(certificate.serial, "keyCompromise");
  await assertRejects(() => soon(waiting), TransportError);
  await assertRejects(() => running.dial({ ca: caPem, cert, key }), TransportError);
});

Deno.test("serve({ crl }) refuses a certificate that its authority has revoked, and cuts its open connection", async () => {
  await using directory = await tempDirectory();
  const { authority, client } = await world();
  const crl = { file: `${directory.path}/clients.crl` };
  const write = async (serials: string[]) => {
    const { subject, signer } = authority;
    const times = { thisUpdateMs: Date.now() - 60_000, nextUpdateMs: Date.now() + 60_000 };
    const list = await testList({ subject, signer, serials, ...times });
    await Deno.writeTextFile(crl.file, listPem(list));
  };
  await write([]);
  await using running = await startServer(directory.path, { crl });
  await using before = await running.dial();
  const waiting = before.call("wait");
  await before.call("who");
  await write([client.serial]);
  await assertRejects(() => soon(waiting), TransportError);
  await assertRejects(() => running.dial(), TransportError);
  const missing = { file: `${directory.path}/missing.crl` };
  await assertRejects(
    () => startServer(directory.path, { crl: missing }),
    DariError,
    "missing.crl",
  );
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
  const { promise: told, resolve: log } = Promise.withResolvers<string>();
  const options = { tls: { certFile, keyFile }, log };
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

Deno.test("serve({ clientCa }) tries its configuration once, however many listeners it has", async () => {
  await using directory = await tempDirectory();
  const { createHttpClient } = Deno;
  let trials = 0;
  Deno.createHttpClient = (options) => {
    trials++; // the part of the trial that resumes a TLS session makes one
    return createHttpClient(options);
  };
  try {
    const listen = ["tls://127.0.0.1:0", "tls://localhost:0", "tls://127.0.0.1:0"];
    await using running = await startServer(directory.path, { listen });
    assertEquals([running.server.addresses.length, trials], [3, 1]);
    for (const address of running.server.addresses) {
      await using client = await running.dial({}, address);
      assertEquals(await client.call("who"), "certificate:worker.internal");
    }
  } finally {
    Deno.createHttpClient = createHttpClient;
  }
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

Deno.test("a client whose path is not known is refused where there are revocation lists", async () => {
  const peer = {} as PeerCertificate;
  const path = [] as unknown as CertificatePath;
  const knows = { pathOf: (asked: PeerCertificate) => asked === peer ? path : undefined };
  assertEquals(askLists(peer, knows, (asked) => asked === path ? undefined : "asked"), undefined);
  assertStringIncludes(askLists({ ...peer }, knows, () => undefined) ?? "", "is not known");
  await using directory = await tempDirectory();
  await using running = await startServer(directory.path); // without lists none is asked
  await using client = await running.dial();
  assertEquals(await client.call("who"), "certificate:worker.internal");
});
