import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { signIn } from "../../../lib/auth/sign_in/sign_in_client.ts";
import type { IdentityOptions, Principal } from "../../../lib/auth/mod.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { PASSWORD, testIdentity } from "../../support/identity.ts";

const policy = {
  roles: {
    admin: ["*"],
    user: ["*", "!pay"],
    service: ["*", "rpc.delegate"],
    reader: ["read"],
  },
};

/** Alice, a user; bob, who may read alone; root, who administers; and web, which may call for them. */
async function start(options: IdentityOptions = {}) {
  const world = await testIdentity({ policy, ...options });
  const { accounts, gate, keys } = world.identity;
  await accounts.add({ name: "bob", password: PASSWORD, roles: ["reader"] });
  await accounts.add({ name: "root", password: PASSWORD, roles: ["admin", "user"] });
  await accounts.add({ name: "web", password: PASSWORD, roles: ["service", "user"] });
  const principalOf = async (username: string) => {
    const connection = world.connection();
    await signIn(connection.call, { login: { username, password: PASSWORD } });
    return connection.principal()!;
  };
  const byKey = async (scopes: string[]) => {
    const { text } = await keys.create({ account: "web", name: "k", scopes });
    return await gate.authenticate(text, "m", undefined);
  };
  const behalf = async (peer: Principal, ...chain: string[]) => await gate.delegate!(peer, chain);
  const may = (principal: Principal, method: string, isAdminMethod = false) => {
    try {
      gate.authorize(principal, method, undefined, isAdminMethod);
      return true;
    } catch (error) {
      assert(error instanceof DariError && error.code === "permission_denied", String(error));
      return false;
    }
  };
  return {
    ...world,
    accounts,
    gate,
    principalOf,
    byKey,
    behalf,
    may,
    web: await principalOf("web"),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

const denied = (call: () => Promise<unknown>, message?: string) =>
  assertRejects(call, DariError, message).then(({ code }) =>
    assertEquals(code, "permission_denied")
  );

Deno.test("delegate() makes a principal with the whole chain", async () => {
  await using world = await start();
  const principal = await world.behalf(world.web, "Alice");
  assertEquals(principal.name, "alice");
  assertEquals(principal.chain, ["alice", "web"]);
  assertEquals([principal.kind, principal.credentialId], ["delegated", world.web.credentialId]);
  assertEquals(principal.roles, ["user"]);
});

Deno.test("the rights are those that all in the chain have", async () => {
  await using world = await start();
  const [alice, bob, both] = [
    await world.behalf(world.web, "alice"),
    await world.behalf(world.web, "bob"),
    await world.behalf(world.web, "alice", "bob"),
  ];
  const rights = [alice, bob, both].map((principal) =>
    ["read", "write", "pay"].filter((method) => world.may(principal, method)).join()
  );
  assertEquals(rights, ["read,write", "read", "read"]);
  assertEquals(bob.roles, []);
});

Deno.test("the peer's own scopes bound what it may do for others", async () => {
  await using world = await start();
  const key = await world.byKey(["read", "delegate"]);
  const principal = await world.behalf(key, "alice");
  assertEquals(["read", "write"].map((method) => world.may(principal, method)), [true, false]);
  assertEquals(principal.scopes, ["read", "delegate"]);
});

Deno.test("nobody administers on behalf of others", async () => {
  await using world = await start();
  const root = await world.principalOf("root");
  const principal = await world.behalf(root, "root");
  assert(world.may(root, "users.remove", true));
  assert(!world.may(principal, "users.remove", true));
  assert(!world.may(principal, "rpc.delegate") && !world.may(principal, "rpc.users"));
  assert(world.may(principal, "rpc.discover"));
  assert(!principal.roles.includes("admin"));
});

Deno.test("only a peer with the right may name others", async () => {
  await using world = await start();
  const told = 'a role that names "rpc.delegate"';
  await denied(async () => await world.behalf(await world.principalOf("alice"), "bob"), told);
  await denied(async () => await world.behalf(await world.byKey(["read"]), "alice"), told);
  await denied(async () => await world.behalf(await world.byKey(["*"]), "alice"), told);
  await denied(async () =>
    await world.behalf({ ...world.web }, "alice").catch((error) => {
      assertEquals(error.code, "unauthenticated"); // an object of that shape proves nothing
      throw new DariError("permission_denied", told);
    }), told);
});

Deno.test("the owner of the process may name others, and keeps none of its own rights", async () => {
  await using world = await start();
  const local = await world.gate.identify({ transport: "unix", address: "s" });
  const principal = await world.behalf(local!, "bob");
  assertEquals([principal.kind, principal.roles, principal.chain], ["delegated", ["reader"], [
    "bob",
    "local",
  ]]);
  assertEquals(["read", "write"].map((method) => world.may(principal, method)), [true, false]);
});

Deno.test("a chain that is forged, disabled or too long is refused, with one message", async () => {
  await using world = await start();
  await world.accounts.add({ name: "eve", password: PASSWORD });
  await world.accounts.disable("eve");
  for (const name of ["nobody", "eve", "local", "certificate:eve", "a\nb", "", "\ud800"]) {
    await denied(() => world.behalf(world.web, name), "on whose behalf nobody may call");
    await denied(() => world.behalf(world.web, "alice", name), "on whose behalf nobody may call");
  }
  const long = Array(limits.maxCallChainLength + 1).fill("alice");
  await denied(() => world.behalf(world.web, ...long));
  await denied(() => world.behalf(world.web));
});

Deno.test("a chain that was seen before is answered at once, with the same object", async () => {
  await using world = await start();
  const principal = await world.behalf(world.web, "alice");
  assertEquals(world.gate.delegate!(world.web, ["alice"]), principal);
  assert(world.gate.delegate!(world.web, ["bob"]) instanceof Promise);
});

Deno.test("a change of somebody in the chain ends the principal, and tells the listeners", async () => {
  await using world = await start();
  const principal = await world.behalf(world.web, "alice", "bob");
  const ended: Principal[] = [];
  world.gate.onRevoked((each) => void ended.push(each));
  assert(world.may(principal, "read"));
  await world.accounts.disable("bob");
  assert(ended.includes(principal));
  assert(!world.may(principal, "read"));
  await denied(() => world.behalf(world.web, "alice", "bob"));
  await world.accounts.enable("bob");
  const again = await world.behalf(world.web, "alice", "bob");
  assert(again !== principal && world.may(again, "read"));
});

Deno.test("the end of the peer's credential ends what it does for others", async () => {
  await using world = await start();
  const principal = await world.behalf(world.web, "alice");
  const ended: Principal[] = [];
  world.gate.onRevoked((each) => void ended.push(each));
  await world.accounts.endSessions("web");
  assert(ended.includes(principal));
  assert(!world.may(principal, "read"));
  const error = assertThrows(() => world.gate.delegate!(world.web, ["alice"]), DariError);
  assertEquals(error.code, "unauthenticated");
});

Deno.test("a policy that changes changes what is done for others", async () => {
  await using world = await start();
  const principal = await world.behalf(world.web, "alice");
  assert(world.may(principal, "write"));
  world.identity.setPolicy({ roles: { ...policy.roles, user: ["read"] } });
  assert(!world.may(principal, "write") && world.may(principal, "read"));
  world.identity.setPolicy({ roles: { ...policy.roles, service: ["*"] } });
  await denied(() => Promise.resolve().then(() => world.gate.delegate!(world.web, ["alice"])));
});

Deno.test("of a peer's chains only so many are kept", async () => {
  await using world = await start();
  await world.behalf(world.web, "alice");
  assert(!(world.gate.delegate!(world.web, ["alice"]) instanceof Promise));
  for (let n = 0; n <= limits.maxCachedChains; n++) {
    const name = [..."alicebob"].map((letter, bit) => n >> bit & 1 ? letter.toUpperCase() : letter);
    const [alice, bob] = [name.slice(0, 5).join(""), name.slice(5).join("")];
    await world.behalf(world.web, alice, bob, ...Array(1 + (n >> 8)).fill("bob"));
  }
  assert(world.gate.delegate!(world.web, ["alice"]) instanceof Promise);
});
