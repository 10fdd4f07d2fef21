import { assert, assertEquals } from "@std/assert";
import { openIdentity, signCall, signIn } from "../../../lib/auth/mod.ts";
import { openSqliteStore } from "../../../lib/store/mod.ts";
import { ITERATIONS, PASSWORD, peer, testIdentity } from "../../support/identity.ts";
import { tempDirectory } from "../../support/temp.ts";

/** Everything that a log could show of an error. */
function shown(error: unknown): string {
  const lines: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) {
    lines.push(Deno.inspect(each), String(each.stack), JSON.stringify(each));
  }
  return lines.join("\n");
}

Deno.test("no error shows a secret", async () => {
  await using test = await testIdentity();
  const { gate, keys, accounts, verify } = test.identity;
  const { text } = await keys.create({ account: "alice", name: "key", signs: true });
  const { token = "" } = await signIn(test.connection().call, {
    login: { username: "alice", password: PASSWORD },
  });
  const signature = await signCall(text, "add", null, test.clock);
  await gate.authenticate(signature, "add", null);
  const wrong = "a wrong and secret password";
  const attempts: (() => Promise<unknown>)[] = [
    () => verify("alice", wrong),
    () => verify("alice", `${wrong}\0`),
    () => accounts.add({ name: "bob", password: "secret".repeat(200) }),
    () => accounts.add({ name: "carol", password: "carolcarolcarol" }),
    () => accounts.setPassword("nobody", wrong),
    async () => await gate.authenticate(`${token}x`, "add", null),
    async () => await gate.authenticate(`${text}x`, "add", null),
    async () => await gate.authenticate(signature, "add", null),
    () => test.connection().call("rpc.login", { username: "alice", password: wrong }),
    () => test.connection().call("rpc.login", { username: 1, password: wrong }),
    () => test.connection().call("rpc.authenticate", { token: text.slice(0, -1) }),
    async () => {
      await test.store.put("server/secret", `{"secret":"${wrong}`);
      await openIdentity(test.store);
    },
  ];
  for (const attempt of attempts) {
    const error = await attempt().then(() => assert(false, String(attempt)), (error) => error);
    for (const secret of [PASSWORD, wrong, "secretsecret", "carolcarol", token, text, signature]) {
      assert(!shown(error).includes(secret), `${attempt} shows ${secret}`);
    }
  }
});

Deno.test("neither the store's files nor the objects show a secret", async () => {
  await using directory = await tempDirectory();
  await using store = await openSqliteStore(`${directory.path}/dari.db`);
  using identity = await openIdentity(store, { passwords: { iterations: ITERATIONS } });
  const account = await identity.accounts.add({ name: "alice", password: PASSWORD });
  const { text } = await identity.keys.create({ account: "alice", name: "key" });
  const { token } = await identity.sessions.create(await identity.accounts.record("alice"), peer);
  const principal = await identity.gate.authenticate(token, "add", null);
  const secrets = [PASSWORD, text, text.slice(18, 61), token, token.slice(5)];
  let files = 0;
  for await (const { name } of Deno.readDir(directory.path)) {
    const bytes = await Deno.readFile(`${directory.path}/${name}`);
    const content = new TextDecoder("latin1").decode(bytes);
    for (const secret of secrets) assert(!content.includes(secret), `${name} has ${secret}`);
    files++;
  }
  // The database, its two journal files, its revision and its record.
  assertEquals(files, 5);
  const visible = Deno.inspect(
    [account, principal, await identity.keys.list(), await identity.sessions.list(), identity],
    { depth: 10 },
  );
  for (const secret of secrets) assert(!visible.includes(secret));
});
