/**
 * Registers, signs in and revokes without end, and prints what was acknowledged, one JSON value a
 * line. A test kills it.
 */
import { openIdentity } from "../../lib/auth/mod.ts";
import { openSqliteStore } from "../../lib/store/mod.ts";

const store = await openSqliteStore(Deno.args[0] ?? "");
const identity = await openIdentity(store);
const output = Deno.stdout.writable.getWriter();
const say = (value: unknown) =>
  output.write(new TextEncoder().encode(`${JSON.stringify(value)}\n`));

for (let i = 0;; i++) {
  const name = `${Deno.args[1]}-${i}`;
  await identity.accounts.add({ name });
  await say({ kind: "added", name });
  const account = await identity.accounts.record(name);
  const { token } = await identity.sessions.create(account, { address: "127.0.0.1:1" });
  await say({ kind: "credential", name, text: token });
  const { text, key } = await identity.keys.create({ account: name, name: "key" });
  await say({ kind: "credential", name, text });
  if (i % 2 === 0) {
    await identity.keys.revoke(key.id);
    await say({ kind: "revoked", name, text });
    await identity.accounts.disable(name);
    await say({ kind: "disabled", name });
  }
}
