import { assertEquals } from "@std/assert";
import { disable, restrict } from "../../../lib/ops/backup/restrict.ts";

const account = {
  id: "1",
  name: "alice",
  fields: {},
  roles: ["user", "admin"],
  active: true,
  createdAtMs: 1,
  epoch: "e1",
  password: { phc: "hash 1" },
  publicKeys: [{ id: "k1" }, { id: "k2" }],
  certificates: ["a", "b"],
};

/** What becomes of an entry; the record itself where it stays as it was. */
function outcome(key: string, backedUp: unknown, newest: unknown): unknown {
  const entry = backedUp === null ? null : { key, value: JSON.stringify(backedUp), version: 1 };
  const value = newest === null ? null : JSON.stringify(newest);
  const step = restrict(entry, { key, value });
  if (step === null) return backedUp;
  assertEquals(step.survivesRestore, true);
  return step.kind === "delete" ? "removed" : JSON.parse(step.value);
}

Deno.test("restrict() gives an account no right that it lost, and none that it got since", () => {
  const newest = {
    ...account,
    roles: ["user", "operator"],
    epoch: "e2",
    publicKeys: [{ id: "k2" }, { id: "k3" }],
    certificates: ["b", "c"],
  };
  assertEquals(outcome("account/a", account, newest), {
    ...account,
    roles: ["user"],
    epoch: "e2",
    publicKeys: [{ id: "k2" }],
    certificates: ["b"],
  });
  assertEquals(outcome("account/a", account, account), account);
  assertEquals(outcome("account/a", null, newest), null);
});

Deno.test("restrict() keeps an account disabled, removed, or another one of its name apart", () => {
  const disabled = { ...account, active: false, epoch: "e2" };
  assertEquals(outcome("account/a", account, disabled), disabled);
  assertEquals(outcome("account/a", disabled, { ...account, epoch: "e3" }), {
    ...disabled,
    epoch: "e3",
  });
  assertEquals(outcome("account/a", account, null), "removed");
  assertEquals(outcome("account/a", account, { ...account, id: "2" }), "removed");
});

Deno.test("restrict() brings neither an old password back nor one that was set since", () => {
  const { password: _password, ...without } = account;
  const changed = { ...account, password: { phc: "hash 2" }, epoch: "e2" };
  assertEquals(outcome("account/a", account, changed), { ...without, epoch: "e2" });
  // The same password, hashed again: that changes no epoch.
  const strengthened = { ...account, password: { phc: "hash 3" } };
  assertEquals(outcome("account/a", account, strengthened), account);
  const granted = { ...account, epoch: "e2" };
  assertEquals(outcome("account/a", account, granted), granted);
});

Deno.test("restrict() keeps API keys revoked, and secrets that were rotated at their end", () => {
  const key = { id: "k", accountId: "1", active: true, secrets: [{ hash: "a" }, { hash: "b" }] };
  const revoked = { ...key, active: false, secrets: [] };
  assertEquals(outcome("key/k", key, revoked), revoked);
  const rotated = { ...key, secrets: [{ hash: "c" }, { hash: "a", endsAtMs: 9 }] };
  assertEquals(outcome("key/k", key, rotated), { ...key, secrets: [{ hash: "a", endsAtMs: 9 }] });
  assertEquals(outcome("key/k", { ...key, secrets: [{ hash: "a", endsAtMs: 5 }] }, rotated), {
    ...key,
    secrets: [{ hash: "a", endsAtMs: 5 }],
  });
  assertEquals(outcome("key/k", key, { ...key, accountId: "2" }), "removed");
  assertEquals(outcome("key/k", null, key), null);
});

Deno.test("restrict() keeps sessions ended and invitations used, and adds the events of the ledger", () => {
  for (const key of ["session/s", "invitation/i"]) {
    assertEquals(outcome(key, { a: 1 }, null), "removed");
    assertEquals(outcome(key, { a: 1 }, { a: 2 }), { a: 1 });
    assertEquals(outcome(key, null, { a: 2 }), null);
    assertEquals(outcome(key, null, null), null);
  }
  const revoked = { event: "revoked", serial: "1" };
  assertEquals(outcome("ledger/event/0000000007", null, revoked), revoked);
  // Codes that were used are used; a factor that was added since is still asked for.
  const factor = { codes: [{ id: "f", lastStep: 9 }], recovery: ["left"] };
  assertEquals(outcome("factor/a", { codes: [], recovery: ["left", "used"] }, factor), factor);
  assertEquals(outcome("factor/a", null, factor), factor);
  const lock = { lock: "x", lockedUntilMs: 5 };
  assertEquals(outcome("lockout/a", { failures: 0 }, lock), lock);
});

Deno.test("disable() ends what signs somebody in, and leaves the rest", () => {
  const run = (key: string, value: unknown) =>
    disable({ key, value: JSON.stringify(value), version: 1 });
  assertEquals(run("session/s", {})?.kind, "delete");
  assertEquals(run("invitation/i", {})?.kind, "delete");
  const key = run("key/k", { id: "k", active: true, secrets: [{ hash: "a" }] });
  assertEquals(key?.kind === "put" && JSON.parse(key.value), {
    id: "k",
    active: false,
    secrets: [],
  });
  const changed = run("account/a", account);
  assertEquals(changed?.kind === "put" && JSON.parse(changed.value), {
    ...account,
    publicKeys: [],
  });
  assertEquals(run("ledger/event/0000000001", {}), null);
});
