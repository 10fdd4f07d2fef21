/**
 * The package for npm: the command line and the library for Deno, the client for Node and Bun, and
 * the types of both, out of one source.
 *
 * @module
 */

import { VERSION } from "../../base/version.ts";
import type { ProgramFile } from "../bundled_files.ts";
import { bundleProgram } from "../program.ts";
import { bundleClient, bundleForBrowsers } from "../client_bundle.ts";
import { BROWSER_ENTRY } from "./browser/modules.ts";
import { readDeclarations } from "./declarations.ts";
import { npmLauncherText } from "./npm_launcher.ts";
import type { ArchivedFile } from "./tar.ts";

/** The name of the package, and of its command. */
export const PACKAGE_NAME = "dari";

const COMMAND = "bin/dari.cjs";
const PROGRAM = "program";
const CLIENT = "client";
const BROWSER = "browser";
const TYPES = "types";
const CLIENT_KEY = "./client";
/** The entry that is no library, but the command line. */
const CLI_KEY = "./cli";

const encoder = new TextEncoder();

/** The part of deno.json that is read here. */
interface Configuration {
  readonly name: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
}

/**
 * Reads the files of the package.
 *
 * @param root The directory of dari's source.
 * @returns The files, `package.json` first.
 * @throws {DariError} `failed_precondition` when the bundler cannot be had, or a type is missing.
 */
export async function readNpmPackage(root: URL): Promise<ArchivedFile[]> {
  const configuration: Configuration = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", root)),
  );
  const { exports, name } = configuration;
  const [program, client, browser, declarations] = await Promise.all([
    bundleProgram(root),
    bundleClient(root, exports[CLIENT_KEY] ?? ""),
    bundleForBrowsers(root, BROWSER_ENTRY),
    readDeclarations(root),
  ]);
  const documents = ["README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md"].map(async (name) => (
    { name, bytes: await Deno.readFile(new URL(name, root)) }
  ));
  return [
    textFile("package.json", JSON.stringify(manifestOf(configuration), null, 2)),
    { ...textFile(COMMAND, npmLauncherText(`../${PROGRAM}`)), isExecutable: true },
    textFile(`${PROGRAM}/deno_only.js`, denoOnly(namesOf(program, "mod.js"))),
    ...program.map((file) => inFolder(PROGRAM, file)),
    ...client.map((file) => inFolder(CLIENT, file)),
    ...browser.map((file) => inFolder(BROWSER, file)),
    ...declarations.filter(({ name }) => name !== "cli.d.ts").map((file) => renamed(file, name)),
    ...await Promise.all(documents),
  ];
}

function manifestOf({ exports, license }: Configuration) {
  const entries = Object.entries(exports).filter(([key]) => key !== CLI_KEY);
  return {
    name: PACKAGE_NAME,
    version: VERSION,
    description: "Programs that call each other safely: threads, processes and machines",
    keywords: ["rpc", "json-rpc", "tls", "mtls", "ipc", "deno"],
    license,
    type: "module",
    engines: { node: ">=20" },
    bin: { [PACKAGE_NAME]: `./${COMMAND}` },
    exports: Object.fromEntries([
      ...entries.map(([key, path]) => [key, conditionsOf(key, path)]),
      ["./package.json", "./package.json"],
    ]),
    dependencies: { deno: Deno.version.deno },
  };
}

function conditionsOf(key: string, path: string): Record<string, string> {
  const types = `./${TYPES}/${path.slice(2).replace(/\.ts$/, ".d.ts")}`;
  if (key === CLIENT_KEY) {
    return { types, browser: `./${BROWSER}/browser.js`, default: `./${CLIENT}/mod.js` };
  }
  const file = key === "." ? "mod" : key.slice(2);
  const code = `./${PROGRAM}/${file}.js`;
  return key === "."
    ? { types, deno: code, default: `./${PROGRAM}/deno_only.js` }
    : { types, deno: code };
}

/** What Node and Bun load for `dari` itself. With its names a program loads, and then says why not. */
function denoOnly(names: readonly string[]): string {
  return `throw new Error("dari itself runs in Deno; in Node and Bun import { connect } from \\"${PACKAGE_NAME}/client\\"");\n` +
    names.map((name) => `export let ${name};\n`).join("");
}

function namesOf(files: readonly ProgramFile[], name: string): string[] {
  const code = new TextDecoder().decode(files.find((file) => file.name === name)?.bytes);
  const list = /export \{([^}]*)\};\s*$/.exec(code)?.[1] ?? "";
  return list.split(",").map((item) => item.trim().replace(/^.* as /s, "")).filter((item) => item);
}

/** Examples import the library by the name that it has here. */
function renamed(file: ArchivedFile, name: string): ArchivedFile {
  const text = new TextDecoder().decode(file.bytes).replaceAll(`"${name}`, `"${PACKAGE_NAME}`);
  return textFile(`${TYPES}/${file.name}`, text);
}

function inFolder(folder: string, file: ProgramFile): ArchivedFile {
  return { ...file, name: `${folder}/${file.name}` };
}

function textFile(name: string, text: string): ArchivedFile {
  return { name, bytes: encoder.encode(text) };
}
