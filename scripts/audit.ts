/**
 * `deno task audit`: what dari depends on. Known vulnerabilities, where the advisories can be reached,
 * else one line that says why not; licence and age of each package, from where Deno keeps it. It fails
 * for a vulnerability and for a licence that is not allowed, and never for want of a network.
 *
 * @module
 */

import { limits } from "../lib/base/limits.ts";
import {
  dependenciesOf,
  type Dependency,
  dependencyLines,
  type PackageFacts,
} from "../lib/packaging/release/dependencies.ts";
import type { Lock } from "../lib/packaging/release/sbom.ts";
import { readArguments } from "./arguments.ts";

const root = new URL("../", import.meta.url);

/** The lock files: that of the program, whose packages are shown, and that of the tests. */
const LOCKS = ["deno.lock", "tests/deno.lock"] as const;

/** How `deno audit` ended. */
export interface AuditRun {
  readonly success: boolean;
  readonly output: string;
}

/** What `deno audit` found out. */
export type Advisories =
  | { readonly kind: "none" }
  | { readonly kind: "vulnerable"; readonly report: string }
  | { readonly kind: "unreachable"; readonly reason: string };

/**
 * Reads what `deno audit` said.
 *
 * @param run How it ended.
 * @returns What it found out. A failure that names no vulnerability is one of the network, of the
 * registry or of Deno: it tells nothing of the packages.
 */
export function readAdvisories({ success, output }: AuditRun): Advisories {
  if (success) return { kind: "none" };
  const error = /^(?:error|Error): (.*)/m.exec(output)?.[1];
  if (error === undefined && /severity|vulnerabilit/i.test(output)) {
    return { kind: "vulnerable", report: output.trim() };
  }
  const reason = error ?? output.trim().split("\n", 1)[0] ?? "";
  return { kind: "unreachable", reason: reason === "" ? "no answer" : reason };
}

/** What is known of a package from Deno's cache. */
export async function readFacts(
  cache: string,
  name: string,
  version: string,
): Promise<PackageFacts> {
  const folder = `${cache}/registry.npmjs.org/${name}`;
  const own = await readJson(`${folder}/${version}/package.json`);
  const registry = await readJson(`${folder}/registry.json`);
  const { license } = own as { license?: unknown };
  const published = (registry as { time?: Record<string, unknown> }).time?.[version];
  return {
    license: typeof license === "string"
      ? license
      : typeof (license as { type?: unknown })?.type === "string" // the form of old packages
      ? (license as { type: string }).type
      : undefined,
    published: typeof published === "string" ? published : undefined,
  };
}

/**
 * The packages of a lock file, with what is known of them here.
 *
 * @param lock The lock file.
 * @param nowMs The time, in milliseconds since the epoch.
 */
export async function lookAtDependencies(lock: Lock, nowMs: number): Promise<Dependency[]> {
  const { npmCache } = JSON.parse((await runDeno(["info", "--json"])).output);
  const facts = new Map<string, PackageFacts>();
  for (const { name, version } of dependenciesOf(lock, () => ({}), nowMs)) {
    facts.set(`${name}@${version}`, await readFacts(npmCache, name, version));
  }
  return dependenciesOf(lock, (name, version) => facts.get(`${name}@${version}`) ?? {}, nowMs);
}

/**
 * Writes what was found.
 *
 * @param found The packages by lock file, and the advisories about them.
 * @param print Takes each line.
 * @returns How many things are wrong.
 */
export function reportAudit(
  found: readonly {
    readonly lock: string;
    readonly dependencies: readonly Dependency[];
    readonly advisories: Advisories;
  }[],
  print: (line: string) => void,
): number {
  let wrong = 0;
  for (const { lock, dependencies, advisories } of found) {
    print(`${lock}: ${dependencies.length} packages`);
    // Those of the tests are in no program: what is in order there is not worth a hundred lines.
    if (lock === LOCKS[0]) dependencyLines(dependencies).forEach((line) => print(`  ${line}`));
    for (const { name, version, remarks, faults } of dependencies) {
      for (const text of remarks) print(`  note: ${name}@${version}: ${text}`);
      for (const text of faults) print(`  WRONG: ${name}@${version}: ${text}`);
      wrong += faults.length;
    }
    if (advisories.kind === "none") print("  no known vulnerability");
    else if (advisories.kind === "unreachable") {
      print(`  the advisories could not be reached: ${advisories.reason}`);
    } else {
      wrong++;
      print(advisories.report);
    }
  }
  return wrong;
}

async function readJson(path: string): Promise<object> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch {
    return {}; // not installed here
  }
}

async function runDeno(args: readonly string[]): Promise<AuditRun> {
  const signal = AbortSignal.timeout(limits.auditTimeoutMs);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    env: { NO_COLOR: "1" },
    signal,
  }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  if (!signal.aborted) return { success, output };
  return { success: false, output: `error: no answer within ${limits.auditTimeoutMs} ms` };
}

if (import.meta.main) {
  readArguments("Usage: deno task audit");
  const found = await Promise.all(LOCKS.map(async (lock) => ({
    lock,
    dependencies: await lookAtDependencies(
      JSON.parse(await Deno.readTextFile(new URL(lock, root))),
      Date.now(),
    ),
    advisories: readAdvisories(await runDeno(["audit", `--lock=${lock}`])),
  })));
  if (reportAudit(found, console.log) > 0) Deno.exit(1);
}
