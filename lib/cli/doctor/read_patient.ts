/**
 * Reads what `dari doctor` looks at. Nothing is changed, except that a store of an older dari is
 * brought up to date by being opened.
 *
 * @module
 */

import type { Identity } from "../../auth/mod.ts";
import { systemClock } from "../../base/clock.ts";
import { exists } from "../../base/file/file_state.ts";
import { ownUid } from "../../base/file/file_access.ts";
import { reasonOf } from "../../base/file/files.ts";
import { recordKeyPath } from "../../cluster/record_key.ts";
import { openDataStore } from "../../endpoint/store/shared_store.ts";
import { openIdentity } from "../../auth/sign_in/identity.ts";
import type {
  AccountFact,
  ApiKeyFact,
  FileFact,
  Patient,
} from "../../ops/doctor/patient/patient.ts";
import { openSqliteStore } from "../../store/mod.ts";
import { readPolicy } from "../workspace/policy_file.ts";
import { readAuditFact } from "./audit_fact.ts";
import { readCertificateFacts, readKeyFault } from "./certificate_facts.ts";
import { readClusterFact } from "./cluster_fact.ts";
import { readProxyFacts, readServerFact } from "./server_fact.ts";

/** How a data directory is read. */
export interface ReadOptions {
  /** Whether the port of the running server is scanned. */
  readonly scans: boolean;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
  /** Where the time comes from. */
  readonly clock?: typeof systemClock;
}

/**
 * Reads a data directory and the server that uses it.
 *
 * @param path The data directory.
 * @param options How it is read.
 */
export async function readPatient(
  path: string,
  { scans, signal, clock = systemClock }: ReadOptions,
): Promise<Patient> {
  const nowMs = clock.now();
  // The server that is started by a remedy may stand in another directory.
  const directory = await Deno.realPath(path).catch(() => path);
  const files = await readFiles(directory);
  return {
    directory,
    nowMs,
    uid: files.length === 0 ? undefined : await ownUid(directory),
    files,
    certificates: await readCertificateFacts(directory, clock),
    keyFault: await readKeyFault(directory),
    policyFault: await faultOf(() => readPolicy(`${directory}/policy.json`)),
    identity: await readIdentity(directory),
    audit: await readAuditFact(directory),
    cluster: await readClusterFact(directory),
    disk: await readDisk(directory),
    server: await readServerFact(directory, scans, signal),
    proxies: await readProxyFacts(directory, scans, signal),
    unlimited: unlimitedPermissions(),
  };
}

async function readFiles(directory: string): Promise<FileFact[]> {
  const facts: FileFact[] = [];
  const walk = async (path: string): Promise<void> => {
    let info: Deno.FileInfo;
    try {
      info = await Deno.lstat(path);
    } catch {
      return; // a temporary file that was there a moment ago, or no directory at all
    }
    facts.push(factOf(path, info));
    if (!info.isDirectory) return;
    try {
      for await (const { name } of Deno.readDir(path)) await walk(`${path}/${name}`);
    } catch {
      // One that may not be read has been reported by its mode or owner.
    }
  };
  await walk(directory);
  return facts;
}

function factOf(path: string, info: Deno.FileInfo): FileFact {
  const { isFile, isDirectory, isSymlink, isSocket, mode, uid, mtime } = info;
  return {
    path,
    kind: isFile
      ? "file"
      : isDirectory
      ? "directory"
      : isSymlink
      ? "link"
      : isSocket
      ? "socket"
      : "other",
    mode: mode === null ? undefined : mode & 0o777,
    uid: uid ?? undefined,
    changedAtMs: mtime?.getTime(),
  };
}

async function readIdentity(directory: string): Promise<Patient["identity"]> {
  const path = `${directory}/dari.db`;
  // To open a store makes one.
  if (!await exists(path)) return { value: { accounts: [], keys: [] } };
  try {
    await using kept = await openStore(directory, path);
    using identity = await openIdentity(kept.store);
    return { value: await readAccounts(identity) };
  } catch (error) {
    return { unknown: reasonOf(error) };
  }
}

/** That of its cluster, or its own without the audit. */
async function openStore(directory: string, path: string) {
  if (await exists(recordKeyPath(directory))) return await openDataStore(directory);
  const store = await openSqliteStore(path);
  return { store, [Symbol.asyncDispose]: () => store.close() };
}

async function readAccounts({ accounts, keys }: Pick<Identity, "accounts" | "keys">) {
  const active = (await keys.list()).filter(({ state }) => state === "active");
  const keyFacts = active.map((key): ApiKeyFact => ({
    id: key.id,
    account: key.account,
    name: key.name,
    createdAtMs: key.createdAtMs,
    expiresAtMs: key.expiresAtMs,
    lastUsedAtMs: key.lastUsedAtMs,
  }));
  const facts = (await accounts.list()).map((account): AccountFact => {
    const uses = keyFacts.filter((key) => key.account === account.name).map((key) =>
      key.lastUsedAtMs
    );
    const known = [account.lastSignInAtMs, ...uses].filter((ms) => ms !== undefined);
    return {
      name: account.name,
      isAdmin: account.roles.includes("admin"),
      isActive: account.active,
      createdAtMs: account.createdAtMs,
      lastUsedAtMs: known.length === 0 ? undefined : Math.max(...known),
      iterations: account.passwordIterations,
    };
  });
  return { accounts: facts, keys: keyFacts };
}

async function readDisk(directory: string): Promise<Patient["disk"]> {
  const needed = { name: "sys", kind: "statfs" } as const;
  if ((await Deno.permissions.query(needed)).state !== "granted") {
    return { unknown: "it takes the permission --allow-sys=statfs" };
  }
  const { statfs } = await import("node:fs/promises"); // Deno has no statfs of its own
  try {
    const { bsize, bavail, blocks } = await statfs(directory);
    return { value: { freeBytes: bavail * bsize, totalBytes: blocks * bsize } };
  } catch (error) {
    return { unknown: reasonOf(error) };
  }
}

/** What this program may do without a limit; so may a server that is started as it was. */
function unlimitedPermissions(): string[] {
  const names = ["net", "read", "write", "run", "ffi"] as const;
  return names.filter((name) => Deno.permissions.querySync({ name }).state === "granted");
}

async function faultOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}
