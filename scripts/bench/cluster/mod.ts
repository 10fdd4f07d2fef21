/**
 * `deno task bench cluster`: calls through NATS beside bare request and reply by the same package.
 *
 * @module
 */

import { choose } from "../choose.ts";
import type { LoadResult, Scenario } from "../load.ts";
import { run } from "../prepare.ts";
import { LineProcess, usageOf } from "../process.ts";
import { formatRate, layOut } from "../report.ts";
import { median } from "../statistics.ts";
import { type Broker, startBroker } from "./broker.ts";
import { measureSessions, type SessionFigures } from "./sessions.ts";
import { measureTwoServers, type ScaleFigure } from "./two_servers.ts";

/** How dari stands beside bare requests in one scenario. */
export interface ClusterFigure {
  /** The scenario. */
  readonly scenario: string;
  /** The contestant. */
  readonly contestant: string;
  /** Calls a second. */
  readonly rate: number;
  /** Processor time of a call, in microseconds: of the client, the server and the NATS server. */
  readonly cpuUs: readonly [client: number, server: number, broker: number];
  /** The rate by that of bare requests in the same round. */
  readonly ratio: number;
  /** The processor time of bare requests by that of this one, of all three. */
  readonly cpuRatio: number;
}

/** What was found. */
export interface ClusterFound {
  /** Calls beside bare requests. */
  readonly calls: readonly ClusterFigure[];
  /** Two servers beside one. */
  readonly scale: readonly ScaleFigure[];
  /** Checks of sessions. */
  readonly sessions: SessionFigures;
}

const contestants = ["bare", "dari"] as const;
const one = { connections: 1, inFlight: 1 };
const many = { connections: 1, inFlight: 64 };
const scenarios: readonly Scenario[] = [
  { name: "one at a time", ...one, work: "add" },
  { name: "8 in flight", connections: 1, inFlight: 8, work: "add" },
  { name: "64 in flight", ...many, work: "add" },
  { name: "32 connections", connections: 32, inFlight: 1, work: "add" },
  { name: "1 KiB, one at a time", ...one, work: "echo", textBytes: 1_024 },
  { name: "1 KiB, 64 in flight", ...many, work: "echo", textBytes: 1_024 },
  { name: "64 KiB, one at a time", ...one, work: "echo", textBytes: 65_536 },
  { name: "64 KiB, 64 in flight", ...many, work: "echo", textBytes: 65_536 },
];

/** One round of one contestant. */
type Round = Pick<ClusterFigure, "rate" | "cpuUs">;

/** The processes of one contestant. */
interface Running {
  readonly client: LineProcess;
  readonly server: LineProcess;
}

/**
 * Measures; the contestants take turns in each round.
 *
 * @param directory Where the certificate and the NATS server's files go.
 * @param options How often, for how long in seconds, and which scenarios.
 * @returns The medians.
 */
export async function runClusterBench(
  directory: string,
  { rounds, seconds, only }: {
    readonly rounds: number;
    readonly seconds: number;
    readonly only: readonly string[];
  },
): Promise<ClusterFound> {
  await using stack = new AsyncDisposableStack();
  await makeServiceCertificate(directory);
  const broker = stack.use(await startBroker(directory));
  const options = { rounds, seconds };
  return {
    calls: await measureCalls(directory, broker, choose(scenarios, only), options),
    scale: await measureTwoServers(directory, broker.at, options),
    sessions: await measureSessions(directory, broker.at, rounds),
  };
}

async function measureCalls(
  directory: string,
  broker: Broker,
  chosen: readonly Scenario[],
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<ClusterFigure[]> {
  await using stack = new AsyncDisposableStack();
  const running = new Map<string, Running>();
  for (const contestant of contestants) {
    const server = stack.use(
      new LineProcess(programOf("server", contestant, broker.at, directory)),
    );
    const address = await server.readAddress();
    const client = stack.use(
      new LineProcess(programOf("client", contestant, address, directory)),
    );
    running.set(contestant, { client, server });
  }
  const figures: ClusterFigure[] = [];
  for (const scenario of chosen) {
    const measured = new Map<string, Round[]>(contestants.map((name) => [name, []]));
    for (let round = -1; round < rounds; round++) {
      for (const [name, processes] of running) {
        const figures = await measure(processes, broker, scenario, seconds);
        if (round >= 0) measured.get(name)?.push(figures); // the first one compiles
      }
    }
    figures.push(...summarize(scenario.name, measured));
  }
  return figures;
}

async function measure(
  { client, server }: Running,
  broker: Broker,
  scenario: Scenario,
  seconds: number,
): Promise<Round> {
  const usages = () => Promise.all([client.pid, server.pid, broker.pid].map(usageOf));
  const patienceMs = (seconds + 30) * 1_000;
  await client.send({ scenario, seconds });
  await client.readLine(patienceMs); // "warm"
  const before = await usages();
  const result: LoadResult = JSON.parse(await client.readLine(patienceMs));
  const after = await usages();
  const [ofClient = NaN, ofServer = NaN, ofBroker = NaN] = after.map(({ cpuSeconds }, at) =>
    (cpuSeconds - before[at]!.cpuSeconds) * 1e6 / result.calls
  );
  return { rate: result.calls / result.seconds, cpuUs: [ofClient, ofServer, ofBroker] };
}

function summarize(scenario: string, measured: ReadonlyMap<string, Round[]>): ClusterFigure[] {
  const bare = measured.get("bare") ?? [];
  return [...measured].map(([contestant, rounds]) => ({
    scenario,
    contestant,
    rate: median(rounds.map(({ rate }) => rate)),
    cpuUs: [
      median(rounds.map(({ cpuUs }) => cpuUs[0])),
      median(rounds.map(({ cpuUs }) => cpuUs[1])),
      median(rounds.map(({ cpuUs }) => cpuUs[2])),
    ],
    ratio: median(rounds.map(({ rate }, at) => rate / bare[at]!.rate)),
    cpuRatio: median(rounds.map((round, at) => sum(bare[at]!.cpuUs) / sum(round.cpuUs))),
  }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The figures as a table. */
export function describeCluster({ calls, scale, sessions }: ClusterFound): string[] {
  const lines = layOut(
    [
      { title: "through NATS", left: true },
      { title: "", left: true },
      { title: "calls/s" },
      { title: "CPU of the client" },
      { title: "server" },
      { title: "NATS" },
      { title: "rate" },
      { title: "by CPU" },
    ],
    calls.map(({ scenario, contestant, rate, cpuUs, ratio, cpuRatio }) => [
      scenario,
      contestant,
      formatRate(rate),
      ...cpuUs.map((us) => `${us.toFixed(1)} µs`),
      ratio.toFixed(2),
      cpuRatio.toFixed(2),
    ]),
  );
  for (const { work, one, two, ratio } of scale) {
    const what = work === "core" ? "5 ms of a core" : "5 ms of waiting, one at a time";
    lines.push(
      `two servers, ${what}: ${one.toFixed(0)} and ${two.toFixed(0)}/s, ${ratio.toFixed(2)}`,
    );
  }
  const { sqlite, cluster, ratio } = sessions;
  const rates = `${formatRate(sqlite)}/s with SQLite, ${formatRate(cluster)}/s shared`;
  return [...lines, `checks of a session: ${rates}, ${ratio.toFixed(2)}`];
}

function programOf(file: "server" | "client", ...words: string[]) {
  const path = new URL(`${file}.ts`, import.meta.url).pathname;
  return { command: Deno.execPath(), args: ["run", "--allow-all", "--no-check", path, ...words] };
}

/** For the name that clients of the service check; it is its own authority. */
async function makeServiceCertificate(directory: string): Promise<void> {
  const extensions = [
    "subjectAltName=DNS:bench.service.internal",
    "basicConstraints=critical,CA:FALSE",
    "extendedKeyUsage=serverAuth,clientAuth",
  ].flatMap((extension) => ["-addext", extension]);
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const files = ["-keyout", "service.key", "-out", "service.crt"];
  const subject = ["-subj", "/CN=bench.service.internal", "-days", "2"];
  await run("openssl", ["req", "-x509", ...curve, ...files, ...subject, ...extensions], directory);
}
