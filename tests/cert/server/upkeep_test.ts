import { assertEquals, assertNotEquals } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { CertificateUpkeep, type UpkeepOptions } from "../../../lib/cert/server/upkeep.ts";
import { certificateSource } from "../../../lib/cert/server/server_certificate.ts";
import { ensureServerIdentity, parseCertificates } from "../../../lib/cert/mod.ts";
import type { TlsCredentials } from "../../../lib/transport/tls/node/node_tls_listen.ts";
import { world } from "../../support/mutual_tls.ts";
import { tempDirectory } from "../../support/temp.ts";
import { tlsPair } from "../../support/tls_certificates.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

/** An upkeep of the world's server certificate whose time stands still at the start of its life. */
async function startUpkeep(options: Partial<UpkeepOptions> = {}) {
  const { server, authority } = await world();
  const [{ notBeforeMs, notAfterMs }] = parseCertificates(server.cert);
  const lifeMs = notAfterMs - notBeforeMs;
  // The next one begins where this one is due.
  const fresh = await tlsPair(authority, {
    notBeforeMs: notBeforeMs + lifeMs / 2,
    notAfterMs: notAfterMs + lifeMs,
  });
  const dueMs = notBeforeMs +
    lifeMs * (limits.renewAfterLifeShare + limits.renewalJitterShare / 2);
  const seen = {
    now: notBeforeMs,
    loads: 0,
    reloaded: [] as TlsCredentials[],
    told: [] as string[],
  };
  const upkeep = new CertificateUpkeep({
    files: [],
    renews: true,
    load: () => Promise.resolve(fresh),
    reload: (credentials) => void seen.reloaded.push(credentials),
    tell: (line, level) => seen.told.push(`${level}: ${line}`),
    clock: { now: () => seen.now, monotonic: () => 0 },
    random: () => 0.5,
    ...options,
  }, server);
  return { upkeep, seen, fresh, dueMs, [Symbol.dispose]: () => upkeep[Symbol.dispose]() };
}

Deno.test("CertificateUpkeep renews after two thirds of a life and a random while, once", async () => {
  using test = await startUpkeep();
  test.seen.now = test.dueMs - 1;
  await test.upkeep.look();
  assertEquals(test.seen.reloaded, []);
  test.seen.now = test.dueMs + 1;
  await test.upkeep.look();
  await test.upkeep.look();
  assertEquals(test.seen.reloaded, [test.fresh]);
});

Deno.test("CertificateUpkeep keeps the old certificate when a renewal fails, and tries again later", async () => {
  let loads = 0;
  using test = await startUpkeep({
    load: () => {
      loads++;
      return Promise.reject(new DariError("permission_denied", "the key needs a passphrase"));
    },
  });
  test.seen.now = test.dueMs + 1;
  await test.upkeep.look();
  await test.upkeep.look();
  assertEquals(loads, 1);
  assertEquals(test.seen.told, [
    "warn: The server keeps its old certificate: the key needs a passphrase",
  ]);
  test.seen.now += limits.renewalRetryMs;
  await test.upkeep.look();
  assertEquals([loads, test.seen.reloaded.length], [2, 0]);
});

Deno.test("CertificateUpkeep keeps the old certificate when the new one is refused", async () => {
  using test = await startUpkeep({
    reload: () => {
      throw new DariError("configuration", "the key is another's");
    },
  });
  test.seen.now = test.dueMs + 1;
  await test.upkeep.look();
  assertEquals(test.seen.told, [
    "warn: The server keeps its old certificate: the key is another's",
  ]);
});

Deno.test("CertificateUpkeep looks into a file when it has changed, and is silent when nothing is new", async () => {
  await using directory = await tempDirectory();
  const { server, authority } = await world();
  const file = `${directory.path}/server.crt`;
  await Deno.writeTextFile(file, server.cert);
  const next = await tlsPair(authority);
  let loads = 0;
  const load = async () => {
    loads++;
    const cert = await Deno.readTextFile(file);
    return { ...(cert === server.cert ? server : next), cert };
  };
  using test = await startUpkeep({ files: [file], renews: false, load });
  await test.upkeep.look(); // it may have changed while the listener was being opened
  await test.upkeep.look();
  assertEquals([loads, test.seen.told], [1, []]);
  await Deno.writeTextFile(file, next.cert);
  await test.upkeep.look();
  await test.upkeep.look();
  assertEquals([loads, test.seen.reloaded.map(({ cert }) => cert)], [2, [next.cert]]);
});

Deno.test("a server's own certificate is made anew when it is due", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const then = Date.now() - 25 * DAY_MS;
  const old = await ensureServerIdentity(data, {
    clock: { now: () => then, monotonic: () => 0 },
  });
  const source = certificateSource(undefined, data, "localhost");
  const { cert } = await source.load();
  assertNotEquals(cert, old.certPem);
  assertEquals((await source.load()).cert, cert);
});
