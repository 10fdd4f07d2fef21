import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { connect, type Context, serve, type ServeOptions } from "../../mod.ts";
import { parseAddress } from "../../lib/transport/scheme/parse.ts";
import { fetchServerCertificate } from "../../lib/transport/tls/node/fetch_server_certificate.ts";
import { createListen } from "../../lib/endpoint/listen.ts";
import {
  type Certificate,
  formatGeneralName,
  initAuthority,
  issueLeafFiles,
  loadAuthority,
  parseCertificate,
} from "../../lib/cert/mod.ts";
import { dataLedger } from "../../lib/endpoint/data_ledger.ts";
import { TestClock } from "../support/clock.ts";
import { soon, world } from "../support/mutual_tls.ts";
import { tempDirectory } from "../support/temp.ts";
import { tlsPair } from "../support/tls_certificates.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
const methods = { who: (_params: unknown, { peer }: Context) => peer.transport };

/** A server without client certificates, and the lines in which it tells of new ones of its own. */
async function startServer(options: Partial<ServeOptions>) {
  let hear = (_line: string) => {};
  const server = await serve({
    listen: "tls://localhost:0",
    methods,
    public: ["who"],
    log: (line) => hear(line),
    ...options,
  });
  const address = server.addresses[0]!;
  const { port } = parseAddress(address) as { port: number };
  return {
    address,
    told: () => soon(new Promise<string>((resolve) => hear = resolve)),
    leaf: async (): Promise<Certificate> =>
      parseCertificate(await fetchServerCertificate("localhost", port)),
    [Symbol.asyncDispose]: () => server.close(0),
  };
}

Deno.test("serve() takes up new certificate files without client certificates as well, and keeps its connections", async () => {
  await using directory = await tempDirectory();
  const { server, client, authority } = await world();
  const [certFile, keyFile] = [`${directory.path}/s.crt`, `${directory.path}/s.key`];
  /** Both at once, as far as this process can see. */
  const write = (cert: string, key: string) => {
    Deno.writeTextFileSync(keyFile, key, { mode: 0o600 });
    Deno.writeTextFileSync(certFile, cert);
  };
  write(server.cert, server.key);
  await using running = await startServer({ tls: { certFile, keyFile } });
  const ca = authority.pem;
  await using before = await connect<typeof methods>(running.address, { ca });
  assertEquals(await before.call("who"), "tls");
  const fresh = await tlsPair(authority);

  const kept = running.told();
  write(fresh.cert, client.key);
  assertStringIncludes(await kept, "keeps its old certificate: The key is not the certificate's");
  assertEquals((await running.leaf()).serial, server.serial);

  const taken = running.told();
  write(fresh.cert, fresh.key);
  assertStringIncludes(await taken, "has taken up a new certificate");
  assertEquals((await running.leaf()).serial, fresh.serial);
  await using after = await connect<typeof methods>(running.address, { ca });
  assertEquals([await before.call("who"), await after.call("who")], ["tls", "tls"]);
});

for (const mutual of [false, true]) {
  const kind = mutual ? "with client certificates" : "without client certificates";
  Deno.test(`serve() ${kind} renews its own certificate while it runs, a third of its life left`, async () => {
    await using directory = await tempDirectory();
    const data = `${directory.path}/data`;
    const { client, authority } = await world();
    const clock = new TestClock(Date.now() - 22 * DAY_MS);
    const options = mutual ? { clientCa: authority.pem } : {};
    await using running = await startServer({ data, clock, ...options });
    const ca = await Deno.readTextFile(`${data}/ca.crt`);
    const shown = mutual ? { cert: client.cert, key: client.key } : {};
    await using before = await connect<typeof methods>(running.address, { ca, ...shown });
    assert((await running.leaf()).notAfterMs < Date.now() + 9 * DAY_MS);
    const told = running.told();
    clock.advance(22 * DAY_MS);
    assertStringIncludes(await told, "has taken up a new certificate");
    assert((await running.leaf()).notAfterMs > Date.now() + 29 * DAY_MS);
    await using after = await connect<typeof methods>(running.address, { ca, ...shown });
    assertEquals([await before.call("who"), await after.call("who")], ["tls", "tls"]);
  });
}

for (const mutual of [false, true]) {
  const kind = mutual ? "with client certificates" : "without client certificates";
  Deno.test(`serve() ${kind} replaces its own certificate once another process has revoked it`, async () => {
    await using directory = await tempDirectory();
    const data = `${directory.path}/data`;
    const { authority } = await world();
    await using running = await startServer({
      data,
      ...mutual ? { clientCa: authority.pem } : {},
    });
    const { serial } = await running.leaf();
    const told = running.told();
    await using other = dataLedger(data); // as dari cert revoke opens it
    await other.revoke(serial, "keyCompromise");
    assertStringIncludes(await told, "has taken up a new certificate");
    const fresh = await running.leaf();
    assertNotEquals(fresh.serial, serial);
    assertEquals((await other.entry(fresh.serial)).revoked, undefined);
  });
}

Deno.test("serve() says that a certificate of the user's was revoked while it runs", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  await using ledger = dataLedger(data);
  await initAuthority(data, { ledger });
  const { certificate, certFile, keyFile } = await issueLeafFiles(
    await loadAuthority(data),
    ledger,
    `${directory.path}/s`,
    { names: ["localhost"] },
  );
  await using running = await startServer({ tls: { certFile, keyFile }, data, ledger });
  const told = running.told();
  await ledger.revoke(certificate.serial);
  assertStringIncludes(await told, `(serial ${certificate.serial}) is revoked; give it a new one`);
});

Deno.test("the tls:// listeners of a server share one certificate with all their names, and its renewal", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const clock = new TestClock(Date.now() - 22 * DAY_MS);
  const lines: string[] = [];
  const renewed = Promise.withResolvers<void>();
  const server = await serve({
    listen: ["tls://127.0.0.2:0", "tls://127.0.0.3:0", "tcp://127.0.0.1:0"],
    methods,
    data,
    clock,
    log(line, level) {
      if (level === "warn") return; // a port that another program has for a moment
      lines.push(line);
      renewed.resolve();
    },
  });
  const leaves = () =>
    Promise.all(
      server.addresses.slice(0, 2).map(async (address) => {
        const { host, port } = parseAddress(address) as { host: string; port: number };
        return parseCertificate(await fetchServerCertificate(host, port));
      }),
    );
  const [one, other] = await leaves();
  assertEquals(one?.serial, other?.serial);
  assertEquals(
    one?.extensions.subjectAltName?.map(formatGeneralName),
    ["localhost", "127.0.0.1", "::1", "127.0.0.2", "127.0.0.3"],
  );
  clock.advance(22 * DAY_MS);
  await soon(renewed.promise);
  const [first, second] = await leaves();
  assert(first?.serial !== one?.serial && first?.serial === second?.serial);
  assertEquals(lines, ["The server has taken up a new certificate"]);
  await server.close(0);
});

Deno.test("createListen() reads no certificate where no address asks for one", async () => {
  await using directory = await tempDirectory();
  const place = { address: parseAddress(`unix:${directory.path}/s`) };
  const data = `${directory.path}/data`;
  await using owned = new AsyncDisposableStack();
  const listener = await createListen([place], { data, tell: () => {}, owned }).listen(place);
  assertEquals(listener.address, `unix:${directory.path}/s`);
  listener.close();
  await assertRejects(() => Deno.lstat(data), Deno.errors.NotFound);
});

Deno.test("serve() watches nothing where the certificate is given as text", async () => {
  const { server, authority } = await world();
  await using running = await startServer({ tls: server });
  await using client = await connect<typeof methods>(running.address, { ca: authority.pem });
  assertEquals(await client.call("who"), "tls");
});

Deno.test("serve() has listeners with and without client certificates beside each other", async () => {
  await using directory = await tempDirectory();
  const { server: pair, client, authority } = await world();
  const file = `${directory.path}/what is it?.crt`;
  await Deno.writeTextFile(file, authority.pem);
  const mutual = `tls://127.0.0.1:0?client-ca=${encodeURIComponent(file)}`;
  await using server = await serve({
    listen: ["tls://127.0.0.1:0", mutual],
    methods: { named: (_params: unknown, { peer }: Context) => peer.certificate !== undefined },
    public: ["named"],
    tls: pair,
  });
  const [plain = "", asking = ""] = server.addresses;
  const ca = authority.pem;
  await using anybody = await connect(plain, { ca });
  assertEquals(await anybody.call("named"), false);
  await using known = await connect(asking, { ca, cert: client.cert, key: client.key });
  assertEquals(await known.call("named"), true);
  await assertRejects(async () => {
    await using stranger = await connect(asking, { ca });
    await stranger.call("named");
  });
});
