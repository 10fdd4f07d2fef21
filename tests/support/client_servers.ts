import { openIdentity } from "../../lib/auth/mod.ts";
import { serve } from "../../lib/endpoint/serve.ts";
import type { Context } from "../../lib/rpc/method/context.ts";
import { createMemoryStore } from "../../lib/store/mod.ts";
import { ITERATIONS, PASSWORD } from "./identity.ts";
import { pemPair } from "./identity_keys.ts";
import { world } from "./mutual_tls.ts";
import { tlsPair } from "./tls_certificates.ts";

/** Servers for `client_program.mjs`. */
export interface ClientServers extends AsyncDisposable {
  /** What the program reads: addresses, credentials and certificates. */
  readonly facts: Readonly<Record<string, string>>;
}

const methods = {
  add: (params: { a: number; b: number }) => params.a + params.b,
  async *count({ to }: { to: number }) {
    for (let n = 1; n <= to; n++) yield n;
  },
  echo: ({ text }: { text: string }) => text,
  hang: () => new Promise<never>(() => {}),
  greetBack: async (_params: unknown, caller: Context) => `Hello, ${await caller.call("name")}`,
  who: (_params: unknown, { principal }: Context) => `${principal?.name} by ${principal?.kind}`,
};
const open = ["add", "count", "echo", "hang", "greetBack"];

/** Starts a server of every transport that a client in Node has, and accounts to sign in with. */
export async function startClientServers(directory: string): Promise<ClientServers> {
  await using started = new AsyncDisposableStack();
  const { authority, server, client } = await world();
  const store = started.use(createMemoryStore());
  const identity = started.use(
    await openIdentity(store, { passwords: { iterations: ITERATIONS } }),
  );
  await identity.accounts.add({ name: "alice", password: PASSWORD });
  const { publicKey, privateKey } = await pemPair({ name: "Ed25519" });
  await identity.publicKeys.add("alice", publicKey, { name: "client" });
  const { text: apiKey } = await identity.keys.create({ account: "alice", name: "client" });
  const shared = { methods, public: open, gate: identity.gate, data: `${directory}/data` };
  const start = async (listen: string, more: object = {}) => {
    const running = started.use(await serve({ ...shared, tls: server, listen, ...more }));
    return running.addresses[0] ?? "";
  };
  const other = await tlsPair(authority, { names: ["other.example"] });
  const facts = {
    ca: authority.pem,
    cert: client.cert,
    key: client.key,
    password: PASSWORD,
    apiKey,
    privateKey,
    unix: await start(`unix:${directory}/socket`),
    tcp: await start("tcp://127.0.0.1:0"),
    tls: await start("tls://localhost:0"),
    mutual: await start("tls://localhost:0", { clientCa: authority.pem }),
    otherName: await start("tls://localhost:0", { tls: other }),
  };
  const owned = started.move();
  return { facts, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
