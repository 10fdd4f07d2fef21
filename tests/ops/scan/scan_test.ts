import { assert, assertEquals, assertRejects } from "@std/assert";
import { createServer } from "node:tls"; // a server that others write: it resumes whatever it can
import { limits } from "../../../lib/base/limits.ts";
import { TransportError } from "../../../lib/base/errors.ts";
import { certificateJudge } from "../../../lib/endpoint/scan/certificate_judge.ts";
import { openClientCertificate } from "../../../lib/endpoint/scan/tls_signature.ts";
import type { ScanReport } from "../../../lib/ops/scan/report/scan_report.ts";
import { scan } from "../../../lib/ops/scan/scan.ts";
import { join, u16, vector16, vector24, vector8 } from "../../../lib/ops/scan/wire/bytes.ts";
import { hasOpenssl } from "../../support/openssl.ts";
import { startOpensslServer } from "../../support/openssl_server.ts";
import { dialPort, rulesOf, scannedAs, scanPort, standIn } from "../../support/scanned.ts";
import { tempDirectory } from "../../support/temp.ts";
import { type TlsAuthority, tlsAuthority, tlsPair } from "../../support/tls_certificates.ts";

const judge = {
  judge: () => Promise.reject(new Error("no certificate was to come")),
  verifySignature: () => Promise.resolve(undefined),
};

function offered({ versions }: ScanReport): string[] {
  return versions.filter(({ outcome }) => outcome === "offered").map(({ version }) => version);
}

async function scanOpenssl(
  { authority, client }: { authority: TlsAuthority; client?: boolean },
  ...args: string[]
): Promise<ScanReport> {
  await using directory = await tempDirectory();
  const ca = `${directory.path}/ca.pem`;
  await Deno.writeTextFile(ca, authority.pem);
  const words = args.map((word) => word === "CA" ? ca : word);
  await using server = await startOpensslServer(await tlsPair(authority), "-www", ...words);
  const pair = await tlsPair(authority, { purposes: ["client"], subject: "CN=me" });
  return await scanPort(server.port, authority.pem, {
    certificate: client ? await openClientCertificate(pair.cert, pair.key) : undefined,
  });
}

const openssl = { ignore: !hasOpenssl };

Deno.test("scan() tells the versions of a server apart, one by one", openssl, async () => {
  const authority = await tlsAuthority("CN=test root");
  const versions = [
    ["TLSv1.0", "-tls1"],
    ["TLSv1.1", "-tls1_1"],
    ["TLSv1.2", "-tls1_2"],
    ["TLSv1.3", "-tls1_3"],
  ] as const;
  for (const [name, option] of versions) {
    const report = await scanOpenssl({ authority }, option, "-cipher", "ALL:@SECLEVEL=0");
    assertEquals(offered(report), [name]);
    assertEquals(report.isComplete, true, name);
    assertEquals(report.certificates.map(({ isTrusted }) => isTrusted), [true], name);
  }
});

Deno.test("scan() finds what openssl was told to offer", openssl, async () => {
  const authority = await tlsAuthority("CN=test root");
  const report = await scanOpenssl(
    { authority },
    ...["-cipher", "ECDHE-ECDSA-AES128-SHA:eNULL:aNULL:@SECLEVEL=0", "-serverpref"],
    ...["-groups", "P-384:P-256", "-ciphersuites", "TLS_AES_256_GCM_SHA384"],
  );
  const [, , , tls12, tls13] = report.versions;
  assertEquals(tls13?.suites, [{ name: "TLS_AES_256_GCM_SHA384" }]);
  assert(tls12?.suites.some(({ name }) => name === "TLS_ECDHE_ECDSA_WITH_NULL_SHA"));
  assert(tls12?.suites.some(({ name }) => name.includes("_anon_")));
  assertEquals(tls12?.order, "server");
  assertEquals(report.groups["TLSv1.3"].toSorted(), ["secp256r1", "secp384r1"]);
  assertEquals(report.groups["TLSv1.2"].toSorted(), ["secp256r1", "secp384r1"]);
  const rules = rulesOf(report);
  for (const rule of ["suite-null", "suite-anonymous", "suite-cbc"]) assert(rules.includes(rule));
  assertEquals(report.findings[0]?.severity, "critical");
});

Deno.test(
  "scan() tells whether a client certificate is asked for and enforced",
  openssl,
  async () => {
    const authority = await tlsAuthority("CN=test root");
    const enforced = await scanOpenssl(
      { authority, client: true },
      "-Verify",
      "1",
      "-CAfile",
      "CA",
    );
    for (const one of enforced.clientCertificates) {
      assertEquals(
        [one.isAsked, one.isEnforced, one.isShownTaken],
        [true, true, true],
        one.version,
      );
      assertEquals(one.resumption, { bare: "no_session", certificate: "resumed" }, one.version);
    }
    assertEquals(
      rulesOf(enforced).filter((rule) => rule === "resumption-keeps-certificate").length,
      2,
    );
    const optional = await scanOpenssl({ authority }, "-verify", "1", "-CAfile", "CA");
    for (const one of optional.clientCertificates) {
      assertEquals([one.isAsked, one.isEnforced], [true, false], one.version);
      assertEquals(one.resumption, { bare: "resumed" }, one.version);
    }
    assert(rulesOf(optional).includes("client-certificate-not-enforced"));
    const none = await scanOpenssl({ authority }, "-no_ticket", "-no_cache");
    assertEquals(none.clientCertificates.map(({ isAsked }) => isAsked), [false, false]);
    assertEquals(none.clientCertificates[0]?.resumption, { bare: "no_session" });
  },
);

/** A server that checks certificates and resumes sessions, as node:tls does by itself. */
async function nodeServer(cert: string, key: string, ca?: string) {
  const server = createServer({ cert, key, ...(ca && { ca, requestCert: true }) }, (socket) => {
    socket.on("error", () => {});
    socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\n\r\n"));
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

Deno.test("scan() gets past client certificates with the session of another listener, and says so", async () => {
  const authority = await tlsAuthority("CN=test root");
  const { cert, key } = await tlsPair(authority);
  await using open = await nodeServer(cert, key);
  await using strict = await nodeServer(cert, key, authority.pem);
  const sessionsFrom = dialPort(open.port);
  const report = await scanPort(strict.port, authority.pem, { sessionsFrom });
  for (const { version, isEnforced, resumption } of report.clientCertificates) {
    assertEquals([isEnforced, resumption.elsewhere], [true, "resumed"], version);
  }
  const [worst] = report.findings;
  assertEquals([worst?.rule, worst?.severity], ["resumption-without-certificate", "critical"]);
});

Deno.test("scan() finds that a server has not the key of its certificate", async () => {
  const authority = await tlsAuthority("CN=test root");
  const { cert, key } = await tlsPair(authority);
  await using server = await nodeServer(cert, key);
  const real = certificateJudge({ authorities: [] });
  // As if another had signed: what was signed is not what the handshake says.
  const verifySignature: typeof real.verifySignature = (leaf, scheme, message, signature) =>
    real.verifySignature(leaf, scheme, join(message, 0), signature);
  const report = await scanPort(server.port, authority.pem, {
    judge: { ...real, verifySignature },
  });
  assertEquals(report.findings.slice(0, 2).map(({ rule }) => rule), [
    "key-not-proven",
    "key-not-proven",
  ]);
});

Deno.test("scan() gives a server up after two connections that does not answer or speaks no TLS", async () => {
  const text = new TextEncoder().encode("SSH-2.0-OpenSSH_9.2\r\n");
  const cases = [
    [standIn([text], "close"), "it does not speak TLS; it answers"],
    [standIn([text], "flood"), "it does not speak TLS; it answers"],
    [standIn([], "silence"), "it does not answer in time"],
    [standIn([join(21, 3, 3, vector16(1, 112))], "flood"), "it sends more than 1000 bytes"],
  ] as const;
  for (const [server, message] of cases) {
    const bounds = { connectionTimeoutMs: 50, maxConnectionBytes: 1_000 };
    const work = () => scan(scannedAs(server.dial), { judge, bounds });
    await assertRejects(work, TransportError, message);
    assertEquals(server.connections, 2, message);
  }
});

Deno.test("scan() says of a server that closes every connection that it takes no version", async () => {
  const server = standIn([], "close");
  const work = () => scan(scannedAs(server.dial), { judge });
  await assertRejects(work, TransportError, "TLSv1.3: it ends the connection");
  assert(server.connections <= limits.maxScanConnections);
});

/** A ServerHello with a suite that nobody offered. */
function lie(version: number, suite: number): Uint8Array<ArrayBuffer> {
  const body = join(u16(version), new Uint8Array(32), vector8(), u16(suite), 0);
  return join(22, 3, 3, vector16(2, vector24(body)));
}

Deno.test("scan() is not led in circles by a server that chooses what was not offered", async () => {
  const server = standIn([lie(0x0303, 0x1234)], "silence");
  const work = () => scan(scannedAs(server.dial), { judge, bounds: { connectionTimeoutMs: 50 } });
  await assertRejects(work, TransportError, "TLSv1.2: it chooses a suite that was not offered");
  assert(server.connections < 30, `${server.connections}`);
});

Deno.test("scan() reports what it found when its time is over", async () => {
  // Each ServerHello is right for TLS 1.2; nothing comes after it.
  const server = standIn([lie(0x0303, 0xc02f)], "silence");
  const report = await scan(scannedAs(server.dial), {
    judge,
    bounds: { timeoutMs: 300, connectionTimeoutMs: 100 },
  });
  assertEquals(report.isComplete, false);
  assertEquals(offered(report), ["TLSv1.2"]);
  assert(rulesOf(report).includes("incomplete"));
});

Deno.test("scan() offers no more suites in one ClientHello than maxScanHelloSuites", async () => {
  const longest: number[] = [];
  const server = scannedAs(() =>
    Promise.resolve({
      read: () => Promise.resolve(null),
      write(bytes) {
        // Record header, handshake header, version, random and an empty session ID.
        longest.push((bytes[44]! << 8 | bytes[45]!) / 2);
        return Promise.resolve(bytes.length);
      },
      closeWrite: () => Promise.resolve(),
      close: () => {},
    })
  );
  await assertRejects(() => scan(server, { judge }), TransportError);
  // The first two questions offer all that a version has.
  assertEquals(Math.max(...longest.slice(2)), limits.maxScanHelloSuites);
});
