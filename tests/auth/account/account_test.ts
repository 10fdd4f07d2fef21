import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  accountId,
  accountOf,
  byAccountAndAge,
  checkNewName,
  createAccountRecord,
  type NewAccount,
} from "../../../lib/auth/account/account.ts";
import { createPasswordRecord } from "../../../lib/auth/account/password_record.ts";
import { systemRandom } from "../../../lib/auth/proof/bytes.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { checkKey } from "../../../lib/store/store.ts";

const record = createAccountRecord({ name: "alice" }, systemRandom, 5);

Deno.test("createAccountRecord() makes an active account with an id and an epoch of its own", () => {
  assertEquals([record.name, record.roles, record.active, record.createdAtMs], [
    "alice",
    ["user"],
    true,
    5,
  ]);
  const another = createAccountRecord({ name: "alice" }, systemRandom, 5);
  assertEquals(new Set([record.id, record.epoch, another.id, another.epoch]).size, 4);
});

Deno.test("createAccountRecord() refuses roles and fields that cannot be stored", () => {
  const fields = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`field ${i}`, ""]));
  createAccountRecord(
    { name: "a", fields: fields(64), roles: ["r.1_2-3", "역할"] },
    systemRandom,
    0,
  );
  const refused: [Partial<NewAccount>, string][] = [
    [{ roles: [""] }, '"" is not a role'],
    [{ roles: ["a".repeat(65)] }, "is not a role"],
    [{ roles: Array(65).fill("a") }, "at most 64 roles, not 65"],
    [{ fields: fields(65) }, "at most 64 extra fields, not 65"],
    [{ fields: { "a\nb": "" } }, "field's name has control characters"],
    [{ fields: { city: "\x1b[31m" } }, "city has control characters"],
    [{ email: "a\0b" }, "e-mail has control characters"],
  ];
  for (const [account, reason] of refused) {
    const error = assertThrows(
      () => createAccountRecord({ name: "a", ...account }, systemRandom, 0),
      DariError,
      reason,
    );
    assertEquals(error.code, "invalid_params");
  }
});

Deno.test("checkNewName() folds a name, and refuses the reserved ones in every spelling", () => {
  assertEquals(checkNewName("ＡLICE"), "alice");
  const reserved = ["local", "LOCAL", "certificate:worker", "Certificate:x", "Stranger", "server"];
  for (const name of [...reserved, "os:root"]) {
    assertThrows(() => checkNewName(name), DariError, "is reserved");
  }
});

Deno.test("accountOf() leaves id, epoch and password out", async () => {
  const password = await createPasswordRecord("correct horse battery", { iterations: 1 });
  const shown = accountOf({ ...record, password }, { lastSignInAtMs: 7 });
  assertEquals(shown, {
    name: "alice",
    fields: {},
    roles: ["user"],
    active: true,
    createdAtMs: 5,
    publicKeys: [],
    certificates: [],
    lastSignInAtMs: 7,
    hasPassword: true,
    passwordIterations: 1,
  });
  const { hasPassword, passwordIterations } = accountOf(record);
  assertEquals([hasPassword, passwordIterations], [false, undefined]);
});

Deno.test("accountId() makes a key of the store of every name", () => {
  for (const name of ["alice", "john doe", "josé", "다리", "a/b.c"]) {
    checkKey(`account/${accountId(name)}`);
  }
  assert(accountId("a") !== accountId("b"));
});

Deno.test("byAccountAndAge() sorts by account, then the oldest first", () => {
  const items = [["b", 1], ["a", 2], ["a", 1]].map(([account, createdAtMs]) => ({
    account: String(account),
    createdAtMs: Number(createdAtMs),
  }));
  assertEquals(
    items.sort(byAccountAndAge).map(({ account, createdAtMs }) => `${account}${createdAtMs}`),
    ["a1", "a2", "b1"],
  );
});
