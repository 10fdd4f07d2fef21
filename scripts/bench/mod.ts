/**
 * `deno task bench [SUITE]...`: measures dari beside the practical limit and its peers. Without a name
 * it runs all suites. Linux only: it reads /proc.
 *
 * ```sh
 * deno task bench rpc --only tcp --rounds 3
 * deno task bench rpc --only dari --only "64 in flight"
 * deno task bench rpc --only tcp --rounds 10 --against ../dari-before
 * deno task bench ipc rpc --busy 2
 * deno task bench latency idle pipelined --calls 30000000
 * deno task bench --json > figures.json
 * ```
 *
 * @module
 */

import { misuse, readArguments } from "../arguments.ts";
import { describeAuth, runAuthBench } from "./auth.ts";
import { keepBusy } from "./busy.ts";
import { describeClients, runClientsBench } from "./codegen/mod.ts";
import { describeIpc, runIpcBench } from "./ipc/mod.ts";
import { describeStress, runStress } from "./ipc/stress/mod.ts";
import { describeCert, runCertBench } from "./cert.ts";
import { describeCluster, runClusterBench } from "./cluster/mod.ts";
import { describeGateway, runGatewayBench } from "./gateway/mod.ts";
import { describeMemory, runMemoryBench } from "./memory.ts";
import { describeMessages, runMessagesBench } from "./messages/mod.ts";
import { describeOverload, runOverloadBench } from "./overload/mod.ts";
import { installPeers, makeCertificate, peersDirectory } from "./prepare.ts";
import { describeProxy, runProxyBench } from "./proxy.ts";
import { describeComparisons, describeFigures, runRpcBench } from "./rpc.ts";
import { describeSlowReaders, runSlowReaderBench } from "./slow_reader/mod.ts";
import { describeStart, runStartBench } from "./start.ts";
import { describeIdle, runIdleBench } from "./steady/idle.ts";
import { describeLatency, runLatencyBench } from "./steady/latency.ts";
import { describePipelined, runPipelinedBench } from "./steady/pipelined.ts";
import { describeThreads, runThreadsBench } from "./threads.ts";

const suites: Readonly<Record<string, () => Promise<Found>>> = {
  rpc,
  memory,
  start,
  auth,
  cert,
  ipc,
  messages,
  overload,
  proxy,
  slow,
  threads,
  gateway,
  cluster,
  latency,
  idle,
  pipelined,
  clients,
};
const USAGE = `Usage: deno task bench [${
  Object.keys(suites).join("|")
}]... [--rounds N] [--seconds N]
  [--only NAME]... [--against CHECKOUT] [--no-peers] [--peers-dir DIR]
  [--flood SECONDS] [--stress SECONDS] [--calls N] [--waiting N] [--busy CORES] [--json]`;

/** What a suite found: for machines, and as lines for people. */
interface Found {
  readonly figures: unknown;
  readonly lines: readonly string[];
}

const args = readArguments(USAGE, {
  values: [
    "rounds",
    "seconds",
    "against",
    "peers-dir",
    "flood",
    "stress",
    "calls",
    "waiting",
    "busy",
  ],
  lists: ["only"],
  flags: ["json", "no-peers"],
  words: Infinity,
});
const unknown = args.words.find((name) => !Object.hasOwn(suites, name));
if (unknown !== undefined) {
  Deno.exit(misuse(`There is no suite "${unknown}".\n${USAGE}`));
}

const rounds = Number(args.rounds ?? 5);
const seconds = Number(args.seconds ?? 1);
if (!Number.isInteger(rounds) || rounds < 1 || !(seconds > 0)) {
  Deno.exit(misuse(`--rounds must be a whole number from 1 and --seconds positive.\n${USAGE}`));
}
const busy = Number(args.busy ?? 0);
if (!Number.isInteger(busy) || busy < 0) {
  Deno.exit(misuse(`--busy must be a whole number of cores.\n${USAGE}`));
}
const { only, against } = args;
const chosen = args.words.length === 0 ? Object.keys(suites) : args.words;
const withPeers = !args["no-peers"];

const directory = await Deno.makeTempDir({ prefix: "dari_bench_" });
try {
  await makeCertificate(directory);
  await using _busy = keepBusy(busy);
  const found: Record<string, Found> = {};
  for (const [name, run] of Object.entries(suites)) {
    if (chosen.includes(name)) found[name] = await run();
  }
  if (args.json) {
    const figures = Object.entries(found).map(([name, { figures }]) => [name, figures]);
    console.log(JSON.stringify({ deno: Deno.version.deno, ...Object.fromEntries(figures) }));
  } else {
    for (const { lines } of Object.values(found)) console.log(lines.join("\n"));
  }
} finally {
  await Deno.remove(directory, { recursive: true });
}

async function rpc(): Promise<Found> {
  const peers = await preparePeers();
  const found = await runRpcBench(
    { run: directory, peers, against },
    { rounds, seconds, only },
    console.error,
  );
  const lines = [...describeFigures(found.figures), ...describeComparisons(found.comparisons)];
  return { figures: found, lines };
}

async function memory(): Promise<Found> {
  const figures = await runMemoryBench(directory);
  return { figures, lines: describeMemory(figures) };
}

async function start(): Promise<Found> {
  const figures = await runStartBench(rounds * 4);
  return { figures, lines: describeStart(figures) };
}

async function clients(): Promise<Found> {
  const figures = await runClientsBench(rounds, seconds);
  return { figures, lines: describeClients(figures) };
}

async function threads(): Promise<Found> {
  const figures = await runThreadsBench(directory, { rounds, seconds });
  return { figures, lines: describeThreads(figures) };
}

async function cert(): Promise<Found> {
  const places = { run: directory, peers: undefined };
  const figures = await runCertBench(places, { rounds, seconds }, console.error);
  return { figures, lines: describeCert(figures) };
}

async function ipc(): Promise<Found> {
  const stressSeconds = Number(args.stress ?? 0);
  if (stressSeconds > 0) {
    const figures = await runStress(stressSeconds);
    return { figures, lines: describeStress(figures) };
  }
  const floodSeconds = Number(args.flood ?? 10);
  const options = { rounds, seconds, floodSeconds, only };
  const figures = await runIpcBench(await preparePeers(), options, console.error);
  return { figures, lines: describeIpc(figures) };
}

async function messages(): Promise<Found> {
  const waiting = Number(args.waiting ?? 1_000_000);
  const options = { rounds, seconds, waiting, only };
  const at = `${directory}/messages`;
  await Deno.mkdir(at);
  const found = await runMessagesBench(at, await preparePeers(), options, console.error);
  return { figures: found, lines: describeMessages(found) };
}

async function overload(): Promise<Found> {
  const figures = await runOverloadBench({ seconds: seconds * 5, only }, console.error);
  return { figures, lines: describeOverload(figures) };
}

async function proxy(): Promise<Found> {
  const figures = await runProxyBench(directory, { rounds, seconds });
  return { figures, lines: describeProxy(figures) };
}

async function slow(): Promise<Found> {
  const figures = await runSlowReaderBench(directory, ["tcp", "tls"], 5_000 * seconds);
  return { figures, lines: describeSlowReaders(figures) };
}

async function gateway(): Promise<Found> {
  const at = `${directory}/gateway`; // its certificate is of an authority
  await Deno.mkdir(at);
  const figures = await runGatewayBench(at, { rounds, seconds });
  return { figures, lines: describeGateway(figures) };
}

async function cluster(): Promise<Found> {
  const figures = await runClusterBench(directory, { rounds, seconds, only });
  return { figures, lines: describeCluster(figures) };
}

async function latency(): Promise<Found> {
  const figures = await runLatencyBench(directory, { rounds, seconds: 3 * seconds });
  return { figures, lines: describeLatency(figures) };
}

async function idle(): Promise<Found> {
  const figures = await runIdleBench(directory, 3 * seconds);
  return { figures, lines: describeIdle(figures) };
}

async function pipelined(): Promise<Found> {
  const figures = await runPipelinedBench(directory, Number(args.calls ?? 3_000_000));
  return { figures, lines: describePipelined(figures) };
}

async function preparePeers(): Promise<string | undefined> {
  if (!withPeers) return undefined;
  const peers = args["peers-dir"] ?? peersDirectory();
  console.error(`installing the peers into ${peers}`);
  await installPeers(peers);
  return peers;
}

async function auth(): Promise<Found> {
  const figures = await runAuthBench(directory, { rounds, seconds });
  return { figures, lines: describeAuth(figures) };
}
