/**
 * `deno task bench [rpc|memory|start|cert]`: measures dari beside the practical limit and its
 * peers. Without a name it runs them all. Linux only: it reads /proc.
 *
 * ```sh
 * deno task bench rpc --only tcp --rounds 3
 * deno task bench rpc --only dari --only "64 in flight"
 * deno task bench --json > figures.json
 * ```
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { describeCert, runCertBench } from "./cert.ts";
import { describeMemory, runMemoryBench } from "./memory.ts";
import { installPeers, makeCertificate } from "./prepare.ts";
import { describeFigures, runRpcBench } from "./rpc.ts";
import { describeStart, runStartBench } from "./start.ts";

const suites = ["rpc", "memory", "start", "cert"];
const USAGE = `Usage: deno task bench [${suites.join("|")}]... [--rounds N] [--seconds N]
  [--only NAME]... [--no-peers] [--json]`;

/** What a suite found: for machines, and as lines for people. */
interface Found {
  readonly figures: unknown;
  readonly lines: readonly string[];
}

const args = parseArgs(Deno.args, {
  boolean: ["json", "peers"],
  string: ["_", "rounds", "seconds", "only", "peers-dir"],
  collect: ["only"],
  negatable: ["peers"],
  unknown: (arg, key) => {
    if (key === undefined ? suites.includes(arg) : key === "no-peers") return true;
    console.error(`Unknown argument "${arg}".\n${USAGE}`);
    Deno.exit(64);
  },
});

const rounds = Number(args.rounds ?? 5);
const seconds = Number(args.seconds ?? 1);
if (!Number.isInteger(rounds) || rounds < 1 || !(seconds > 0)) {
  console.error(`--rounds must be a whole number from 1 and --seconds positive.\n${USAGE}`);
  Deno.exit(64);
}
const chosen = args._.length === 0 ? suites : args._.map(String);
const withPeers = !Deno.args.includes("--no-peers");

const directory = await Deno.makeTempDir({ prefix: "dari_bench_" });
try {
  await makeCertificate(directory);
  const found: Record<string, Found> = {};
  if (chosen.includes("rpc")) found.rpc = await rpc();
  if (chosen.includes("memory")) {
    const figures = await runMemoryBench(directory);
    found.memory = { figures, lines: describeMemory(figures) };
  }
  if (chosen.includes("start")) {
    const figures = await runStartBench(rounds * 4);
    found.start = { figures, lines: describeStart(figures) };
  }
  if (chosen.includes("cert")) {
    const places = { run: directory, peers: undefined };
    const figures = await runCertBench(places, { rounds, seconds }, console.error);
    found.cert = { figures, lines: describeCert(figures) };
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
  let peers: string | undefined;
  if (withPeers) {
    peers = args["peers-dir"] ?? `${Deno.env.get("TMPDIR") ?? "/tmp"}/dari_bench_peers`;
    console.error(`installing the peers into ${peers}`);
    await installPeers(String(peers));
  }
  const figures = await runRpcBench(
    { run: directory, peers },
    { rounds, seconds, only: args.only },
    console.error,
  );
  return { figures, lines: describeFigures(figures) };
}
