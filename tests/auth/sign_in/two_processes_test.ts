import { assertEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { openIdentity } from "../../../lib/auth/mod.ts";
import { deadline } from "../../../lib/base/abort.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { openSqliteStore } from "../../../lib/store/mod.ts";
import { ITERATIONS, PASSWORD, peer } from "../../support/identity.ts";
import { startProgram } from "../../support/program.ts";
import { tempDirectory } from "../../support/temp.ts";

const COUNT = 20;

interface Report {
  readonly added: readonly string[];
  readonly guessed: readonly string[];
  readonly granted: readonly string[];
  readonly rotated: readonly string[];
}

Deno.test("two processes on one store count, add, grant and rotate as one", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await using store = await openSqliteStore(path);
  using identity = await openIdentity(store, { passwords: { iterations: ITERATIONS } });
  const { accounts, keys } = identity;
  await accounts.add({ name: "alice", password: PASSWORD });
  const first = await keys.create({ account: "alice", name: "key" });
  const script = "tests/support/identity_rival.ts";
  await using left = startProgram([path, String(COUNT)], { script });
  await using right = startProgram([path, String(COUNT)], { script });
  await Promise.all([left.waitFor(/^ready$/m), right.waitFor(/^ready$/m)]);
  await Promise.all([left.input(""), right.input("")]);
  const reports: Report[] = [];
  for (const { code, out, err } of await Promise.all([left.ended, right.ended])) {
    assertEquals([code, err], [0, ""]);
    reports.push(JSON.parse(out.split("\n").at(-1) ?? ""));
  }
  const count = (what: keyof Report, outcome: string) =>
    reports.flatMap((report) => report[what]).filter((each) => each === outcome).length;
  assertEquals([count("added", "done"), count("added", "already_exists")], [COUNT, COUNT]);
  assertEquals(count("guessed", "AuthenticationError"), 5);
  assertEquals(count("guessed", "AccountLockedError"), 2 * COUNT - 5);
  assertEquals(count("granted", "done"), 2 * COUNT);
  assertEquals((await accounts.get("alice")).roles.length, 1 + 2 * COUNT);
  assertEquals([count("rotated", "done"), (await keys.list("alice")).length], [2 * COUNT, 1]);
  // Only the last secret and the one before it are left.
  const record = JSON.parse((await store.get(`key/${first.key.id}`))?.value ?? "{}");
  assertEquals(record.secrets.length, 2);
});

Deno.test("a sign-in while another process holds the store is told when to try again, and holds up nobody", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await using store = await openSqliteStore(path, { busyTimeoutMs: 20 });
  using identity = await openIdentity(store, { passwords: { iterations: ITERATIONS } });
  await identity.accounts.add({ name: "alice", password: PASSWORD });
  const { text } = await identity.keys.create({ account: "alice", name: "key" });
  const other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");
  const attempt = (username: string) =>
    identity.gate.signIn("rpc.login", { username, password: PASSWORD }, {
      peer,
      connectionId: username,
    });
  const waiting = ["alice", "nobody"].map((name) =>
    assertRejects(() => attempt(name), DariError, "busy")
  );
  // Who is signed in, or comes with a key, goes on.
  identity.gate.authorize(await identity.gate.authenticate(text, "add", null), "add");
  for (const error of await deadline(Promise.all(waiting), 5_000)) {
    assertEquals([error.code, error.retryAfterMs], ["unavailable", limits.storeRetryAfterMs]);
  }
  other.exec("COMMIT");
  other.close();
  assertEquals((await attempt("alice")).principal?.name, "alice");
  assertEquals((await identity.accounts.get("alice")).lockedUntilMs, undefined);
});
