/**
 * The bill of materials of a release: what is in it that others have made.
 *
 * @see {@link https://cyclonedx.org/docs/1.6/json/ | CycloneDX 1.6}
 * @module
 */

import { decodeBase64 } from "@std/encoding/base64";
import { encodeHex } from "@std/encoding/hex";

/** The part of deno.lock (version 5) that is read here. */
export interface Lock {
  /** What deno.json asks for, and the version that it got. */
  readonly specifiers?: Readonly<Record<string, string>>;
  /** The packages by name and version. */
  readonly npm?: Readonly<Record<string, LockedPackage>>;
  /** The packages of JSR by name and version; those that `links` replaces are not in it. */
  readonly jsr?: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  /** `sha512-` and base64 for npm, SHA-256 in hexadecimal for JSR. */
  readonly integrity?: string;
  /** Names of packages, with their version where several are there. */
  readonly dependencies?: readonly string[];
}

/** What the bill is about. */
export interface BillSubject {
  /** The version of dari. */
  readonly version: string;
  /** The version of Deno, which is in the executables. */
  readonly deno: string;
  /** The commit, where it is known. */
  readonly commit?: string | undefined;
  /** SPDX's name of dari's licence. */
  readonly license: string;
}

interface Component {
  readonly type: string;
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly { readonly expression: string }[];
}

/**
 * Writes the bill.
 *
 * @param subject What it is about.
 * @param lock The project's lock file.
 * @param licenses The packages' licences as SPDX expressions, by name and version; of a package that is
 * not in it, the bill says nothing.
 * @returns The bill as CycloneDX has it, for `JSON.stringify`. Packages of types alone are not in it,
 * since no program contains them.
 */
export function billOfMaterials(
  subject: BillSubject,
  lock: Lock,
  licenses: ReadonlyMap<string, string> = new Map(),
): Record<string, unknown> {
  const { version, deno, commit, license } = subject;
  const own = `pkg:npm/dari@${version}`;
  const runtime: Component = {
    type: "platform",
    "bom-ref": `pkg:github/denoland/deno@v${deno}`,
    name: "deno",
    version: deno,
    purl: `pkg:github/denoland/deno@v${deno}`,
  };
  const packages = packagesIn(lock);
  const roots = rootsOf(lock).filter((id) => packages.has(id));
  const refs = (ids: readonly string[]) =>
    ids.flatMap((id) => packages.get(id)?.component["bom-ref"] ?? []);
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": own,
        name: "dari",
        version,
        purl: own,
        licenses: [{ license: { id: license } }],
        ...(commit === undefined ? {} : { properties: [{ name: "dari:commit", value: commit }] }),
      },
    },
    components: [
      runtime,
      ...[...packages.values()].map(({ component }) => {
        const expression = licenses.get(`${component.name}@${component.version}`);
        return expression === undefined ? component : { ...component, licenses: [{ expression }] };
      }),
    ],
    dependencies: [
      { ref: own, dependsOn: [runtime["bom-ref"], ...refs(roots)] },
      ...[...packages.values()].map(({ component, needs }) => (
        { ref: component["bom-ref"], dependsOn: refs(needs) }
      )),
    ],
  };
}

/** The packages that programs contain, by name and version. */
function packagesIn(lock: Lock) {
  const locked = new Map<string, LockedPackage & { readonly kind: string }>();
  for (const kind of ["npm", "jsr"] as const) {
    for (const [id, entry] of Object.entries(lock[kind] ?? {})) locked.set(id, { kind, ...entry });
  }
  const idOf = (name: string) =>
    locked.has(name) ? name : [...locked.keys()].find((id) => id.startsWith(`${name}@`)) ?? name;
  const found = new Map<string, { component: Component; needs: string[] }>();
  const reached = new Set(rootsOf(lock));
  for (const id of reached) {
    const entry = locked.get(id);
    if (entry === undefined) continue;
    const needs = (entry.dependencies ?? []).map(idOf);
    for (const need of needs) reached.add(need);
    found.set(id, { component: componentOf(id, entry.kind, entry.integrity), needs });
  }
  return found;
}

function rootsOf({ specifiers = {} }: Lock): string[] {
  return Object.entries(specifiers)
    .map(([asked, version]) => `${nameIn(asked.replace(/^(?:npm|jsr):/, ""))}@${version}`)
    .filter((id) => !id.startsWith("@types/"));
}

function nameIn(id: string): string {
  return id.slice(0, id.lastIndexOf("@"));
}

function componentOf(id: string, kind: string, integrity: string | undefined): Component {
  const name = nameIn(id);
  const version = id.slice(name.length + 1).replace(/_.*$/, ""); // behind _ stand peers
  const purl = `pkg:${kind}/${name.replace(/^@/, "%40")}@${version}`;
  return { type: "library", "bom-ref": purl, name, version, purl, ...hashesOf(integrity) };
}

function hashesOf(integrity: string | undefined): Pick<Component, "hashes"> {
  const [, base64] = /^sha512-(.+)$/.exec(integrity ?? "") ?? [];
  if (base64 !== undefined) {
    return { hashes: [{ alg: "SHA-512", content: encodeHex(decodeBase64(base64)) }] };
  }
  return /^[0-9a-f]{64}$/.test(integrity ?? "")
    ? { hashes: [{ alg: "SHA-256", content: integrity ?? "" }] }
    : {};
}
