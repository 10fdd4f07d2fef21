import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Identity, openIdentity } from "../../../lib/auth/mod.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { connect, serve } from "../../../lib/endpoint/mod.ts";
import { AuditLog } from "../../../lib/ops/audit/audit_log.ts";
import { auditedGate, refusedConnections } from "../../../lib/ops/audit/witness.ts";
import { type AuditedStore, auditedStore } from "../../support/audit.ts";

const password = "correct horse battery";

/** A server whose gate is audited, with the account alice, who may call `add` and administers nothing. */
async function auditedServer(kept: AuditedStore, audit: AuditLog = kept.audit) {
  const { store, clock } = kept;
  const identity: Identity = await openIdentity(store, {
    clock,
    passwords: { iterations: 1_000 },
    localTransports: [],
    policy: { roles: { user: ["add"], admin: ["*"] } },
  });
  await identity.accounts.add({ name: "alice", password });
  let ran = 0;
  const server = await serve({
    listen: "tcp://127.0.0.1:0",
    clock,
    methods: {
      add: ({ a, b }: { a: number; b: number }) => a + b,
      secret: () => "not for users",
    },
    operations: { "rpc.test": () => ++ran },
    gate: auditedGate(
      identity.gate,
      audit,
      (name) => identity.accounts.get(name).then(() => true),
    ),
    observer: refusedConnections(audit),
  });
  const [address = ""] = server.addresses;
  return {
    identity,
    address,
    get ran() {
      return ran;
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      identity[Symbol.dispose]();
    },
  };
}

Deno.test("every denied call of somebody is on disk before it is answered", async () => {
  await using kept = await auditedStore();
  await using served = await auditedServer(kept);
  await using client = await connect(served.address);
  await client.call("rpc.login", { username: "alice", password });
  const calls = Array.from({ length: 200 }, () => client.call("secret").catch((error) => error));
  const errors = await Promise.all(calls);
  assertEquals(new Set(errors.map(({ code }) => code)), new Set(["permission_denied"]));
  const denied = (await kept.records()).filter(({ kind }) => kind === "call.denied");
  assertEquals(denied.length, 200);
  const { by, via, about, peer, data } = denied[0]!;
  assertEquals([by, about, data], ["alice", "secret", { code: "permission_denied" }]);
  assert(via?.startsWith("session:") && peer?.startsWith("127.0.0.1:"));
});

Deno.test("an administrative call is on disk before it runs, and an ordinary one costs no record", async () => {
  await using kept = await auditedStore();
  await using served = await auditedServer(kept);
  await served.identity.accounts.grant("alice", { add: ["admin"] });
  await using client = await connect(served.address);
  await client.call("rpc.login", { username: "alice", password });
  const before = (await kept.records()).length;
  assertEquals(await client.call("add", { a: 1, b: 2 }), 3);
  assertEquals(await client.call("rpc.test"), 1);
  const after = (await kept.records()).slice(before);
  assertEquals(after.map(({ kind, by, about }) => [kind, by, about]), [
    ["call.administrative", "alice", "rpc.test"],
  ]);
});

Deno.test("without room on the disk administrators and sign-ins are refused, and allowed calls go on", async () => {
  await using kept = await auditedStore();
  let isFull = false;
  const store = {
    sync: () => kept.store.sync(),
    transact: (work: Parameters<typeof kept.store.transact>[0]) =>
      isFull
        ? Promise.reject(new DariError("io", "database or disk is full"))
        : kept.store.transact(work),
  };
  await using audit = new AuditLog(store as typeof kept.store, {
    actor: () => "server",
    clock: kept.clock,
  });
  await using served = await auditedServer(kept, audit);
  await served.identity.accounts.grant("alice", { add: ["admin"] });
  const { text } = await served.identity.keys.create({ account: "alice", name: "ci" });
  await using client = await connect(served.address);
  await client.call("rpc.login", { username: "alice", password });
  isFull = true;
  assertEquals(await client.call("add", { a: 1, b: 2 }), 3);
  const error = await assertRejects(() => client.call("rpc.test"), Error, "in the audit");
  assertEquals([(error as DariError).code, served.ran], ["unavailable", 0]);
  await using other = await connect(served.address);
  for (const _ of ["the first time", "and again"]) {
    const again = () => other.call("rpc.authenticate", { token: text });
    await assertRejects(again, Error, "in the audit");
  }
  await assertRejects(() => other.call("add", { a: 1, b: 2 }), Error, "Sign in");
  isFull = false;
  await other.call("rpc.authenticate", { token: text });
  assertEquals(await client.call("rpc.test"), 1);
});

Deno.test("failed sign-ins are counted by peer and reason, with the names of accounts alone", async () => {
  await using kept = await auditedStore();
  await using served = await auditedServer(kept);
  await using client = await connect(served.address);
  for (let n = 0; n < 4; n++) {
    await assertRejects(() => client.call("rpc.login", { username: "alice", password: "wrong" }));
  }
  await assertRejects(() =>
    client.call("rpc.login", { username: "my-secret-password", password: "alice" })
  );
  await assertRejects(() => client.call("rpc.authenticate", { token: "dses_" + "x".repeat(43) }));
  const records = (await kept.records()).filter(({ kind }) => kind === "sign-in.failed");
  const seen = records.map(({ by, peer, about, data }) => [
    by,
    peer,
    about,
    data?.count ?? 1,
    data?.method,
  ]);
  assertEquals(new Set(seen.map((each) => JSON.stringify(each))).size, 4);
  assert(seen.some(([, , about, count]) => about === "alice" && count === 3));
  assert(!JSON.stringify(records).includes("my-secret-password"));
  assert(seen.every(([by, peer]) => by === "stranger" && peer === "127.0.0.1"));
});

Deno.test("strangers who are denied for ever make one record a minute", async () => {
  await using kept = await auditedStore();
  await using served = await auditedServer(kept);
  for (let n = 0; n < 20; n++) {
    await using client = await connect(served.address);
    const calls = Array.from({ length: 50 }, () => client.call("add", { a: 1, b: 2 }));
    for (const { status } of await Promise.allSettled(calls)) assertEquals(status, "rejected");
  }
  const denied = (await kept.records()).filter(({ kind }) => kind === "call.denied");
  assertEquals(denied.map(({ by, data }) => [by, data?.count]), [
    ["stranger", undefined],
    ["stranger", 999],
  ]);
});

Deno.test("a name of 1 MB, with ANSI or U+202E, is neither kept nor makes a difference", async () => {
  await using kept = await auditedStore();
  await using served = await auditedServer(kept);
  await using client = await connect(served.address);
  for (const name of ["\x1b[2Jalice", "\u202Eecila", "n".repeat(60_000)]) {
    await assertRejects(() => client.call("rpc.login", { username: name, password: "wrong" }));
  }
  const { size } = await Deno.stat(`${kept.directory}/dari.db-wal`);
  const text = JSON.stringify(await kept.records());
  assert(!text.includes("ecila") && !text.includes("[2J") && !text.includes("nnnn"));
  assert(size < 400 * limits.maxAuditTextBytes);
});

Deno.test("a sign-in by a token is one record, and by a password the one of its session", async () => {
  await using kept = await auditedStore();
  await using served = await auditedServer(kept);
  const { text, key } = await served.identity.keys.create({ account: "alice", name: "ci" });
  await using first = await connect(served.address);
  const before = (await kept.records()).length;
  await first.call("rpc.authenticate", { token: text });
  await first.call("rpc.login", { username: "alice", password });
  const after = (await kept.records()).slice(before);
  assertEquals(after.map(({ kind, by, via }) => [kind, by, via?.split(":")[1]]), [
    ["sign-in.accepted", "alice", key.id],
    ["session.began", "alice", undefined],
  ]);
});
