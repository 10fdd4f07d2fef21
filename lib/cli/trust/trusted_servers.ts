/**
 * The servers that a user trusts: a directory for each, with its authorities and what signs in there.
 * What is kept for one server counts for no other, not even on another port.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { exists } from "../../base/file/file_state.ts";
import {
  checkPrivateDirectory,
  ensurePrivateDirectory,
  readOwnFile,
  readSecretFile,
  writeFileAtomic,
} from "../../base/file/files.ts";
import { type HostAddress, hostAndPort } from "../../transport/address.ts";

/** The files of a server. */
const files = { ca: "ca.crt", apiKey: "api.key", cert: "client.crt", key: "client.key" } as const;

/** What is kept for a server. */
export interface TrustedServer {
  /** The authorities that are trusted for it, PEM. */
  readonly ca: string;
  /** The API key that calls are made with. */
  readonly apiKey?: string | undefined;
  /** The client certificate, PEM, and its key. */
  readonly pair?: { readonly cert: string; readonly key: string } | undefined;
}

/** A server that is kept something for. */
export type ServerAddress = Pick<HostAddress, "host" | "port">;

/**
 * What is kept for a server.
 *
 * @param directory The user's directory.
 * @param server The server.
 * @returns `undefined` where it is not trusted.
 * @throws {DariError} `configuration` when others own or can use the directory or a file.
 */
export async function readTrusted(
  directory: string,
  server: ServerAddress,
): Promise<TrustedServer | undefined> {
  const at = placeOf(directory, server);
  if (!await checkPrivateDirectory(directory) || !await exists(`${at}/${files.ca}`)) {
    return undefined;
  }
  const cert = await ifThere(readOwnFile(`${at}/${files.cert}`));
  const key = await ifThere(readSecretFile(`${at}/${files.key}`));
  return {
    ca: await readOwnFile(`${at}/${files.ca}`),
    apiKey: (await ifThere(readSecretFile(`${at}/${files.apiKey}`)))?.trim(),
    pair: cert === undefined || key === undefined ? undefined : { cert, key },
  };
}

/**
 * Keeps something for a server; what was kept before and is left out stays.
 *
 * @param directory The user's directory; made with mode 0700, its files with 0600.
 * @param server The server.
 * @param kept What to keep.
 * @throws {DariError} `configuration` when others own or can use the directory, `io` when it cannot be
 * written.
 */
export async function writeTrusted(
  directory: string,
  server: ServerAddress,
  { ca, apiKey, pair }: Partial<TrustedServer>,
): Promise<void> {
  const at = placeOf(directory, server);
  await ensurePrivateDirectory(directory);
  await ensurePrivateDirectory(`${directory}/servers`);
  await ensurePrivateDirectory(at);
  if (pair !== undefined) {
    await writeFileAtomic(`${at}/${files.key}`, pair.key);
    await writeFileAtomic(`${at}/${files.cert}`, pair.cert);
  }
  if (apiKey !== undefined) await writeFileAtomic(`${at}/${files.apiKey}`, `${apiKey}\n`);
  // Last: without it nothing of the others counts.
  if (ca !== undefined) await writeFileAtomic(`${at}/${files.ca}`, ca);
}

/**
 * Forgets all that is kept for a server.
 *
 * @param directory The user's directory.
 * @param server The server.
 * @returns Whether it was trusted.
 */
export async function removeTrusted(directory: string, server: ServerAddress): Promise<boolean> {
  try {
    await Deno.remove(placeOf(directory, server), { recursive: true });
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw cause;
  }
}

/**
 * Lists the servers that are trusted.
 *
 * @param directory The user's directory.
 * @returns Hosts and ports as addresses have them, sorted.
 */
export async function listTrusted(directory: string): Promise<string[]> {
  const servers: string[] = [];
  try {
    for await (const { name } of Deno.readDir(`${directory}/servers`)) {
      if (await exists(`${directory}/servers/${name}/${files.ca}`)) {
        servers.push(decodeURIComponent(name));
      }
    }
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
  return servers.sort();
}

/** One server is one place, however its host is written. */
function placeOf(directory: string, { host, port }: ServerAddress): string {
  const name = hostAndPort(plainHost(host), port);
  return `${directory}/servers/${encodeURIComponent(name)}`;
}

function plainHost(host: string): string {
  if (host.includes(":")) return new URL(`http://[${host}]`).hostname.slice(1, -1);
  return host.toLowerCase().replace(/\.$/, "");
}

async function ifThere(reading: Promise<string>): Promise<string | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof DariError && error.code === "not_found") return undefined;
    throw error;
  }
}
