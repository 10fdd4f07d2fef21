import { VERSION } from "../../lib/base/version.ts";
import { makeRelease, type ReleaseOptions } from "../../scripts/release.ts";
import { dari } from "./dari_command.ts";
import { tempDirectory } from "./temp.ts";

/** The files of a certificate and its key, PEM. */
interface Signer {
  readonly cert: string;
  readonly key: string;
}

/** A release, made once for all tests of an isolate: the package in it takes six seconds of a core. */
export interface Release {
  /** Its folder. */
  readonly output: string;
  /** What it was made of. */
  readonly options: ReleaseOptions;
  /** What was printed meanwhile. */
  readonly printed: readonly string[];
  /** Why it could not be made, where the bundler cannot be had. */
  readonly missing: string | undefined;
  /** A folder for the tests, in which `data` has the authority of the signer. */
  readonly folder: string;
  /** Issues a certificate of that authority. */
  signer(name: string): Promise<Signer>;
}

let building: Promise<unknown> = Promise.resolve();

/** Begins a build when those before it have ended: Deno checks the types of a source once for all. */
export function buildInTurn<T>(build: () => Promise<T>): Promise<T> {
  const built = building.then(build);
  building = built.catch(() => {});
  return built;
}

const folder = await tempDirectory();
Deno.test.afterAll(async () => await folder[Symbol.asyncDispose]());

/** The release. */
export const release: Promise<Release> = make(folder.path);

async function make(folder: string): Promise<Release> {
  const data = ["--data", `${folder}/data`];
  async function signer(name: string): Promise<Signer> {
    const prefix = `${folder}/${name}`;
    const { code, err } = await dari(["cert", "issue", name, "--client", "--out", prefix, ...data]);
    if (code !== 0) throw new Error(err);
    return {
      cert: await Deno.readTextFile(`${prefix}.crt`),
      key: await Deno.readTextFile(`${prefix}.key`),
    };
  }
  await dari(["cert", "init", ...data]);
  const printed: string[] = [];
  const output = `${folder}/release`;
  const options = {
    version: VERSION,
    changelog: `# Changelog\n\n## [${VERSION}] - 2026-11-26\n\n- A first release.\n`,
    ...await signer("release.localhost"),
    output,
    targets: [],
    print: (line: string) => void printed.push(line),
  };
  // The bundler is an npm package; a machine that has never fetched it and reaches no registry lacks it.
  const missing = await buildInTurn(() => makeRelease(options)).then(
    () => undefined,
    (error) => String(error.message),
  );
  return { output, options, printed, missing, folder, signer };
}
