/**
 * Registers, signs in, fails to, changes and revokes without end, and prints what was acknowledged,
 * one JSON value a line. A test kills it.
 */
import { openIdentity, signIn } from "../../lib/auth/mod.ts";
import { openSqliteStore } from "../../lib/store/mod.ts";

const iterations = 4_096;
const store = await openSqliteStore(Deno.args[0] ?? "");
const { accounts, gate, keys, sessions } = await openIdentity(store, { passwords: { iterations } });
const output = Deno.stdout.writable.getWriter();
const say = (value: unknown) =>
  output.write(new TextEncoder().encode(`${JSON.stringify(value)}\n`));

async function signInAs(username: string, password: string): Promise<string> {
  // Each account has an address of its own, so that the limit per peer does not stop the writer.
  const peer = { transport: "tls", address: `${username}.internal:1` } as const;
  const { token = "" } = await signIn(
    async (method, params) =>
      (await gate.signIn(method as "rpc.scram", params, { peer, connectionId: username })).result,
    { login: { username, password } },
  );
  return token;
}

for (let i = 0;; i++) {
  const name = `${Deno.args[1]}-${i}`;
  const password = `the first password of ${i}`;
  await accounts.add({ name, password });
  await say({ kind: "password", name, text: password });
  const token = await signInAs(name, password);
  await say({ kind: "credential", name, text: token });
  const { text, key } = await keys.create({ account: name, name: "key" });
  await say({ kind: "credential", name, text });
  if (i % 3 === 0) {
    const [session] = await sessions.list(name);
    await sessions.revoke(session?.id ?? "");
    await say({ kind: "revoked", name, text: token });
    await keys.revoke(key.id);
    await say({ kind: "revoked", name, text });
    await accounts.disable(name);
    await say({ kind: "disabled", name });
  } else if (i % 3 === 1) {
    const next = `the second password of ${i}`;
    await accounts.setPassword(name, next);
    await say({ kind: "password", name, text: next });
  } else {
    for (let guess = 0; guess < 5; guess++) await signInAs(name, "a wrong one").catch(() => {});
    await say({ kind: "locked", name });
  }
}
