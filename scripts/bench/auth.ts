/**
 * `deno task bench auth`: what identity costs. Session and API key checks, sign-ins by SCRAM and by
 * password, the wait of the event loop while sign-ins flood in, and the share of a call.
 *
 * @module
 */

// The CPU time of this process: Deno has no call of its own for it.
import { cpuUsage } from "node:process";
import { utf8 } from "../../lib/auth/proof/bytes.ts";
import { pbkdf2 } from "../../lib/auth/proof/derive.ts";
import { createScramClient, type Identity, openIdentity } from "../../lib/auth/mod.ts";
import { limits } from "../../lib/base/limits.ts";
import { openSqliteStore } from "../../lib/store/mod.ts";
import type { Peer } from "../../lib/transport/connection.ts";
import { type IdentityCost, measureIdentityCost } from "./identity_cost.ts";
import { formatRate, layOut } from "./report.ts";
import { median } from "./statistics.ts";

/** What identity costs. */
export interface AuthFigures {
  /** Checks a second of a session's token and of an API key, each with its rights. */
  readonly checksPerSecond: { readonly session: number; readonly apiKey: number };
  /** The server's processor time of one sign-in by SCRAM. */
  readonly scramCpuMs: number;
  /** A sign-in by password by the derivation alone, in time. */
  readonly passwordRatio: number;
  /** The longest wait of the event loop while 60 sign-ins to as many names come at once. */
  readonly floodWaitMs: number;
  /** The share of a call. */
  readonly call: IdentityCost;
}

const PASSWORD = "correct horse battery";
const SCRAM_ROUNDS = 200;
const FLOOD = 60;
const peer: Peer = { transport: "tls", address: "127.0.0.1:50412" };

/**
 * Measures.
 *
 * @param directory A directory of this run, with the TLS files.
 * @param options Rounds of the calls, and their length in seconds.
 */
export async function runAuthBench(
  directory: string,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<AuthFigures> {
  const data = `${directory}/auth`;
  await Deno.mkdir(data, { mode: 0o700 });
  await using store = await openSqliteStore(`${data}/dari.db`);
  using identity = await openIdentity(store);
  await identity.accounts.add({ name: "alice", password: PASSWORD });
  return {
    checksPerSecond: await checksPerSecond(identity),
    scramCpuMs: await scramCpuMs(`${data}/scram.db`),
    passwordRatio: await passwordRatio(identity, rounds * 3),
    floodWaitMs: await floodWaitMs(identity),
    // Twice as many: it is a small difference between two large numbers.
    call: await measureIdentityCost(directory, rounds * 2, seconds),
  };
}

/** The figures as a table, a `<` or `>` where a goal is missed. */
export function describeAuth(figures: AuthFigures): string[] {
  const { checksPerSecond: checks, scramCpuMs, passwordRatio, floodWaitMs, call } = figures;
  const least = (value: number, goal: number) => value < goal ? `< ${goal}` : "";
  const most = (value: number, goal: number) => value > goal ? `> ${goal}` : "";
  const { identified, open } = call.serverCpuUs;
  return layOut([{ title: "identity", left: true }, { title: "" }, { title: "", left: true }], [
    ["session checks a second", formatRate(checks.session), least(checks.session, 500_000)],
    ["API key checks a second", formatRate(checks.apiKey), least(checks.apiKey, 500_000)],
    ["SCRAM sign-in, server CPU ms", scramCpuMs.toFixed(3), most(scramCpuMs, 1)],
    ["password sign-in by derivation", passwordRatio.toFixed(3), most(passwordRatio, 1.1)],
    ["wait in a flood of sign-ins, ms", floodWaitMs.toFixed(0), most(floodWaitMs, 200)],
    ["calls with identity by those without", call.ratio.toFixed(3), least(call.ratio, 0.95)],
    ["  calls a second with identity", formatRate(call.rate.identified), ""],
    ["  calls a second without", formatRate(call.rate.open), ""],
    ["  server CPU µs a call with identity", identified.toFixed(2), ""],
    ["  server CPU µs a call without", open.toFixed(2), ""],
  ]);
}

function ratePerSecond(calls: number, work: () => void): number {
  for (let i = 0; i < calls / 10; i++) work();
  const start = performance.now();
  for (let i = 0; i < calls; i++) work();
  return Math.round(calls / (performance.now() - start) * 1_000);
}

async function checksPerSecond({ accounts, gate, keys, sessions }: Identity) {
  const { token } = await sessions.create(await accounts.record("alice"), peer);
  const { text } = await keys.create({ account: "alice", name: "bench", scopes: ["add"] });
  const check = async (credential: string) => {
    await gate.authenticate(credential, "add", null);
    return ratePerSecond(2_000_000, () => {
      const found = gate.authenticate(credential, "add", null);
      if (found instanceof Promise) throw new Error("the cached path is not synchronous");
      gate.authorize(found, "add");
    });
  };
  return { session: await check(token), apiKey: await check(text) };
}

/** The server's processor time; the client's answers are not counted. */
async function scramCpuMs(path: string): Promise<number> {
  const iterations = limits.minScramIterations;
  await using store = await openSqliteStore(path);
  using own = await openIdentity(store, { passwords: { iterations } });
  await own.accounts.add({ name: "scram", password: PASSWORD });
  let cpuUs = 0;
  const measured = async (connectionId: string, data: string): Promise<string> => {
    const before = cpuUsage();
    const reply = await own.gate.signIn("rpc.scram", { data }, { peer, connectionId });
    const { user, system } = cpuUsage(before);
    cpuUs += user + system;
    return (reply.result as { data: string }).data;
  };
  for (let round = -SCRAM_ROUNDS / 10; round < SCRAM_ROUNDS; round++) {
    if (round === 0) cpuUs = 0;
    const client = createScramClient({ username: "scram", password: PASSWORD });
    const final = await client.answer(await measured(`c${round}`, client.first));
    client.verify(await measured(`c${round}`, final));
  }
  return cpuUs / SCRAM_ROUNDS / 1_000;
}

/** The two in turn, so that a busy moment of the machine falls on both. */
async function passwordRatio({ gate }: Identity, rounds: number): Promise<number> {
  const salt = crypto.getRandomValues(new Uint8Array(limits.passwordSaltBytes));
  const bytes = utf8(PASSWORD);
  const context = { peer, connectionId: "password" };
  const timeOf = async (work: () => Promise<unknown>) => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
  const ratios: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const bareMs = await timeOf(() => pbkdf2(bytes, salt, limits.passwordIterations));
    const signInMs = await timeOf(() =>
      gate.signIn("rpc.login", { username: "alice", password: PASSWORD }, context)
    );
    if (round > 0) ratios.push(signInMs / bareMs);
  }
  return median(ratios);
}

async function floodWaitMs({ gate }: Identity): Promise<number> {
  const PAUSE_MS = 5;
  let last = performance.now();
  let worstMs = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    worstMs = Math.max(worstMs, now - last - PAUSE_MS);
    last = now;
  }, PAUSE_MS);
  const guess = (i: number) =>
    gate.signIn("rpc.login", { username: `guess${i}`, password: PASSWORD }, {
      peer: { ...peer, address: `10.0.0.${i}:1` },
      connectionId: `f${i}`,
    }).catch(() => {});
  await Promise.all(Array.from({ length: FLOOD }, (_, i) => guess(i)));
  clearInterval(timer);
  return worstMs;
}
