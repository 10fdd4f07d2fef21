/**
 * `deno task bench idle`: how long calls take while 10,000 other connections are open and idle.
 *
 * @module
 */

import { denoProgram } from "../contestants/mod.ts";
import type { LoadResult, Scenario } from "../load.ts";
import { LineProcess } from "../process.ts";
import { openSocket, readTlsFiles, type Socket } from "../raw/socket.ts";
import { formatMiB, layOut } from "../report.ts";

/** Without and with idle connections. */
export interface IdleFigure {
  readonly idle: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssBytes: number;
}

const IDLE_CONNECTIONS = 10_000;
const OPENED_AT_ONCE = 50;
const PATIENCE_MS = 60_000;
const SCENARIO: Scenario = {
  name: "others",
  connections: 32,
  inFlight: 1,
  work: "add",
  rate: 2_000,
};
const CALL = '{"jsonrpc":"2.0","id":1,"method":"add","params":{"a":1,"b":2}}\n';

/**
 * Measures. It takes `ulimit -n` of 20,000 here and 10,100 at the server.
 *
 * @param directory Where the certificates are.
 * @param seconds How long calls are made.
 */
export async function runIdleBench(directory: string, seconds: number): Promise<IdleFigure[]> {
  const program = denoProgram("steady/idle_server.ts", String(IDLE_CONNECTIONS));
  await using server = new LineProcess(program);
  const address = await server.readAddress();
  await using client = new LineProcess(denoProgram("dari/client.ts", address, directory));
  const figures: IdleFigure[] = [];
  const sockets: Socket[] = [];
  const files = readTlsFiles(directory);
  try {
    for (const idle of [0, IDLE_CONNECTIONS]) {
      while (sockets.length < idle) {
        const opening = Array.from({ length: OPENED_AT_ONCE }, () => openSocket(address, files));
        const opened = await Promise.all(opening);
        sockets.push(...opened);
        await Promise.all(opened.map(callOnce));
      }
      await client.send({ scenario: SCENARIO, seconds });
      await client.readLine(PATIENCE_MS); // "warm"
      const result: LoadResult = JSON.parse(await client.readLine(PATIENCE_MS));
      const { p50Ms = NaN, p99Ms = NaN } = result;
      figures.push({ idle, p50Ms, p99Ms, rssBytes: (await server.usage()).rssBytes });
    }
    return figures;
  } finally {
    for (const socket of sockets) socket.close();
  }
}

/** An idle connection is one that the server has done everything for. */
async function callOnce(socket: Socket): Promise<void> {
  await socket.write(new TextEncoder().encode(CALL));
  const buffer = new Uint8Array(1_024);
  const length = await socket.read(buffer);
  const reply = new TextDecoder().decode(buffer.subarray(0, length ?? 0));
  if (JSON.parse(reply).result !== 3) throw new Error(`The server answered ${reply}`);
}

/** The figures as a table. */
export function describeIdle(figures: readonly IdleFigure[]): string[] {
  const columns = [
    { title: "idle connections", left: true },
    { title: `p50 of ${SCENARIO.rate} calls/s` },
    { title: "p99" },
    { title: "server" },
  ];
  const rows = figures.map(({ idle, p50Ms, p99Ms, rssBytes }) => [
    String(idle),
    `${p50Ms.toFixed(1)} ms`,
    `${p99Ms.toFixed(1)} ms`,
    formatMiB(rssBytes),
  ]);
  return [...layOut(columns, rows), ""];
}
