import type { ServerStatus } from "../../../ops/metrics/status_method.ts";
import { STATUS_METHOD } from "../../../ops/metrics/status_method.ts";
import { limits } from "../../../base/limits.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { flag } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { askCluster, clusterLines } from "../../cluster/cluster_status.ts";
import { formatAge, formatBytes, formatCount } from "../../top/numbers.ts";
import { connectAsAsked, connectionOptions } from "../../workspace/server_connection.ts";

/** `dari status` */
export const command: Command = defineCommand({
  examples: [
    ["dari status", "the server of the data directory"],
    "dari status --to tls://box.example.com:9090",
    ["dari status --cluster", "all servers of the service of NATS that this one offers"],
    "dari status --cluster --to nats://nats.internal/orders",
  ],
  options: {
    ...connectionOptions,
    cluster: flag("ask all servers of a service of NATS"),
    json: flag("print one JSON value"),
  },
  notes: [
    "The owner of the server's Unix socket may ask, and accounts with the role admin or a right to " +
    "rpc.status. dari top shows what happens now.",
    "--cluster asks through NATS, which knows who may: what servers answer is not proved, and one that " +
    `does not answer within ${
      limits.natsDiscoverMs / 1_000
    } s is not there. --ca, --cert and --key ` +
    "are for the NATS server then; without them they are what dari serve --cluster takes.",
  ],
  async run({ options }, io) {
    if (options.cluster) {
      const status = await askCluster(options, io);
      report(options, io, status, clusterLines(status));
      return 0;
    }
    await using client = await connectAsAsked(options, io);
    const status = await client.call(STATUS_METHOD) as ServerStatus;
    report(options, io, status, linesOf(status));
    return 0;
  },
});

/**
 * Writes a status for a person.
 *
 * @param status The status.
 */
export function linesOf(status: ServerStatus): string[] {
  const { version, atMs, startedAtMs, addresses, threads, connections, calls, store } = status;
  const open = Object.entries(connections).filter(([, count]) => count > 0);
  const all = open.reduce((sum, [, count]) => sum + count, 0);
  const kinds = open.map(([transport, count]) => `${transport} ${count}`);
  if (status.sharingMemory > 0) kinds.push(`${status.sharingMemory} in shared memory`);
  const failed = calls.failed === 0 ? "" : `, ${formatCount(calls.failed)} failed`;
  const running = threads === 1 ? "1 thread" : `${threads} threads`;
  const rows: [string, string][] = [
    ["version", version],
    ["up", `${formatAge(atMs - startedAtMs)}, ${running}`],
    ...addresses.map((address): [string, string] => ["listens on", address]),
    ["connections", `${all}${kinds.length === 0 ? "" : ` (${kinds.join(", ")})`}`],
    ["calls", `${formatCount(calls.total)}${failed}, ${calls.active} running`],
    ...Object.entries(status.certificates).map(([name, { notAfterMs }]): [string, string] => [
      "certificate",
      `${name}: ${expiry(notAfterMs - atMs)}`,
    ]),
    ["store", `${formatBytes(store.bytes)}, ${formatCount(store.operations)} reads and writes`],
    ["memory", formatBytes(status.residentBytes)],
  ];
  return rows.map(([name, value]) => `${name.padEnd(11)}  ${value}`);
}

function expiry(leftMs: number): string {
  return leftMs > 0 ? `good for ${formatAge(leftMs)}` : `expired since ${formatAge(-leftMs)}`;
}
