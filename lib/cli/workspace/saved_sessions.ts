/**
 * The sessions that `dari login` keeps for later commands, by server address.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { readSecretFile, writeFileAtomic } from "../../base/file/files.ts";
import { formatAddress, parseAddress } from "../../transport/scheme/parse.ts";

type SavedSessions = Record<string, { token: string; expiresAtMs?: number | undefined }>;

/**
 * The token for a server.
 *
 * @param directory Where the sessions are.
 * @param address The server's address, however it is written.
 * @returns The token, or `undefined` where nobody signed in there or the session is over.
 * @throws {DariError} `configuration` when others can read the file, `data` when it is damaged.
 */
export async function savedToken(directory: string, address: string): Promise<string | undefined> {
  const saved = (await readSaved(directory))[nameOf(address)];
  if (saved?.expiresAtMs !== undefined && saved.expiresAtMs <= Date.now()) return undefined;
  return saved?.token;
}

/**
 * Keeps or forgets the token for a server.
 *
 * @param directory Where the sessions are.
 * @param address The server's address, however it is written.
 * @param session The token and its end; `undefined` forgets it.
 */
export async function saveSession(
  directory: string,
  address: string,
  session: { token: string; expiresAtMs?: number | undefined } | undefined,
): Promise<void> {
  const name = nameOf(address);
  const { [name]: _, ...others } = await readSaved(directory);
  const sessions = session === undefined ? others : { ...others, [name]: session };
  await writeFileAtomic(fileOf(directory), `${JSON.stringify(sessions, undefined, 2)}\n`);
}

async function readSaved(directory: string): Promise<SavedSessions> {
  try {
    const sessions: unknown = JSON.parse(await readSecretFile(fileOf(directory)));
    if (typeof sessions !== "object" || sessions === null) return {};
    return Object.fromEntries(
      Object.entries(sessions as SavedSessions).map(([name, session]) => [nameOf(name), session]),
    );
  } catch (error) {
    if (error instanceof DariError && error.code === "not_found") return {};
    if (error instanceof DariError) throw error;
    throw new DariError("data", `"${fileOf(directory)}" is damaged; remove it and sign in again`);
  }
}

/**
 * Whether two addresses are of one server, which may be written in several ways: `localhost:9090` is
 * `tls://localhost:9090`.
 */
export function isSameServer(one: string, other: string): boolean {
  return nameOf(one) === nameOf(other);
}

function nameOf(address: string): string {
  const parsed = parseAddress(address);
  return formatAddress("host" in parsed ? { ...parsed, host: parsed.host.toLowerCase() } : parsed);
}

function fileOf(directory: string): string {
  return `${directory}/sessions.json`;
}
