/**
 * What identity costs: session and API key checks, SCRAM and password sign-ins, and how long the
 * event loop has to wait while sign-ins flood in.
 *
 *     deno run --allow-all scripts/bench/auth.ts [--json]
 *
 * @module
 */

// The CPU time of this process: Deno has no call of its own for it.
import { cpuUsage } from "node:process";
import { createScramClient, openIdentity } from "../../lib/auth/mod.ts";
import { utf8 } from "../../lib/auth/bytes.ts";
import { pbkdf2 } from "../../lib/auth/derive.ts";
import { openSqliteStore } from "../../lib/store/mod.ts";
import type { Peer } from "../../lib/transport/connection.ts";

const PASSWORD = "correct horse battery";
const ITERATIONS = 600_000;
const peer: Peer = { transport: "tls", address: "127.0.0.1:50412" };

const directory = await Deno.makeTempDir();
await Deno.chmod(directory, 0o700);
const store = await openSqliteStore(`${directory}/dari.db`);
const identity = await openIdentity(store);
const { accounts, gate, keys, sessions } = identity;
await accounts.add({ name: "alice", password: PASSWORD });

/** Calls a second, and nanoseconds a call. */
function rate(calls: number, work: () => void): { perSecond: number; nanoseconds: number } {
  for (let i = 0; i < calls / 10; i++) work();
  const start = performance.now();
  for (let i = 0; i < calls; i++) work();
  const elapsedMs = performance.now() - start;
  return {
    perSecond: Math.round(calls / elapsedMs * 1_000),
    nanoseconds: Math.round(elapsedMs / calls * 1e6),
  };
}

async function checks() {
  const { token } = await sessions.create(await accounts.record("alice"), peer);
  const { text } = await keys.create({ account: "alice", name: "bench", scopes: ["add"] });
  const principal = await gate.authenticate(token, "add", null);
  await gate.authenticate(text, "add", null);
  const check = (credential: string) => () => {
    const found = gate.authenticate(credential, "add", null);
    if (found instanceof Promise) throw new Error("the cached path is not synchronous");
    gate.authorize(found, "add");
  };
  return {
    sessionCheck: rate(2_000_000, check(token)),
    apiKeyCheck: rate(2_000_000, check(text)),
    authorize: rate(2_000_000, () => gate.authorize(principal, "add")),
  };
}

/** The server's CPU time of SCRAM sign-ins; the client's answers are not counted. */
async function scram(rounds = 200): Promise<{ cpuMs: number }> {
  const own = await openIdentity(store, { passwords: { iterations: 4_096 } });
  await own.accounts.add({ name: "scram", password: PASSWORD });
  let cpuUs = 0;
  const measured = async (connectionId: string, data: string): Promise<string> => {
    const before = cpuUsage();
    const reply = await own.gate.signIn("rpc.scram", { data }, { peer, connectionId });
    const { user, system } = cpuUsage(before);
    cpuUs += user + system;
    return (reply.result as { data: string }).data;
  };
  for (let i = -20; i < rounds; i++) {
    if (i === 0) cpuUs = 0;
    const client = createScramClient({ username: "scram", password: PASSWORD });
    const final = await client.answer(await measured(`c${i}`, client.first));
    client.verify(await measured(`c${i}`, final));
  }
  own[Symbol.dispose]();
  return { cpuMs: Number((cpuUs / rounds / 1_000).toFixed(3)) };
}

async function median(rounds: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times.sort((left, right) => left - right)[Math.floor(rounds / 2)] ?? 0;
}

async function password(rounds = 15) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const bare = () => pbkdf2(utf8(PASSWORD), salt, ITERATIONS);
  const full = () =>
    gate.signIn("rpc.login", { username: "alice", password: PASSWORD }, {
      peer,
      connectionId: "password",
    });
  await bare();
  const bareMs = await median(rounds, bare);
  const signInMs = await median(rounds, full);
  return { bareMs, signInMs, ratio: Number((signInMs / bareMs).toFixed(3)) };
}

/** The longest wait of the event loop while 60 sign-ins to as many names come at once. */
async function flood() {
  let last = performance.now();
  let worstMs = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    worstMs = Math.max(worstMs, now - last - 5);
    last = now;
  }, 5);
  const start = performance.now();
  await Promise.all(
    Array.from(
      { length: 60 },
      (_, i) =>
        gate.signIn("rpc.login", { username: `guess${i}`, password: PASSWORD }, {
          peer: { ...peer, address: `10.0.0.${i}:1` },
          connectionId: `f${i}`,
        }).catch(() => {}),
    ),
  );
  clearInterval(timer);
  return {
    seconds: Number(((performance.now() - start) / 1_000).toFixed(2)),
    worstWaitMs: Math.round(worstMs),
  };
}

const figures = {
  ...await checks(),
  scram: await scram(),
  password: await password(),
  flood: await flood(),
};
identity[Symbol.dispose]();
await store.close();
await Deno.remove(directory, { recursive: true });
if (Deno.args.includes("--json")) console.log(JSON.stringify(figures));
else console.table(figures);
