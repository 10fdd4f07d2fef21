import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { parseCertificates } from "../../../lib/cert/mod.ts";
import type { CertificateSource } from "../../../lib/cert/server/certificate_source.ts";
import { ServerCredentials } from "../../../lib/cert/server/server_credentials.ts";
import type { TlsCredentials } from "../../../lib/transport/tls/key_pair.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { world } from "../../support/mutual_tls.ts";
import { tlsPair } from "../../support/tls_certificates.ts";

/** Credentials of the world's server whose time stands still at the start of the certificate's life. */
async function open(change: Partial<CertificateSource> = {}) {
  const { server, authority } = await world();
  const [{ notBeforeMs, notAfterMs }] = parseCertificates(server.cert);
  const lifeMs = notAfterMs - notBeforeMs;
  // The next one begins where this one is due.
  const fresh: TlsCredentials = await tlsPair(authority, {
    notBeforeMs: notBeforeMs + lifeMs / 2,
    notAfterMs: notAfterMs + lifeMs,
  });
  const dueMs = notBeforeMs +
    lifeMs * (limits.renewAfterLifeShare + limits.renewalJitterShare / 2);
  const seen = { nowMs: notBeforeMs, stamp: "first", loads: 0, told: [] as string[] };
  const first: TlsCredentials = server;
  const { load = () => Promise.resolve(fresh), ...rest } = change;
  const credentials = await ServerCredentials.open({
    source: {
      files: ["server.crt"],
      renews: true,
      load: () => seen.loads++ === 0 ? Promise.resolve(first) : load(),
      ...rest,
    },
    tell: (line, level) => seen.told.push(`${level}: ${line}`),
    clock: { now: () => seen.nowMs, monotonic: () => 0 },
    stampOf: () => seen.stamp,
    random: () => 0.5,
  });
  /** A listener, with the certificates that it was given. */
  const subscribe = (use = (_credentials: TlsCredentials): void | Promise<void> => {}) => {
    const used: TlsCredentials[] = [];
    const leave = credentials.subscribe(async (fresh) => {
      await use(fresh);
      used.push(fresh);
    }, credentials.current);
    return { used, leave, [Symbol.dispose]: leave };
  };
  return { credentials, seen, first, fresh, dueMs, subscribe };
}

Deno.test("ServerCredentials renews after two thirds of a life and a random while, once for all listeners", async () => {
  const { credentials, seen, fresh, dueMs, subscribe } = await open();
  using one = subscribe();
  using other = subscribe();
  seen.nowMs = dueMs - 1;
  seen.stamp = ""; // no file has changed
  await credentials.look();
  assertEquals([seen.loads, one.used, other.used], [1, [], []]);
  seen.nowMs = dueMs + 1;
  await credentials.look();
  await credentials.look();
  assertEquals([seen.loads, one.used, other.used], [2, [fresh], [fresh]]);
  assertStrictEquals(credentials.current, fresh);
  assertEquals(seen.told, ["info: The server has taken up a new certificate"]);
});

Deno.test("ServerCredentials keeps the old certificate when a renewal fails, and tries again later", async () => {
  const locked = new DariError("permission_denied", "the key needs a passphrase");
  const { credentials, seen, first, dueMs, subscribe } = await open({
    load: () => Promise.reject(locked),
  });
  using listener = subscribe();
  seen.nowMs = dueMs + 1;
  await credentials.look();
  await credentials.look();
  assertEquals(seen.loads, 2);
  assertEquals(seen.told, [
    "warn: The server keeps its old certificate: the key needs a passphrase",
  ]);
  seen.nowMs += limits.renewalRetryMs;
  await credentials.look();
  assertEquals([seen.loads, listener.used], [3, []]);
  assertStrictEquals(credentials.current, first);
});

Deno.test("ServerCredentials keeps the old certificate when every listener refuses the new one", async () => {
  const { credentials, seen, first, dueMs, subscribe } = await open();
  using _refusing = subscribe(() => {
    throw new DariError("configuration", "the key is another's");
  });
  seen.nowMs = dueMs + 1;
  await credentials.look();
  assertEquals(seen.told, [
    "warn: The server keeps its old certificate: the key is another's",
  ]);
  assertStrictEquals(credentials.current, first);
});

Deno.test("ServerCredentials gives a listener that refused the new certificate another try, and it alone", async () => {
  const { credentials, seen, fresh, dueMs, subscribe } = await open();
  let refuses = true;
  using willing = subscribe();
  using wary = subscribe(() => {
    if (refuses) throw new Error("not now");
  });
  seen.nowMs = dueMs + 1;
  await credentials.look();
  assertEquals([willing.used, wary.used, seen.told.length], [[fresh], [], 2]);
  refuses = false;
  seen.nowMs += limits.renewalRetryMs;
  await credentials.look();
  assertEquals([willing.used, wary.used], [[fresh], [fresh]]);
});

Deno.test("ServerCredentials loads again when a file has changed, and is silent when nothing is new", async () => {
  let now: TlsCredentials;
  const test = await open({ renews: false, load: () => Promise.resolve(now) });
  now = { ...test.first };
  using listener = test.subscribe();
  await test.credentials.look(); // a file may have changed while the listener was being opened
  await test.credentials.look();
  assertEquals([test.seen.loads, listener.used, test.seen.told], [2, [], []]);
  now = test.fresh;
  test.seen.stamp = "second";
  await test.credentials.look();
  await test.credentials.look();
  assertEquals([test.seen.loads, listener.used], [3, [test.fresh]]);
});

Deno.test("ServerCredentials loads again once the certificate in use is revoked", async () => {
  const revoked = new Set<string>();
  const test = await open({ isRevoked: (cert) => Promise.resolve(revoked.has(cert)) });
  using listener = test.subscribe();
  test.seen.stamp = ""; // no file has changed
  await test.credentials.look();
  assertEquals(test.seen.loads, 1);
  revoked.add(test.first.cert);
  await test.credentials.look();
  await test.credentials.look();
  assertEquals([test.seen.loads, listener.used], [2, [test.fresh]]);
  revoked.add(test.fresh.cert);
  await test.credentials.look();
  assertEquals(test.seen.loads, 3);
});

Deno.test("ServerCredentials tells once in a while that a revoked certificate cannot be replaced", async () => {
  const test = await open({
    renews: false,
    isRevoked: () => Promise.resolve(true),
    load: () => Promise.reject(new Error("no other")),
  });
  using _listener = test.subscribe();
  test.seen.stamp = "";
  for (let look = 1; look <= 3; look++) await test.credentials.look();
  const line = "warn: The server keeps its old certificate: no other";
  assertEquals([test.seen.loads, test.seen.told], [2, [line]]);
  test.seen.nowMs += limits.renewalRetryMs;
  await test.credentials.look();
  assertEquals([test.seen.loads, test.seen.told], [3, [line, line]]);
});

Deno.test("ServerCredentials takes new client authorities for news, too", async () => {
  const { foreign, server } = await world();
  const now: TlsCredentials = { ...server, clientCa: foreign.pem };
  const test = await open({ load: () => Promise.resolve(now) });
  using listener = test.subscribe();
  await test.credentials.look();
  assertEquals(listener.used, [now]);
});

Deno.test("ServerCredentials brings a listener up to date that was opened with an older certificate", async () => {
  const { credentials, seen, first, fresh, dueMs, subscribe } = await open();
  using _listener = subscribe();
  seen.nowMs = dueMs + 1;
  await credentials.look();
  const late: TlsCredentials[] = [];
  const leave = credentials.subscribe((fresh) => void late.push(fresh), first);
  await credentials.look();
  assertEquals(late, [fresh]);
  leave();
});

Deno.test("ServerCredentials gives a listener that has left nothing more", async () => {
  const { credentials, seen, dueMs, subscribe } = await open();
  const listener = subscribe();
  listener.leave();
  listener.leave();
  seen.nowMs = dueMs + 1;
  await credentials.look();
  assertEquals(listener.used, []);
});

Deno.test("ServerCredentials.open() rejects when there is no certificate to load", async () => {
  const source = { files: [], renews: false, load: () => Promise.reject(new Error("no file")) };
  await assertRejects(
    () => ServerCredentials.open({ source, tell: () => {} }),
    Error,
    "no file",
  );
});

Deno.test("ServerCredentials looks at its files as often as its pause says, while a listener is there", async () => {
  using timers = new FakeTimers();
  const { seen, subscribe } = await open({ renews: false });
  const listener = subscribe();
  timers.advance(limits.certificateFileCheckMs - 1);
  assertEquals(seen.loads, 1);
  timers.advance(1);
  assertEquals([seen.loads, timers.count], [2, 1]);
  listener.leave();
  assertEquals(timers.count, 0);
});

Deno.test("ServerCredentials says at the start and once a day that its certificate ends", async () => {
  using timers = new FakeTimers();
  const { seen, subscribe, first } = await open({ renews: false, files: [] });
  const [{ notAfterMs }] = parseCertificates(first.cert);
  seen.nowMs = notAfterMs - 1;
  using _listener = subscribe();
  assertEquals(seen.told.map((line) => line.replace(/\d.*\dZ/, "then")), [
    "warn: The server's certificate expires at then: replace it before that",
  ]);
  seen.nowMs += limits.expiryNoticeIntervalMs - 1;
  timers.advance(limits.certificateFileCheckMs);
  assertEquals(seen.told.length, 1);
  seen.nowMs += 1;
  timers.advance(limits.certificateFileCheckMs);
  assertEquals(seen.told.slice(1).map((line) => line.replace(/\d.*\dZ/, "then")), [
    "warn: The server's certificate expired at then, and peers refuse it: replace it",
  ]);
});
