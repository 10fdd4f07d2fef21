/**
 * `deno task bench memory`: what 1,000 idle TLS connections cost the server.
 *
 * @module
 */

import { listContestants } from "./contestants/mod.ts";
import { LineProcess } from "./process.ts";
import { openSocket, readTlsFiles, type Socket } from "./raw/socket.ts";
import { formatMiB, layOut } from "./report.ts";

/** One server's memory. */
export interface MemoryFigure {
  /** The server. */
  readonly contestant: string;
  /** Before the first connection. */
  readonly emptyBytes: number;
  /** With all connections open and idle, each having made one call. */
  readonly idleBytes: number;
}

const CONNECTIONS = 1_000;
// One line that both servers answer.
const CALL = '{"jsonrpc":"2.0","id":1,"method":"add","params":{"a":1,"b":2}}\n';

/** Opens a connection and makes one call, so that the server has finished all it does for it. */
async function openAndCall(address: string, directory: string): Promise<Socket> {
  const socket = await openSocket(address, readTlsFiles(directory));
  await socket.write(new TextEncoder().encode(CALL));
  const buffer = new Uint8Array(1_024);
  const length = await socket.read(buffer);
  const reply = new TextDecoder().decode(buffer.subarray(0, length ?? 0));
  if (JSON.parse(reply).result !== 3) throw new Error(`The server answered ${reply}`);
  return socket;
}

/** Measures the raw server and dari's. */
export async function runMemoryBench(directory: string): Promise<MemoryFigure[]> {
  const figures: MemoryFigure[] = [];
  const both = listContestants({ run: directory, peers: undefined })
    .filter(({ baseline }) => baseline === "raw tls");
  for (const { name, server: program } of both) {
    await using server = new LineProcess(program);
    const address = await server.readAddress();
    const { rssBytes: emptyBytes } = await server.usage();
    const sockets: Socket[] = [];
    try {
      while (sockets.length < CONNECTIONS) sockets.push(await openAndCall(address, directory));
      const { rssBytes: idleBytes } = await server.usage();
      figures.push({ contestant: name, emptyBytes, idleBytes });
    } finally {
      for (const socket of sockets) socket.close();
    }
  }
  return figures;
}

/** The figures as a table. */
export function describeMemory(figures: readonly MemoryFigure[]): string[] {
  const limit = figures.find(({ contestant }) => contestant === "raw tls")?.idleBytes ?? NaN;
  const columns = [
    { title: `${CONNECTIONS} idle TLS connections`, left: true },
    { title: "empty" },
    { title: "idle" },
    { title: "of raw" },
  ];
  const rows = figures.map(({ contestant, emptyBytes, idleBytes }) => [
    contestant,
    formatMiB(emptyBytes),
    formatMiB(idleBytes),
    (idleBytes / limit).toFixed(2),
  ]);
  return [...layOut(columns, rows), ""];
}
