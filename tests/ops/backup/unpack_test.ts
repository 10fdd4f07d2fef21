import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { sealArchive } from "../../../lib/ops/backup/archive.ts";
import { formatManifest, MANIFEST } from "../../../lib/ops/backup/manifest.ts";
import { unpackBackup } from "../../../lib/ops/backup/unpack.ts";
import { createSha256 } from "../../../lib/base/file/sha256.ts";
import { tempDirectory } from "../../support/temp.ts";

const passphrase = "correct horse battery staple";

type File = readonly [name: string, content: Uint8Array<ArrayBuffer>];

/** A backup of one store file, and what else is in its archive. */
async function backupOf(content: Uint8Array<ArrayBuffer>, fill = 0): Promise<File[]> {
  const hash = await createSha256();
  hash.update(content);
  const text = formatManifest({
    dari: "0.1.0",
    createdAtMs: 5,
    store: {
      identity: { id: "ab".repeat(16), recordKey: "cd".repeat(32) },
      revision: 7,
      schema: 2,
    },
    files: [{ name: "dari.db", bytes: content.length, sha256: hash.digest() }],
  });
  const bytes = new TextEncoder().encode(text.padEnd(fill));
  return [[MANIFEST, bytes], ["dari.db", content]];
}

async function unpack(files: readonly File[], into?: string) {
  await using directory = await tempDirectory();
  const file = `${directory.path}/one.age`;
  const sealed = await sealArchive(
    files.map(([name, content]) => ({
      name,
      bytes: content.length,
      open: () => new Blob([content]).stream(),
    })),
    { passphrase, workFactor: 1 },
  );
  await Deno.writeFile(file, sealed);
  return await unpackBackup({ file, passphrase, into });
}

Deno.test("unpackBackup() gives each file as it was, also one longer than limits.backupReadBytes", async () => {
  await using into = await tempDirectory();
  const content = crypto.getRandomValues(new Uint8Array(limits.backupReadBytes));
  for (const each of [content, new Uint8Array([...content, 1])]) {
    await unpack(await backupOf(each), into.path);
    assertEquals(await Deno.readFile(`${into.path}/dari.db`), each);
    await Deno.remove(`${into.path}/dari.db`);
  }
});

Deno.test("unpackBackup() reads a manifest of limits.maxManifestBytes, and none that is longer", async () => {
  const content = new Uint8Array(9);
  await unpack(await backupOf(content, limits.maxManifestBytes));
  const files = await backupOf(content, limits.maxManifestBytes + 1);
  const error = await assertRejects(() => unpack(files), DariError);
  assertEquals(error.code, "data");
});

Deno.test("unpackBackup() refuses files that are missing, changed, out of order or not in the manifest", async () => {
  await using into = await tempDirectory();
  const [manifest, store] = await backupOf(new Uint8Array(9)) as [File, File];
  const cases: Record<string, readonly File[]> = {
    empty: [],
    "no manifest": [store],
    missing: [manifest],
    changed: [manifest, ["dari.db", new Uint8Array(9).fill(1)]],
    longer: [manifest, ["dari.db", new Uint8Array(10)]],
    more: [manifest, store, ["ca.crt", new Uint8Array(1)]],
    outside: [manifest, ["../dari.db", store[1]]],
    order: [store, manifest],
  };
  for (const [name, files] of Object.entries(cases)) {
    const error = await assertRejects(() => unpack(files, into.path), DariError, undefined, name);
    assertEquals(error.code, "data", name);
    await Deno.remove(`${into.path}/dari.db`).catch(() => {});
  }
  assertEquals([...Deno.readDirSync(into.path)], []);
  assert(!await Deno.lstat(`${into.path}/../dari.db`).catch(() => null));
});
