/**
 * What the benchmark needs before it starts: a certificate, and the peers' packages.
 *
 * @module
 */

import { stripTypeScriptTypes } from "node:module";
import { keptFolder } from "../kept.ts";

/** Where the sources of the peers are. */
export const PEERS = new URL("peers/", import.meta.url);

/**
 * Runs a command to its end.
 *
 * @param command The executable.
 * @param args Its arguments.
 * @param cwd Where it runs.
 * @param env Beside the environment of this process.
 * @throws {Error} Where it fails, with what it printed.
 */
export async function run(
  command: string,
  args: string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, cwd, env, stdin: "null" })
    .output();
  if (!success) throw new Error(`${command} failed: ${new TextDecoder().decode(stderr)}`);
}

/** Makes `server.crt` and `server.key` for localhost and its clients, with the openssl program. */
export async function makeCertificate(directory: string): Promise<void> {
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const extensions = [
    "subjectAltName=DNS:localhost,IP:127.0.0.1",
    "basicConstraints=critical,CA:FALSE",
    "extendedKeyUsage=serverAuth,clientAuth",
  ].flatMap((extension) => ["-addext", extension]);
  const files = ["-keyout", "server.key", "-out", "server.crt"];
  const subject = ["-subj", "/CN=localhost", "-days", "2"];
  await run(
    "openssl",
    ["req", "-x509", ...curve, ...files, ...subject, ...extensions],
    directory,
  );
}

/** Where the peers are kept from run to run, outside the project. */
export function peersDirectory(): string {
  return `${keptFolder()}/dari_bench_peers`;
}

/**
 * Installs the peers with npm into a directory outside the project, so that they stay out of its
 * lock file and its module graph.
 *
 * @param directory Where they go; kept from run to run.
 */
export async function installPeers(directory: string): Promise<void> {
  await copyPeers(directory);
  await run("npm", ["install", "--no-audit", "--no-fund", "--silent"], directory);
}

/** Whether `installPeers` has put these versions of the peers into a directory. */
export async function arePeersInstalled(directory: string): Promise<boolean> {
  try {
    await Deno.stat(`${directory}/node_modules/.package-lock.json`);
    const installed = await Deno.readTextFile(`${directory}/package.json`);
    return installed === await Deno.readTextFile(new URL("package.json", PEERS));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** What peers and contestants of ours both run, by its name there. */
const SHARED: Readonly<Record<string, string>> = {
  load: "load.ts",
  round: "ipc/round.ts",
  calls: "ipc/calls.ts",
  messages_load: "messages/load.ts",
  faults_load: "../faults/load.ts",
  faults_effects: "../faults/effects.ts",
};

/** Copies the peers' scripts, and the load that they carry. */
export async function copyPeers(directory: string): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  for await (const { name, isFile } of Deno.readDir(PEERS)) {
    if (isFile) {
      await replace(`${directory}/${name}`, await Deno.readTextFile(new URL(name, PEERS)));
    }
  }
  for (const [name, source] of Object.entries(SHARED)) {
    const typed = await Deno.readTextFile(new URL(source, import.meta.url));
    const text = stripTypeScriptTypes(typed).replaceAll(/(from "\.\/\w+)\.ts"/g, '$1.mjs"');
    await replace(`${directory}/${name}.mjs`, text);
  }
}

/** Another run may start the old program at this moment; it never sees half of the new one. */
async function replace(path: string, text: string): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(temporary, text);
  await Deno.rename(temporary, path);
}
