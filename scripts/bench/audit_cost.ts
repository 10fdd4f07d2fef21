/**
 * What the audit costs: allowed calls beside denied ones, and calls of which none is denied. The server
 * is a process of its own. `deno run -A scripts/bench/audit_cost.ts [denied calls a second]`
 *
 * @module
 */

import { openIdentity } from "../../lib/auth/mod.ts";
import { connect, serve } from "../../lib/endpoint/mod.ts";
import { auditAlongside, AuditLog } from "../../lib/ops/audit/audit_log.ts";
import { auditedGate } from "../../lib/ops/audit/witness.ts";
import { openSqliteStore } from "../../lib/store/mod.ts";

const SECONDS = 3;
/** Denied calls go on longer than they are looked at. */
const DENY_SECONDS = 8;
/** The kernel counts time in hundredths of a second (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;

type Caller = Awaited<ReturnType<typeof connect>>;

/** A server, until standard input ends; then it tells how many denied calls are recorded. */
async function runServer(path: string, isAudited: boolean): Promise<void> {
  const actor = () => "server";
  const store = await openSqliteStore(path, { alongside: auditAlongside({ actor }) });
  const audit = new AuditLog(store, { actor });
  const policy = { roles: { user: ["add"] } };
  const identity = await openIdentity(store, { localTransports: [], policy });
  await identity.accounts.add({ name: "alice" });
  const { text } = await identity.keys.create({ account: "alice", name: "bench" });
  const gate = auditedGate(identity.gate, audit, () => Promise.resolve(true));
  const server = await serve({
    listen: `unix:${path}.sock`,
    methods: { add: ({ a, b }: { a: number; b: number }) => a + b, secret: () => 1 },
    gate: isAudited ? gate : identity.gate,
  });
  console.log(JSON.stringify({ address: server.addresses[0], token: text }));
  await Array.fromAsync(Deno.stdin.readable);
  await server.close();
  await audit[Symbol.asyncDispose]();
  const count = "SELECT count(*) AS kept FROM audit_records WHERE kind = 'call.denied'";
  const [row] = await store.query((sql) => sql.all<{ kept: number }>(count));
  console.log(JSON.stringify(row));
  await store.close();
}

/** Starts it. */
async function start(directory: string, mode: string) {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "--no-check", import.meta.filename!, mode, `${directory}/${mode}.db`],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const line = async () => JSON.parse((await reader.read()).value ?? "null");
  const { address, token } = await line();
  return {
    ...{ pid: process.pid, address, token },
    client: () => signedIn(address, token),
    async stop(): Promise<number> {
      await process.stdin.close();
      const { kept } = await line();
      await process.status;
      return kept;
    },
  };
}

async function signedIn(address: string, token: string): Promise<Caller> {
  const client = await connect(address);
  await client.call("rpc.authenticate", { token });
  return client;
}

/** The processor's time of a process so far, in microseconds. */
function cpuOf(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 1e6 / TICKS_PER_SECOND;
}

/** The times of allowed calls with some in flight, sorted. */
async function latencies(client: Caller, inFlight: number): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + SECONDS * 1_000;
  await Promise.all(Array.from({ length: inFlight }, async () => {
    for (let began = performance.now(); began < end; began = performance.now()) {
      await client.call("add", { a: 1, b: 2 });
      times.push(performance.now() - began);
    }
  }));
  return times.sort((a, b) => a - b);
}

/** Denied calls at a rate, from a process of their own; gives how many there were. */
async function deny(address: string, token: string, rate: number): Promise<number> {
  const args = ["run", "-q", "-A", "--no-check", import.meta.filename!, "deny", address];
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [...args, token, String(rate)],
  }).output();
  return Number(new TextDecoder().decode(stdout));
}

/** Makes them. */
async function runDenier(client: Caller, rate: number): Promise<number> {
  const began = performance.now();
  const running: Promise<unknown>[] = [];
  for (let ms = 0; ms < DENY_SECONDS * 1_000; ms = performance.now() - began) {
    while (running.length < ms / 1_000 * rate) running.push(client.call("secret").catch(() => {}));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(running);
  return running.length;
}

/** Calls with 64 in flight; gives their number. */
async function flood(client: Caller): Promise<number> {
  let calls = 0;
  const end = performance.now() + SECONDS * 1_000;
  await Promise.all(Array.from({ length: 64 }, async () => {
    for (; performance.now() < end; calls++) await client.call("add", { a: 1, b: 2 });
  }));
  return calls;
}

/** The 99th percentile, by the number of calls in flight. */
async function p99Of(client: Caller): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const inFlight of [1, 64]) {
    const times = await latencies(client, inFlight);
    found[inFlight] = times[Math.floor(times.length * 0.99)]!;
  }
  return found;
}

/** Measures one server, and prints a line. */
async function measure(directory: string, mode: string, rate: number): Promise<void> {
  const server = await start(directory, mode);
  const allowed = await server.client();
  await flood(allowed); // warm
  const before = cpuOf(server.pid);
  const calls = await flood(allowed);
  const cpu = (cpuOf(server.pid) - before) / calls;
  const normal = await p99Of(allowed);
  const { address, token } = server;
  const denying = deny(address, token, rate);
  await new Promise((resolve) => setTimeout(resolve, 1_000)); // its process starts
  const meanwhile = await p99Of(allowed);
  const count = await denying;
  await allowed.close();
  const kept = await server.stop();
  console.log(
    `${mode.padEnd(8)} ${Math.round(calls / SECONDS)} calls/s, ${cpu.toFixed(2)} µs CPU each; ` +
      `${kept} of ${count} recorded at ${Math.round(count / DENY_SECONDS)} a second`,
  );
  for (const [inFlight, before] of Object.entries(normal)) {
    const after = meanwhile[inFlight]!;
    console.log(
      `         p99 with ${inFlight} in flight ${before.toFixed(3)} ms, beside the denied calls ` +
        `${after.toFixed(3)} ms (× ${(after / before).toFixed(2)})`,
    );
  }
}

const [mode = "", path = "", token = "", rate = ""] = Deno.args;
if (mode === "deny") {
  const client = await signedIn(path, token);
  console.log(await runDenier(client, Number(rate)));
  await client.close();
} else if (path !== "") await runServer(path, mode === "audited");
else {
  for (const each of ["plain", "audited", "plain", "audited"]) {
    const directory = await Deno.makeTempDir();
    await measure(directory, each, Number(mode) || 5_000);
    await Deno.remove(directory, { recursive: true });
  }
}
