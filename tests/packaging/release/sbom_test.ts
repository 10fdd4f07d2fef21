import { assertEquals } from "@std/assert";
import { billOfMaterials, type Lock } from "../../../lib/packaging/release/sbom.ts";

const subject = { version: "0.2.0", deno: "2.9.6", license: "MIT", commit: "abc" };
const lock: Lock = {
  specifiers: {
    "npm:@types/node-forge@1": "1.3.14",
    "npm:@scope/words@4": "4.1.3",
    "jsr:@std/cli@1": "1.0.32",
  },
  npm: {
    "@types/node-forge@1.3.14": { integrity: "sha512-AAAA", dependencies: ["@types/node"] },
    "@types/node@26.0.0": { integrity: "sha512-AAAA" },
    "@scope/words@4.1.3": { integrity: "sha512-/wAB", dependencies: ["packed"] },
    "packed@3.0.1": { integrity: "sha512-AQID" },
  },
  jsr: { "@std/cli@1.0.32": { integrity: "0f".repeat(32) } },
};

/** The bill, as far as it is looked at here. */
interface Bill {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly metadata: {
    readonly component: { readonly purl: string; readonly properties?: unknown };
  };
  readonly components: readonly { readonly purl: string; readonly hashes?: unknown }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

Deno.test("billOfMaterials() lists Deno and the packages that programs contain, with their hashes", () => {
  const bill = billOfMaterials(subject, lock) as unknown as Bill;
  assertEquals([bill.bomFormat, bill.specVersion], ["CycloneDX", "1.6"]);
  assertEquals(bill.metadata.component.purl, "pkg:npm/dari@0.2.0");
  assertEquals(bill.metadata.component.properties, [{ name: "dari:commit", value: "abc" }]);
  assertEquals(bill.components.map(({ purl, hashes }) => [purl, hashes]), [
    ["pkg:github/denoland/deno@v2.9.6", undefined],
    ["pkg:npm/%40scope/words@4.1.3", [{ alg: "SHA-512", content: "ff0001" }]],
    ["pkg:jsr/%40std/cli@1.0.32", [{ alg: "SHA-256", content: "0f".repeat(32) }]],
    ["pkg:npm/packed@3.0.1", [{ alg: "SHA-512", content: "010203" }]],
  ]);
});

Deno.test("billOfMaterials() says what depends on what, and names nothing that it does not list", () => {
  const bill = billOfMaterials(subject, lock) as unknown as Bill;
  const words = bill.dependencies.find(({ ref }) => ref.includes("words"));
  assertEquals(words?.dependsOn, ["pkg:npm/packed@3.0.1"]);
  const known = new Set([bill.metadata.component.purl, ...bill.components.map(({ purl }) => purl)]);
  const named = bill.dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn]);
  assertEquals(named.filter((ref) => !known.has(ref)), []);
});

Deno.test("billOfMaterials() takes the project's own lock file", async () => {
  const text = await Deno.readTextFile(new URL("../../../deno.lock", import.meta.url));
  const { components } = billOfMaterials(subject, JSON.parse(text)) as unknown as Bill;
  const purls = components.map(({ purl }) => purl.replace(/@[^@]*$/, ""));
  for (const name of ["pkg:github/denoland/deno", "pkg:npm/node-forge"]) {
    assertEquals(purls.includes(name), true, name);
  }
  assertEquals(purls.some((purl) => purl.includes("types")), false);
});

Deno.test("billOfMaterials() has the licences that are known, and says nothing of the others", () => {
  const licenses = new Map([["packed@3.0.1", "(BSD-3-Clause OR GPL-2.0)"]]);
  const { components } = billOfMaterials(subject, lock, licenses) as unknown as {
    components: readonly { name: string; licenses?: unknown }[];
  };
  assertEquals(components.map(({ name, licenses }) => [name, licenses]), [
    ["deno", undefined],
    ["@scope/words", undefined],
    ["@std/cli", undefined],
    ["packed", [{ expression: "(BSD-3-Clause OR GPL-2.0)" }]],
  ]);
});
