/**
 * The stores of trusted authorities on this machine: the system's, and those of browsers (NSS).
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { exists } from "../../base/file/file_state.ts";
import { reasonOf, writeFileAtomic } from "../../base/file/files.ts";
import { encodePem } from "../../cert/der/pem.ts";
import { keyFingerprint } from "../../cert/key/public_key.ts";
import { isConfined } from "../../cert/path/name_constraints.ts";
import { type Certificate, parseCertificates } from "../../cert/x509/certificate.ts";
import { formatName } from "../../cert/x509/distinguished_name.ts";

/** A directory of authorities, and the command that takes it up. */
interface SystemStore {
  readonly directory: string;
  readonly command: readonly [string, ...string[]];
  /** What the command needs to forget what is no longer there. */
  readonly toForget?: readonly string[];
}

/** The stores of the families of Linux systems. */
const systemStores: readonly SystemStore[] = [
  {
    directory: "/usr/local/share/ca-certificates",
    command: ["update-ca-certificates"],
    toForget: ["--fresh"], // else its links to the removed file stay
  },
  { directory: "/etc/pki/ca-trust/source/anchors", command: ["update-ca-trust", "extract"] },
  {
    directory: "/etc/ca-certificates/trust-source/anchors",
    command: ["trust", "extract-compat"],
  },
  {
    directory: "/usr/share/pki/trust/anchors",
    command: ["update-ca-certificates"],
    toForget: ["-f"],
  },
];

/** What changes the stores of a machine. */
export interface StoreHost {
  /** The system's stores; the first whose directory exists is used. */
  readonly systemStores: readonly SystemStore[];
  /** The user's home, where browsers have their stores. */
  readonly home: string | undefined;
  /**
   * Runs a program.
   *
   * @returns Its exit code and standard error; `undefined` where there is no such program.
   */
  run(command: string, args: readonly string[]): Promise<
    { readonly code: number; readonly err: string } | undefined
  >;
}

/**
 * This machine.
 *
 * @param home The user's home.
 * @throws {DariError} `permission_denied` where this program may not run others.
 */
export function storeHost(home: string | undefined): StoreHost {
  if (Deno.permissions.querySync({ name: "run" }).state !== "granted") {
    throw new DariError(
      "permission_denied",
      "The stores are changed by other programs, which this one may not run: use the executable, or " +
        "add --allow-run to deno run",
    );
  }
  return { systemStores, home, run };
}

async function run(command: string, args: readonly string[]) {
  try {
    const { code, stderr } = await new Deno.Command(command, {
      args: [...args],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    return { code, err: new TextDecoder().decode(stderr) };
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw cause;
  }
}

/**
 * Puts authorities into the stores, from where all programs of the machine trust them for all servers.
 *
 * @param ca The authorities, PEM.
 * @param machine The machine.
 * @returns The stores that have them now.
 * @throws {DariError} `failed_precondition` for an authority that could vouch for any server, `io`
 * where a store cannot be changed, `not_found` where there is none.
 */
export async function installAuthorities(ca: string, machine: StoreHost): Promise<string[]> {
  const authorities = parseCertificates(ca);
  for (const authority of authorities) refuseUnconfined(authority);
  return await inStores(authorities, machine, {
    system: async (path, { der }) =>
      await writeFileAtomic(path, encodePem("CERTIFICATE", der), { mode: 0o644 }),
    isRemoval: false,
    nss: (path, name) => ["-A", "-t", "C,,", "-n", name, "-i", path],
  });
}

/**
 * Removes authorities from the stores.
 *
 * @param ca The authorities, PEM.
 * @param machine The machine.
 * @returns The stores that have them no longer.
 * @throws {DariError} `io` where a store cannot be changed, `not_found` where there is none.
 */
export async function uninstallAuthorities(ca: string, machine: StoreHost): Promise<string[]> {
  return await inStores(parseCertificates(ca), machine, {
    system: async (path) => {
      if (await exists(path)) await Deno.remove(path);
    },
    isRemoval: true,
    nss: (_path, name) => ["-D", "-n", name],
  });
}

/** What is done to a store. */
interface Change {
  readonly system: (path: string, authority: Certificate) => Promise<void>;
  /** Whether it removes something. */
  readonly isRemoval: boolean;
  /** The arguments of certutil behind the database. */
  readonly nss: (path: string, name: string) => readonly string[];
}

async function inStores(
  authorities: readonly Certificate[],
  machine: StoreHost,
  change: Change,
): Promise<string[]> {
  const changed = [
    ...await inSystemStore(authorities, machine, change),
    ...await inBrowsers(authorities, machine, change),
  ];
  if (changed.length > 0) return changed;
  throw new DariError("not_found", "There is no store of trusted authorities that dari knows here");
}

async function inSystemStore(
  authorities: readonly Certificate[],
  machine: StoreHost,
  change: Change,
): Promise<string[]> {
  for (const { directory, command: [command, ...words], toForget = [] } of machine.systemStores) {
    if (!await exists(directory)) continue;
    const args = change.isRemoval ? [...words, ...toForget] : words;
    for (const authority of authorities) {
      const path = `${directory}/dari-${await shortName(authority)}.crt`;
      await change.system(path, authority).catch((cause) => {
        throw new DariError(
          "io",
          `Cannot change "${path}": ${reasonOf(cause)}; the system's store belongs to root (sudo)`,
          { cause },
        );
      });
    }
    const ended = await machine.run(command, args);
    if (ended?.code !== 0) throw failed(command, ended);
    return [directory];
  }
  return [];
}

async function inBrowsers(
  authorities: readonly Certificate[],
  machine: StoreHost,
  change: Change,
): Promise<string[]> {
  const databases = await nssDatabases(machine.home);
  for (const database of databases) {
    for (const authority of authorities) {
      const path = await Deno.makeTempFile({ suffix: ".crt" });
      try {
        await Deno.writeTextFile(path, encodePem("CERTIFICATE", authority.der));
        const args = change.nss(path, `dari ${await shortName(authority)}`);
        const ended = await machine.run("certutil", ["-d", `sql:${database}`, ...args]);
        // One that is not there need not be removed.
        const isGone = change.isRemoval && /could not find|not found/i.test(ended?.err ?? "");
        if (ended?.code !== 0 && !isGone) throw failed("certutil", ended);
      } finally {
        await Deno.remove(path);
      }
    }
  }
  return databases;
}

/** Chromium's, and those of Firefox's profiles. */
async function nssDatabases(home: string | undefined): Promise<string[]> {
  if (home === undefined) return [];
  const found = [`${home}/.pki/nssdb`];
  const profiles = `${home}/.mozilla/firefox`;
  if (await exists(profiles)) {
    for await (const { name } of Deno.readDir(profiles)) found.push(`${profiles}/${name}`);
  }
  const databases: string[] = [];
  for (const path of found) if (await exists(`${path}/cert9.db`)) databases.push(path);
  return databases;
}

async function shortName({ publicKey }: Certificate): Promise<string> {
  return (await keyFingerprint(publicKey)).slice(0, 16);
}

function failed(command: string, ended: { readonly err: string } | undefined): DariError {
  const reason = ended === undefined ? "it is not installed" : ended.err.trim().split("\n").at(-1);
  const hint = command === "certutil" ? " (package libnss3-tools or nss-tools)" : "";
  return new DariError("io", `Cannot change the store by ${command}${hint}: ${reason}`);
}

/** The owner of its key could vouch for every server, to every program of this machine. */
function refuseUnconfined({ subject, extensions: { nameConstraints } }: Certificate): void {
  if (nameConstraints !== undefined && isConfined(nameConstraints)) return;
  throw new DariError(
    "failed_precondition",
    `"${formatName(subject)}" may vouch for any server: an authority without name constraints is ` +
      "not installed",
  );
}
