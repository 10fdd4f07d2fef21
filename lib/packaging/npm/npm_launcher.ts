/**
 * The command `dari` of the npm package: it runs the packaged program on the Deno that npm's package
 * `deno` brings, with the permissions that an executable has.
 *
 * @module
 */

import { OPEN_FILES } from "../launcher.ts";
import { scriptExecFlags } from "../exec_permission.ts";
import { morePermissions, permissions } from "../permissions.ts";

/** Deno's own packages by the platform and the processor that Node names. */
const binaries: Readonly<Record<string, string>> = {
  "linux x64": "@deno/linux-x64-glibc/deno",
  "linux arm64": "@deno/linux-arm64-glibc/deno",
  "darwin x64": "@deno/darwin-x64/deno",
  "darwin arm64": "@deno/darwin-arm64/deno",
  "win32 x64": "@deno/win32-x64/deno.exe",
  "win32 arm64": "@deno/win32-arm64/deno.exe",
};

/**
 * Writes the command, for Node. It takes the binary itself instead of the command `deno`, which is
 * not set up where npm runs no install scripts.
 *
 * @param program The folder of the program, as the command's own folder reaches it.
 * @returns JavaScript without dependencies (CommonJS, which Node starts soonest).
 */
export function npmLauncherText(program: string): string {
  return `#!/usr/bin/env node
// Runs dari on the Deno that npm has installed beside it.
"use strict";
const { spawn } = require("node:child_process");
const { dirname, join } = require("node:path");

const binary = ${JSON.stringify(binaries, null, 2)}[process.platform + " " + process.arch];
const more = ${JSON.stringify(morePermissions, null, 2)};
const permissions = ${JSON.stringify(permissions, null, 2)};

function fail(message) {
  console.error("dari: " + message);
  process.exit(69);
}

function findDeno() {
  if (!binary) fail("there is no Deno for " + process.platform + " " + process.arch);
  try {
    const paths = [dirname(require.resolve("deno/package.json"))];
    return require.resolve(binary, { paths });
  } catch {
    fail("Deno is not installed beside this package; run npm install --include=optional deno");
  }
}

${scriptExecFlags}

const program = join(__dirname, ${JSON.stringify(program)});
// Where it is a dependency of a project, no shell finds it by its name alone.
const isLocal = /[\\\\/]node_modules[\\\\/]\\.bin[\\\\/]/.test(process.argv[1]);
const env = {
  ...process.env,
  DARI_NAME: isLocal ? "npx dari" : "dari",
  DARI_SERVICE: "",
  DENO_NO_UPDATE_CHECK: "1",
};
const words = process.argv.slice(2);
const extra = Object.hasOwn(more, words[0] ?? "") ? more[words[0]] : [];
const command = [
  findDeno(), "run", "--no-prompt", "--no-lock", "--config", join(program, "deno.json"),
  ...permissions, "--allow-env=${OPEN_FILES}", ...extra, ...execFlags(words), join(program, "cli.js"), ...words,
];
// A program that may not call the system cannot ask how many files it may have open: a shell says it,
// and becomes the program.
if (process.platform !== "win32") {
  command.unshift("/bin/sh", "-c", 'export ${OPEN_FILES}="$(ulimit -n)"; exec "$0" "$@"');
}
const child = spawn(command[0], command.slice(1), { stdio: "inherit", env });
child.on("error", (error) => fail("Deno cannot be started: " + error.message));

// A terminal sends its signals to both programs; what is sent to this one alone is passed on.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));

child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(name);
  process.kill(process.pid, signal);
});
`;
}
