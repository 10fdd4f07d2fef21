/**
 * What the benchmark needs before it starts: a certificate, and the peers' packages.
 *
 * @module
 */

import { stripTypeScriptTypes } from "node:module";

const PEERS = new URL("peers/", import.meta.url);

async function run(command: string, args: string[], cwd: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, cwd, stdin: "null" })
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

/**
 * Installs the peers with npm into a directory outside the project, so that they stay out of its
 * lock file and its module graph.
 *
 * @param directory Where they go; kept from run to run.
 */
export async function installPeers(directory: string): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  for await (const { name } of Deno.readDir(PEERS)) {
    await Deno.copyFile(new URL(name, PEERS), `${directory}/${name}`);
  }
  for (const name of ["load", "ipc/round", "ipc/calls"]) {
    const source = await Deno.readTextFile(new URL(`${name}.ts`, import.meta.url));
    const text = stripTypeScriptTypes(source).replaceAll(/(from "\.\/\w+)\.ts"/g, '$1.mjs"');
    await Deno.writeTextFile(`${directory}/${name.split("/").at(-1)}.mjs`, text);
  }
  await run("npm", ["install", "--no-audit", "--no-fund", "--silent"], directory);
}
