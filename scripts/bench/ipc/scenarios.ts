/**
 * What is measured between threads and processes, against whom, and with which goal.
 *
 * @module
 */

import type { Program } from "../process.ts";
import type { ContestantName } from "./contestant.ts";

/** One contestant in a scenario. */
export interface Contestant {
  /** Its name in the table. */
  readonly name: string;
  /** The program; it takes orders as `carryRounds` does. */
  readonly program: Program;
  /** How many times its rate dari's is to reach; absent where it is shown for comparison. */
  readonly goal?: number;
}

/** One block of the table. */
export interface Scenario {
  /** What is counted. */
  readonly name: string;
  /** dari, and then those that it is compared with. */
  readonly contestants: readonly [Contestant, ...Contestant[]];
  /** Whether it is one long round in a fresh process: what matters is how memory behaves. */
  readonly isFlood?: true;
}

/**
 * Every scenario.
 *
 * @param peers The directory with the installed peers; without one only those of npm are left out.
 */
export function listScenarios(peers: string | undefined): Scenario[] {
  const pools = (inFlight: number): Contestant[] =>
    peers === undefined ? [] : [
      { name: "piscina, Deno", program: onDeno(peers, "piscina", inFlight), goal: 2 },
      { name: "piscina, Node", program: onNode(peers, "piscina", inFlight) },
      { name: "comlink, Deno", program: onDeno(peers, "comlink", inFlight) },
    ];
  return [
    {
      name: "pipe, round trips",
      contestants: [
        { name: "dari pipe", program: own("pipe_round_trips") },
        { name: "postMessage", program: own("post_message_round_trips"), goal: 1.5 },
        { name: "Python Pipe", program: python("pipe"), goal: 1 },
      ],
    },
    {
      name: "queue, small objects",
      contestants: [
        { name: "dari Queue", program: own("queue_objects") },
        { name: "Python Queue", program: python("queue"), goal: 10 },
      ],
    },
    {
      name: "queue, 100 bytes",
      contestants: [
        { name: "dari Queue", program: own("queue_bytes") },
        { name: "bare ring", program: own("ring_bytes"), goal: 0.6 },
      ],
    },
    {
      name: "shared memory, 1 MiB written and read",
      contestants: [
        { name: "dari SharedMemory", program: own("shared_memory") },
        { name: "Python SharedMemory", program: python("shared_memory"), goal: 1 },
      ],
    },
    {
      name: "pool, one at a time",
      contestants: [{ name: "dari WorkerPool", program: own("pool_1") }, ...pools(1)],
    },
    {
      name: "pool, 64 in flight",
      contestants: [{ name: "dari WorkerPool", program: own("pool_64") }, ...pools(64)],
    },
    {
      name: "flood one way, 100 bytes",
      isFlood: true,
      contestants: [
        { name: "dari pipe", program: own("pipe_flood") },
        { name: "postMessage", program: own("post_message_flood"), goal: 10 },
      ],
    },
  ];
}

function own(name: ContestantName): Program {
  const script = new URL("contestant.ts", import.meta.url).pathname;
  const permissions = ["--allow-read", "--allow-ffi", "--allow-run", "--allow-env"];
  return { command: Deno.execPath(), args: ["run", "--quiet", ...permissions, script, name] };
}

function python(part: string): Program {
  return {
    command: "python3",
    args: [new URL("python_peer.py", import.meta.url).pathname, part],
  };
}

function onDeno(peers: string, name: string, inFlight: number): Program {
  const args = ["run", "--quiet", "--allow-all", "--node-modules-dir=manual"];
  return {
    command: Deno.execPath(),
    args: [...args, `${name}.mjs`, String(inFlight)],
    cwd: peers,
  };
}

function onNode(peers: string, name: string, inFlight: number): Program {
  return { command: "node", args: [`${name}.mjs`, String(inFlight)], cwd: peers };
}
