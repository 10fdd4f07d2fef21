/**
 * The servers of a service of NATS, for `dari status --cluster`.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { type SeenServer, surveyService } from "../../cluster/service/survey.ts";
import { type NatsAccess, openNats } from "../../endpoint/cluster/nats_access.ts";
import { readClusterFile } from "../../endpoint/store/cluster_file.ts";
import type { NatsAddress } from "../../transport/address.ts";
import { formatAddress, parseAddress } from "../../transport/scheme/parse.ts";
import type { Io } from "../app/command.ts";
import { withProgress } from "../app/progress.ts";
import { formatColumns } from "../app/report.ts";
import { formatAge, formatCount, formatMs } from "../top/numbers.ts";
import { type DataChoice, dataDirectoryOf } from "../workspace/data_directory.ts";
import { runningServer } from "../workspace/directory_in_use.ts";
import { natsAccessOf } from "./cluster_options.ts";

/** What the user typed. */
export interface ClusterStatusChoice extends DataChoice {
  readonly to: readonly string[];
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** A service, and the servers of it that have answered. */
export interface ClusterStatus {
  /** The address of the service. */
  readonly service: string;
  /** When they were asked, in milliseconds since the epoch. */
  readonly atMs: number;
  /** Those that have answered. */
  readonly servers: readonly SeenServer[];
}

/**
 * Asks the servers of a service.
 *
 * @param choice What the user typed.
 * @param io The environment.
 * @param waitMs How long they have to answer, in milliseconds.
 * @returns Those that have answered.
 * @throws {DariError} `usage` for an address without NATS, `failed_precondition` where none is named and
 * the server of the data directory offers no service.
 * @throws {TransportError} `unavailable` when NATS is not reached.
 */
export async function askCluster(
  choice: ClusterStatusChoice,
  io: Io,
  waitMs?: number,
): Promise<ClusterStatus> {
  const data = dataDirectoryOf(choice, io);
  const at = await serviceOf(choice, data);
  const service = formatAddress(at);
  const access = await accessTo(at, choice, data);
  const bus = await withProgress(
    io,
    `connecting to ${service}`,
    openNats(at, "dari status", access),
  );
  try {
    const atMs = Date.now();
    return { service, atMs, servers: await surveyService(bus, at.service, waitMs) };
  } finally {
    await bus.close();
  }
}

/**
 * How NATS servers are shown who asks: as the server of the data directory does, unless files are named.
 *
 * @param at The service.
 * @param choice What the user typed.
 * @param data The data directory.
 * @throws {DariError} `io` or `configuration` when a file cannot be used, `usage` for half a pair.
 */
export async function accessTo(
  at: NatsAddress,
  { ca, cert, key }: Pick<ClusterStatusChoice, "ca" | "cert" | "key">,
  data: string,
): Promise<NatsAccess> {
  if (ca === undefined && cert === undefined && key === undefined) {
    const own = await readClusterFile(data);
    if (own?.at.service === at.service) return own.access;
  }
  const files = { "cluster-ca": ca, "cluster-cert": cert, "cluster-key": key };
  return await natsAccessOf({ cluster: formatAddress(at), ...files }, data) ?? {};
}

async function serviceOf({ to: [named] }: ClusterStatusChoice, data: string): Promise<NatsAddress> {
  const { addresses = [] } = named === undefined ? await runningServer(data) ?? {} : {};
  const address = (named === undefined ? addresses : [named])
    .map((text) => parseAddress(text)).find((each) => each.kind === "nats");
  if (address !== undefined) return { ...address, instance: undefined };
  if (named !== undefined) {
    throw new DariError(
      "usage",
      `--cluster asks through NATS, not at ${named}: write nats://HOST/SERVICE`,
    );
  }
  throw new DariError(
    "failed_precondition",
    `No server of "${data}" offers a service of NATS; name one: --to nats://HOST:PORT/SERVICE`,
  );
}

const HEADS = [
  "server",
  "id",
  "version",
  "health",
  "up",
  "connections",
  "running",
  "calls/s",
  "store",
  "messages",
  "certificate",
];

/**
 * Writes the servers as a table.
 *
 * @param status The servers.
 * @returns The lines; the last one says how many have answered.
 */
export function clusterLines({ service, atMs, servers }: ClusterStatus): string[] {
  const count = servers.length === 1 ? "1 server has" : `${servers.length} servers have`;
  const sum = `${count} answered for ${service}`;
  return [...formatColumns([HEADS, ...servers.map((server) => cellsOf(server, atMs))]), sum];
}

function cellsOf(server: SeenServer, atMs: number): string[] {
  const { instance, version, startedMs, connections, calls, certificateNotAfterMs } = server;
  const count = (value: number | undefined) => value === undefined ? "-" : formatCount(value);
  return [
    server.server ?? "-",
    instance,
    version,
    server.health ?? "-",
    startedMs === undefined ? "-" : formatAge(Math.max(atMs - startedMs, 0)),
    count(connections),
    count(calls?.active),
    count(calls?.perSecond),
    staleness(server.storeStalenessMs),
    staleness(server.messagesStalenessMs),
    certificateNotAfterMs === undefined ? "-" : expiry(certificateNotAfterMs - atMs),
  ];
}

function staleness(ms: number | undefined): string {
  if (ms === undefined) return "-";
  return Number.isFinite(ms) ? `${formatMs(ms)} old` : "unknown";
}

function expiry(leftMs: number): string {
  return leftMs > 0 ? `good for ${formatAge(leftMs)}` : `expired since ${formatAge(-leftMs)}`;
}
