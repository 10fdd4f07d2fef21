import { assert, assertEquals, assertRejects } from "@std/assert";
import { hashPassword } from "../../../lib/auth/proof/password.ts";
import { openIdentity } from "../../../lib/auth/sign_in/identity.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import type { Store } from "../../../lib/store/store.ts";
import { peer, testIdentity } from "../../support/identity.ts";

Deno.test("a password is hashed with 600,000 iterations by default", async () => {
  assert((await hashPassword("correct horse")).startsWith("$pbkdf2-sha256$i=600000$"));
  await using store = createMemoryStore();
  using identity = await openIdentity(store);
  await identity.accounts.add({ name: "alice", password: "correct horse battery" });
  const { password } = await identity.accounts.record("alice");
  assert(password?.phc.startsWith("$pbkdf2-sha256$i=600000$"));
  assertEquals(password?.scram.iterations, 600_000);
});

Deno.test("two servers of one store name the same id in their challenges", async () => {
  await using test = await testIdentity();
  using second = await openIdentity(test.store, { clock: test.clock });
  const idOf = async (gate: typeof second.gate) => {
    const context = { peer, connectionId: "c" };
    const { result } = await gate.signIn("rpc.challenge", { username: "a" }, context);
    return (result as { server: string }).server;
  };
  assertEquals(await idOf(second.gate), await idOf(test.identity.gate));
});

Deno.test("openIdentity() refuses a malformed policy before it writes", async () => {
  await using store = createMemoryStore();
  const error = await assertRejects(
    () => openIdentity(store, { policy: { roles: { user: ["a*b"] } } }),
    DariError,
    'role "user"',
  );
  assertEquals(error.code, "configuration");
  assertEquals(await store.list(""), []);
});

Deno.test("two servers that open a new store at once agree on its secret", async () => {
  await using store = createMemoryStore();
  const opened = await Promise.all(Array.from({ length: 5 }, () => openIdentity(store)));
  const ids = await Promise.all(opened.map(async ({ gate }) => {
    const context = { peer, connectionId: "c" };
    return (await gate.signIn("rpc.challenge", { username: "a" }, context)).result;
  }));
  assertEquals(new Set(ids.map((result) => (result as { server: string }).server)).size, 1);
  for (const identity of opened) identity[Symbol.dispose]();
});

Deno.test("localTransports says whose connections are the owner's", async () => {
  await using test = await testIdentity({ localTransports: ["tcp"] });
  const { gate } = test.identity;
  assertEquals((await gate.identify({ transport: "tcp", address: "127.0.0.1:1" }))?.name, "local");
  assertEquals(await gate.identify({ transport: "unix", address: "/run/dari.sock" }), null);
});

Deno.test("disposing of an identity ends its watches, and leaves the store open", async () => {
  await using test = await testIdentity();
  let watches = 0;
  const counting: Store = {
    ...test.store,
    get: (key) => test.store.get(key),
    put: (...args) => test.store.put(...args),
    watch(prefix, listener) {
      watches++;
      const watch = test.store.watch(prefix, listener);
      return {
        look: () => watch.look(),
        [Symbol.dispose]() {
          watches--;
          watch[Symbol.dispose]();
        },
      };
    },
  };
  const identity = await openIdentity(counting);
  assertEquals(watches, 4);
  identity[Symbol.dispose]();
  assertEquals(watches, 0);
  assertEquals((await test.identity.accounts.get("alice")).name, "alice");
});
