import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  CLUSTER_ENTRIES,
  formatManifest,
  isOfCluster,
  type Manifest,
  parseManifest,
} from "../../../lib/ops/backup/manifest.ts";

const manifest: Manifest = {
  dari: "0.1.0",
  createdAtMs: 5,
  store: {
    identity: { id: "ab".repeat(16), recordKey: "cd".repeat(32) },
    revision: 7,
    schema: 2,
  },
  files: [{ name: "dari.db", bytes: 3, sha256: "00" }, { name: "ca.crt", bytes: 3, sha256: "01" }],
};

Deno.test("parseManifest() reads what formatManifest() wrote", () => {
  assertEquals(parseManifest(formatManifest(manifest)), manifest);
});

Deno.test("parseManifest() refuses the form of a newer dari, and says so", () => {
  const newer = JSON.stringify({ ...manifest, format: 3, dari: "9.0.0" });
  const error = assertThrows(() => parseManifest(newer), DariError);
  assertEquals([error.code, error.message.includes("newer dari (9.0.0, form 3)")], [
    "configuration",
    true,
  ]);
});

Deno.test("a backup with the entries of a cluster has a form of its own, which an older dari refuses", () => {
  const file = { ...manifest.files[0]!, name: CLUSTER_ENTRIES };
  const ofCluster = { ...manifest, files: [...manifest.files, file] };
  const text = formatManifest(ofCluster);
  assertEquals([parseManifest(text), JSON.parse(text).format], [ofCluster, 2]);
  assertEquals([isOfCluster(ofCluster), isOfCluster(manifest)], [true, false]);
  for (const mixed of [{ ...ofCluster, format: 1 }, { ...manifest, format: 2 }]) {
    assertThrows(() => parseManifest(JSON.stringify(mixed)), DariError, "malformed");
  }
});

Deno.test("parseManifest() refuses what is malformed, and names that no data directory has", () => {
  const [store, other] = manifest.files as [Manifest["files"][0], Manifest["files"][0]];
  const broken: unknown[] = [
    null,
    7,
    {},
    { ...manifest, store: null },
    { ...manifest, createdAtMs: -1 },
    { ...manifest, files: [] },
    { ...manifest, files: [other] },
    { ...manifest, files: [store, other, other] },
    { ...manifest, files: [store, { ...other, name: "../../etc/passwd" }] },
    { ...manifest, files: [store, { ...other, bytes: 1.5 }] },
    { ...manifest, store: { ...manifest.store, identity: { id: "ab", recordKey: "cd" } } },
  ];
  for (const each of broken) {
    const value = typeof each === "object" && each !== null ? { format: 1, ...each } : each;
    const error = assertThrows(() => parseManifest(JSON.stringify(value)), DariError);
    assertEquals(error.code, "data", JSON.stringify(each));
  }
  assertThrows(() => parseManifest("{"), DariError);
});
