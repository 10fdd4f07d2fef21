/**
 * `deno task bench gateway`: calls by HTTPS, each engine beside the bare server that it stands on.
 *
 * @module
 */

import { run } from "../prepare.ts";
import { LineProcess, usageOf } from "../process.ts";
import { layOut } from "../report.ts";
import { median } from "../statistics.ts";

/** How fast one server answers. */
export interface GatewayFigure {
  /** The server. */
  readonly contestant: string;
  /** Calls a second. */
  readonly rate: number;
  /** Processor time of the server for a call, in microseconds. */
  readonly cpuUs: number;
  /** The rate by that of the bare server, in the same round. */
  readonly ratio: number;
  /** The bare server's processor time by that of this one, in the same round. */
  readonly cpuRatio: number;
}

/** One server, the bare one that it is compared with, and what the client speaks. */
type Contestant = readonly [name: string, bare: string, protocol: "http/1.1" | "h2"];

const contestants: readonly Contestant[] = [
  ["Deno.serve", "Deno.serve", "http/1.1"],
  ["dari fast", "Deno.serve", "http/1.1"],
  ["node:https", "node:https", "http/1.1"],
  ["dari strict", "node:https", "http/1.1"],
  ["node:http2", "node:http2", "h2"],
  ["dari strict, HTTP/2", "node:http2", "h2"],
];

/** One round of one contestant. */
interface Round {
  readonly rate: number;
  readonly cpuUs: number;
}

/**
 * Measures all, in turn.
 *
 * @param directory Where the certificates are written.
 * @param options How often, for how long in seconds, and over how many connections.
 * @returns The medians.
 */
export async function runGatewayBench(
  directory: string,
  { rounds, seconds, connections = 32 }: {
    readonly rounds: number;
    readonly seconds: number;
    readonly connections?: number;
  },
): Promise<GatewayFigure[]> {
  await makeAuthority(directory);
  await using servers = new AsyncDisposableStack();
  const running = new Map<string, { address: string; protocol: string; pid: number }>();
  for (const [name, , protocol] of contestants) {
    const server = servers.use(new LineProcess(programOf("server", name, directory)));
    running.set(name, { address: await server.readAddress(), protocol, pid: server.pid });
  }
  const client = servers.use(new LineProcess(programOf("client", directory)));
  const measured = new Map<string, Round[]>(contestants.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, { address, protocol, pid }] of running) {
      await client.send({ address, protocol, connections, seconds });
      await client.readLine((seconds + 30) * 1_000); // "warm"
      const before = (await usageOf(pid)).cpuSeconds;
      const { calls, seconds: took } = JSON.parse(await client.readLine((seconds + 30) * 1_000));
      const cpuSeconds = (await usageOf(pid)).cpuSeconds - before;
      measured.get(name)?.push({ rate: calls / took, cpuUs: cpuSeconds * 1e6 / calls });
    }
  }
  return contestants.map(([contestant, bare]) => {
    const own = measured.get(contestant) ?? [];
    const others = measured.get(bare) ?? [];
    return {
      contestant,
      rate: median(own.map(({ rate }) => rate)),
      cpuUs: median(own.map(({ cpuUs }) => cpuUs)),
      ratio: median(own.map(({ rate }, at) => rate / (others[at]?.rate ?? NaN))),
      cpuRatio: median(own.map(({ cpuUs }, at) => (others[at]?.cpuUs ?? NaN) / cpuUs)),
    };
  });
}

/** The figures as a table. */
export function describeGateway(figures: readonly GatewayFigure[]): string[] {
  const columns = [
    { title: "server", left: true },
    { title: "calls/s" },
    { title: "CPU a call" },
    { title: "rate" },
    { title: "by CPU" },
  ];
  return layOut(
    columns,
    figures.map(({ contestant, rate, cpuUs, ratio, cpuRatio }) => [
      contestant,
      rate.toFixed(0),
      `${cpuUs.toFixed(1)} µs`,
      ratio.toFixed(2),
      cpuRatio.toFixed(2),
    ]),
  );
}

function programOf(file: "server" | "client", ...words: string[]) {
  const path = new URL(`${file}.ts`, import.meta.url).pathname;
  return { command: Deno.execPath(), args: ["run", "--allow-all", "--no-check", path, ...words] };
}

/** Deno's clients take no certificate that is its own authority. */
async function makeAuthority(directory: string): Promise<void> {
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const openssl = (...args: string[]) => run("openssl", args, directory);
  await openssl(
    ...["req", "-x509", ...curve, "-keyout", "ca.key", "-out", "ca.crt"],
    ...["-subj", "/CN=bench", "-days", "2"],
  );
  await openssl(
    ...["req", ...curve, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost"],
  );
  const extensions = ["subjectAltName=DNS:localhost,IP:127.0.0.1", "extendedKeyUsage=serverAuth"];
  await Deno.writeTextFile(`${directory}/server.ext`, extensions.join("\n"));
  await openssl(
    ...["x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key"],
    ...["-CAcreateserial", "-days", "2", "-extfile", "server.ext", "-out", "server.crt"],
  );
}
