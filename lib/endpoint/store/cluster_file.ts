/**
 * Where the servers of a cluster meet, as the data directory of one of them remembers it: so that
 * commands that work on accounts reach the same store as the server.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { exists } from "../../base/file/file_state.ts";
import {
  readNamedSecretFile,
  readOwnFile,
  readPublicFile,
  writeFileAtomic,
} from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import type { NatsAddress } from "../../transport/address.ts";
import { parseListenPlace } from "../../transport/scheme/listen_place.ts";
import type { NatsAccess } from "../cluster/nats_access.ts";

/** What is remembered. */
export interface ClusterFile {
  /** The NATS servers and the service. */
  readonly address: string;
  /** The file of the authorities of the NATS servers. */
  readonly ca?: string | undefined;
  /** The file of the certificate that they are shown. */
  readonly cert?: string | undefined;
  /** The file of its key. */
  readonly key?: string | undefined;
}

/** The same, read. */
export interface ClusterPlace {
  /** The NATS servers and the service. */
  readonly at: NatsAddress;
  /** The authorities to trust, and this program's certificate. */
  readonly access: NatsAccess;
}

/**
 * Remembers where the servers meet.
 *
 * @param directory The data directory.
 * @param file What is remembered.
 * @throws {DariError} `io` when it cannot be written.
 */
export async function writeClusterFile(directory: string, file: ClusterFile): Promise<void> {
  const text = `${JSON.stringify(file, null, 2)}\n`;
  const path = pathOf(directory);
  if (await exists(path) && await readOwnFile(path) === text) return;
  await writeFileAtomic(path, text);
}

/**
 * Reads where the servers meet.
 *
 * @param directory The data directory.
 * @returns The place; `undefined` where none is remembered.
 * @throws {DariError} `data` when the file is damaged, `io` or `configuration` when it, or one that it
 * names, cannot be used.
 */
export async function readClusterFile(directory: string): Promise<ClusterPlace | undefined> {
  const path = pathOf(directory);
  if (!await exists(path)) return undefined;
  return await placeOf(parse(path, await readOwnFile(path)));
}

/**
 * Reads what is remembered, and none of the files that it names.
 *
 * @param directory The data directory.
 * @returns `undefined` where nothing is remembered, or it is damaged.
 * @throws {DariError} `io` or `configuration` when it cannot be read.
 */
export async function rememberedCluster(directory: string): Promise<ClusterFile | undefined> {
  const path = pathOf(directory);
  if (!await exists(path)) return undefined;
  const text = await readOwnFile(path);
  try {
    return parse(path, text);
  } catch {
    return undefined;
  }
}

/**
 * Forgets where the servers meet.
 *
 * @param directory The data directory.
 */
export async function forgetCluster(directory: string): Promise<void> {
  await Deno.remove(pathOf(directory));
}

/**
 * Reads the files of which the paths are remembered.
 *
 * @param file What is remembered.
 * @returns The place.
 * @throws {DariError} `io` or `configuration` when a file cannot be used.
 */
export async function placeOf({ address, ca, cert, key }: ClusterFile): Promise<ClusterPlace> {
  const place = parseListenPlace(address).address;
  if (place.kind !== "nats") {
    throw new DariError("configuration", `${address} is not an address of NATS servers`);
  }
  const pairNow = cert === undefined || key === undefined
    ? undefined
    : async () => ({ cert: await readPublicFile(cert), key: await readNamedSecretFile(key) });
  const access = { ca: ca && await readPublicFile(ca), pair: await pairNow?.(), pairNow };
  return { at: place, access };
}

function pathOf(directory: string): string {
  return `${directory}/${limits.clusterFile}`;
}

function parse(path: string, text: string): ClusterFile {
  try {
    const file: unknown = JSON.parse(text);
    if (typeof (file as ClusterFile | null)?.address === "string") return file as ClusterFile;
  } catch {
    // Damaged.
  }
  throw damaged(path);
}

function damaged(path: string): DariError {
  return new DariError("data", `"${path}" is damaged; start dari serve --cluster to write it anew`);
}
