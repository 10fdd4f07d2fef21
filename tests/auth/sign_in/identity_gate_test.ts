import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { openIdentity, type Principal, signIn } from "../../../lib/auth/mod.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { openSqliteStore, type Store } from "../../../lib/store/mod.ts";
import type { Peer, PeerCertificate } from "../../../lib/transport/connection.ts";
import { PASSWORD, peer, testIdentity } from "../../support/identity.ts";
import { tempDirectory } from "../../support/temp.ts";

const codeOf = (work: () => void) => assertThrows(work, DariError).code;

function certificateOf(identity: string, notAfterMs: number): PeerCertificate {
  const fingerprint = "ab".repeat(32);
  return { identity, subject: `CN=${identity}`, serial: "1f", fingerprint, notAfterMs };
}

Deno.test("identify() knows the owner's own connections, and nobody else", async () => {
  await using test = await testIdentity();
  const { gate } = test.identity;
  for (const transport of ["unix", "memory", "pipe", "worker"] as const) {
    const principal = await gate.identify({ transport, address: "x" });
    assertEquals([principal?.kind, principal?.name], ["local", "local"]);
    gate.authorize(principal, "anything");
  }
  for (const transport of ["tcp", "tls", "https", "nats"] as const) {
    assertEquals(await gate.identify({ transport, address: "127.0.0.1:1" }), null);
  }
});

Deno.test("identify() maps a certificate to its account, and ends it with the account", async () => {
  await using test = await testIdentity();
  const { gate, accounts, certificates } = test.identity;
  const certificate = certificateOf("worker-1", test.clock.now() + 10_000);
  const known: Peer = { ...peer, certificate };
  const unmapped = await gate.identify(known);
  assertEquals([unmapped?.name, unmapped?.roles], ["certificate:worker-1", ["certificate"]]);
  gate.authorize(unmapped, "add");

  await certificates.map("alice", "worker-1");
  assertEquals(codeOf(() => gate.authorize(unmapped, "add")), "unauthenticated");
  const mapped = await gate.identify(known);
  assertEquals([mapped?.name, mapped?.kind, mapped?.roles], ["alice", "certificate", ["user"]]);
  gate.authorize(mapped, "add");
  test.clock.advance(10_000);
  assertEquals(codeOf(() => gate.authorize(mapped, "add")), "unauthenticated");
  test.clock.advance(-5_000);

  await accounts.disable("alice");
  assertEquals(await gate.identify(known), null);
  await accounts.enable("alice");
  assertEquals((await gate.identify(known))?.name, "alice");
  await certificates.unmap("alice", "worker-1");
  assertEquals(await gate.identify(known), null, "it stands for nobody, not for itself");
  await certificates.map("alice", "worker-1");
  await accounts.remove("alice");
  assertEquals(await gate.identify(known), null);
  await accounts.add({ name: "alice" });
  assertEquals(await gate.identify(known), null);
});

Deno.test("a certificate stands for one account", async () => {
  await using test = await testIdentity();
  const { accounts, certificates } = test.identity;
  await accounts.add({ name: "bob" });
  await certificates.map("alice", "worker-1");
  await certificates.map("alice", "worker-1");
  await assertRejects(() => certificates.map("bob", "worker-1"), DariError, 'for "alice" already');
  await assertRejects(() => certificates.unmap("bob", "worker-1"), DariError, "no certificate");
  assertEquals((await accounts.get("alice")).certificates, ["worker-1"]);
});

Deno.test("a revoked certificate is refused at connect, and soon after on an open connection", async () => {
  const revoked = new Set<string>();
  await using test = await testIdentity({
    isCertificateRevoked: ({ serial }) => revoked.has(serial),
  });
  const { gate } = test.identity;
  const heard: Principal[] = [];
  gate.onRevoked((principal) => heard.push(principal));
  const known = { ...peer, certificate: certificateOf("worker-1", test.clock.now() + 60_000) };
  const principal = await gate.identify(known);
  gate.authorize(principal, "add");
  revoked.add("1f");
  test.clock.advance(500);
  assertEquals(codeOf(() => gate.authorize(principal, "add")), "unauthenticated");
  assertEquals(heard, [principal]);
  assertEquals(await gate.identify(known), null);
});

Deno.test("authorize() lets nobody through who was not made by the gate", async () => {
  await using test = await testIdentity({ policy: { public: ["add"], roles: { admin: ["*"] } } });
  const { gate } = test.identity;
  const local = await gate.identify({ transport: "unix", address: "x" });
  const forged = { ...local } as Principal;
  assertEquals(codeOf(() => gate.authorize(forged, "multiply")), "unauthenticated");
  assertEquals(codeOf(() => gate.authorize(null, "multiply")), "unauthenticated");
  gate.authorize(forged, "add");
  gate.authorize(null, "add");
});

Deno.test("a principal cannot be changed, and shows nothing but its face", async () => {
  await using test = await testIdentity();
  const connection = test.connection();
  await signIn(connection.call, { login: { username: "alice", password: PASSWORD } });
  const principal = connection.principal();
  assert(principal !== null);
  assertThrows(() => Object.assign(principal, { roles: ["admin"] }), TypeError);
  assertThrows(() => (principal.roles as string[]).push("admin"), TypeError);
  assertEquals(Object.keys(structuredClone(principal)).sort(), [
    "credentialId",
    "expiresAtMs",
    "kind",
    "name",
    "roles",
  ]);
});

Deno.test("the same credential gives the same principal, whatever way it came", async () => {
  await using test = await testIdentity();
  const { gate } = test.identity;
  const connection = test.connection();
  const { token = "" } = await signIn(connection.call, {
    login: { username: "alice", password: PASSWORD },
  });
  const byToken = gate.authenticate(token, "add", null);
  assert(byToken === connection.principal(), "answered at once, with the same object");
  const other = test.connection();
  await signIn(other.call, { token });
  assert(other.principal() === byToken);
});

Deno.test("authorize() asks again after the clock was set back", async () => {
  let revoked = false;
  await using test = await testIdentity({ isCertificateRevoked: () => revoked });
  const { gate } = test.identity;
  const certificate = certificateOf("worker-1", test.clock.now() + 60_000);
  const principal = await gate.identify({ ...peer, certificate });
  gate.authorize(principal, "add");
  revoked = true;
  test.clock.step(-3_600_000);
  assertEquals(codeOf(() => gate.authorize(principal, "add")), "unauthenticated");
});

Deno.test("a store that can no longer be read ends what was learned from it", async () => {
  await using test = await testIdentity();
  let tell: ((kind: "reset") => void) | undefined;
  const broken: Store = {
    ...test.store,
    get: (key) => test.store.get(key),
    put: (...args) => test.store.put(...args),
    watch(prefix, listener) {
      if (prefix === "account/") tell = (kind) => listener({ kind });
      return test.store.watch(prefix, listener);
    },
  };
  using identity = await openIdentity(broken, { clock: test.clock });
  const { text } = await test.identity.keys.create({ account: "alice", name: "key" });
  const principal = await identity.gate.authenticate(text, "add", null);
  identity.gate.authorize(principal, "add");
  tell?.("reset");
  assertEquals(codeOf(() => identity.gate.authorize(principal, "add")), "unauthenticated");
});

Deno.test("disable() by another process ends everything within a second", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await using here = await openSqliteStore(path);
  await using there = await openSqliteStore(path);
  using server = await openIdentity(here, { passwords: { iterations: 4_096 } });
  using administrator = await openIdentity(there);
  await server.accounts.add({ name: "alice", password: PASSWORD });
  await server.certificates.map("alice", "worker-1");
  const { text } = await server.keys.create({ account: "alice", name: "key" });
  const { token } = await server.sessions.create(await server.accounts.record("alice"), peer);
  const certificate = certificateOf("worker-1", Date.now() + 60_000);
  const principals = [
    await server.gate.authenticate(text, "add", null),
    await server.gate.authenticate(token, "add", null),
    await server.gate.identify({ ...peer, certificate }),
  ];
  for (const principal of principals) server.gate.authorize(principal, "add");

  const { promise, resolve } = Promise.withResolvers<void>();
  const ended = new Set<Principal>();
  server.gate.onRevoked((principal) => {
    if (ended.add(principal).size === principals.length) resolve();
  });
  // The polling timer does not keep a program alive, so the test has to.
  const alive = setInterval(() => {}, 100);
  const start = performance.now();
  await administrator.accounts.disable("alice");
  await promise;
  clearInterval(alive);
  assert(performance.now() - start < 1_000);
  for (const principal of principals) {
    assertEquals(codeOf(() => server.gate.authorize(principal, "add")), "unauthenticated");
  }
  await assertRejects(async () => await server.gate.authenticate(text, "add", null), DariError);
});
