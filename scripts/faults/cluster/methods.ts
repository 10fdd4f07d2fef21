/**
 * The methods of a server of the cluster. What ran is in the file `effects` of its directory, a line
 * each; accounts are made and read as the commands of `dari user` do it, through the store of its data
 * directory.
 *
 * @module
 */

import { openIdentity } from "../../../lib/auth/mod.ts";
import { limits } from "../../../lib/base/limits.ts";
import { openDataStore } from "../../../lib/endpoint/store/shared_store.ts";
import { type Context, method } from "../../../mod.ts";

const data = Deno.env.get("DARI_DATA") ?? ".";
const effects = Deno.openSync(`${data}/effects`, { append: true, create: true });
const encoder = new TextEncoder();
let opened: ReturnType<typeof openAccounts> | undefined;

async function openAccounts() {
  try {
    const { store } = await openDataStore(data);
    // So few that sign-ins by the hundred fit on the machine.
    return await openIdentity(store, { passwords: { iterations: limits.minScramIterations } });
  } catch (error) {
    opened = undefined; // the next call tries it again
    throw error;
  }
}

/** Runs, and says so in the file. It must not run twice. */
export const note = ({ id }: { id: string }): { id: string; run: string } => {
  const run = crypto.randomUUID();
  effects.writeSync(encoder.encode(`${id} ${run}\n`));
  return { id, run };
};

/** Says who calls: the credential, as the server knows it. */
export const whoami = method({
  idempotent: true,
  handler: (_: unknown, { principal }: Context) => principal?.credentialId ?? null,
});

/** Makes an account. */
export const create = method({
  admin: true,
  async handler({ name, password }: { name: string; password: string }): Promise<null> {
    await (await (opened ??= openAccounts())).accounts.add({ name, password });
    return null;
  },
});

/** Reads an account. */
export const read = method({
  admin: true,
  async handler({ name }: { name: string }): Promise<"absent" | "active" | "disabled"> {
    const account = await (await (opened ??= openAccounts())).accounts.find(name);
    return account === null ? "absent" : account.active ? "active" : "disabled";
  },
});

/** Removes an account. */
export const remove = method({
  admin: true,
  async handler({ name }: { name: string }): Promise<null> {
    await (await (opened ??= openAccounts())).accounts.remove(name);
    return null;
  },
});

/** Ends a session. */
export const revoke = method({
  admin: true,
  async handler({ id }: { id: string }): Promise<null> {
    await (await (opened ??= openAccounts())).sessions.revoke(id);
    return null;
  },
});
