/**
 * Competes with another process of its kind on one store: adds the same accounts and guesses the
 * same password. Begins when standard input ends, and prints what succeeded as one JSON value.
 */
import { openIdentity } from "../../lib/auth/mod.ts";
import { openSqliteStore } from "../../lib/store/mod.ts";

const [path = "", count = ""] = Deno.args;
const store = await openSqliteStore(path);
const numbers = Array.from({ length: Number(count) }, (_, i) => i);
const roles = numbers.map((i) => `role-${Deno.pid}-${i}`);
const { accounts, keys, verify } = await openIdentity(store, {
  passwords: { iterations: 4_096 },
  policy: { roles: Object.fromEntries(["user", ...roles].map((role) => [role, []])) },
});
console.log("ready");
await new Response(Deno.stdin.readable).text();

const outcomes = async (attempt: (i: number) => Promise<unknown>) =>
  await Promise.all(
    numbers.map((i) =>
      attempt(i).then(() => "done", (error) =>
        error.code === "unauthenticated" ? error.name : error.code)
    ),
  );
console.log(JSON.stringify({
  added: await outcomes((i) => accounts.add({ name: `shared-${i}` })),
  guessed: await outcomes((i) => verify("alice", `a wrong password ${i}`)),
  granted: await outcomes((i) => accounts.grant("alice", { add: [roles[i] ?? ""] })),
  rotated: await outcomes(async () => {
    const [key] = await keys.list("alice");
    await keys.rotate(key?.id ?? "");
  }),
}));
await store.close();
Deno.exit();
