/**
 * What a lock file pulls in: each package's licence, and how long ago its version was published.
 *
 * @see {@link https://spdx.github.io/spdx-spec/v3.0.1/annexes/spdx-license-expressions/ | SPDX licence expressions}
 * @module
 */

import { DAY_MS } from "../../base/limits/units.ts";
import { limits } from "../../base/limits.ts";
import type { Lock } from "./sbom.ts";

/** Licences of packages that dari may contain and be distributed with. */
const ALLOWED: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "Python-2.0",
  "Unlicense",
]);

/** What is known of a package where it is installed. */
export interface PackageFacts {
  /** Its licence, as an SPDX expression. */
  readonly license?: string | undefined;
  /** When this version was published, as the registry said: an ISO 8601 moment. */
  readonly published?: string | undefined;
}

/** One package of a lock file. */
export interface Dependency extends PackageFacts {
  /** Its name. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** How many days ago this version was published. */
  readonly ageDays?: number | undefined;
  /** What somebody should look at; nothing of it fails. */
  readonly remarks: readonly string[];
  /** What is wrong: a licence that is not allowed. */
  readonly faults: readonly string[];
}

/**
 * Looks at the npm packages of a lock file.
 *
 * @param lock The lock file.
 * @param find What is known of a package; `{}` where it is not installed.
 * @param nowMs The time, in milliseconds since the epoch.
 * @returns Each package and version once, by name.
 *
 * @example
 * ```ts
 * import { dependenciesOf } from "./dependencies.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const facts = { license: "MIT", published: "2026-01-01T00:00:00Z" };
 * const now = Date.parse("2026-01-31T00:00:00Z");
 * const [jose] = dependenciesOf({ npm: { "jose@6.2.18": {} } }, () => facts, now);
 * assertEquals([jose?.ageDays, jose?.faults], [30, []]);
 * ```
 */
export function dependenciesOf(
  { npm = {} }: Pick<Lock, "npm">,
  find: (name: string, version: string) => PackageFacts,
  nowMs: number,
): Dependency[] {
  // Behind _ stand peers: the same package may be there with several of them.
  const ids = new Set(Object.keys(npm).map((id) => id.replace(/(?<=.@[^_]*)_.*$/, "")));
  return [...ids].sort().map((id) => {
    const at = id.lastIndexOf("@");
    const [name, version] = [id.slice(0, at), id.slice(at + 1)];
    const { license, published } = find(name, version);
    const days = Math.floor((nowMs - Date.parse(published ?? "")) / DAY_MS);
    const ageDays = Number.isNaN(days) ? undefined : days;
    const isAllowed = license === undefined || isAllowedLicense(license);
    return {
      ...{ name, version, license, published, ageDays },
      remarks: [
        ...(license === undefined ? ["its licence is unknown here: it is not installed"] : []),
        ...(ageDays !== undefined && ageDays < limits.youngPackageDays
          ? [`it was published ${ageDays} days ago: a stolen account is often noticed later`]
          : []),
      ],
      faults: isAllowed ? [] : [`its licence is ${license}, which is not one of those allowed`],
    };
  });
}

/**
 * Whether a licence is allowed; of alternatives, one that is suffices.
 *
 * @param expression An SPDX expression; parentheses of one level are read.
 */
export function isAllowedLicense(expression: string): boolean {
  const plain = expression.trim();
  const inner = /^\(([^()]*)\)$/.exec(plain)?.[1] ?? plain;
  return inner.split(/ OR /).some((all) =>
    all.split(/ AND /).every((id) => ALLOWED.has(id.trim().replace(/^\(|\)$/g, "")))
  );
}

/**
 * Writes packages as lines of a table.
 *
 * @param dependencies The packages.
 * @returns A line for each.
 */
export function dependencyLines(dependencies: readonly Dependency[]): string[] {
  const cells = dependencies.map(({ name, version, license, published, ageDays }) => [
    `${name}@${version}`,
    license ?? "unknown",
    published?.slice(0, 10) ?? "unknown",
    ageDays === undefined ? "" : `${ageDays} days`,
  ]);
  const widths = [0, 1, 2].map((at) => Math.max(0, ...cells.map((row) => row[at]!.length)));
  return cells.map((row) =>
    row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ").trimEnd()
  );
}
