import { assert, assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { sweepTemporaries, temporaryFor } from "../../../lib/base/file/temporary_files.ts";
import { tempDirectory } from "../../support/temp.ts";

const NOW_MS = Date.parse("2026-06-01T12:00:00Z");

async function put(path: string, ageMs: number): Promise<void> {
  await Deno.writeTextFile(path, "");
  const at = new Date(NOW_MS - ageMs);
  await Deno.utime(path, at, at);
}

function namesIn(directory: string): string[] {
  return Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
}

Deno.test("sweepTemporaries() removes what is old and ours, and nothing else", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  const old = limits.temporaryFileLifeMs + 1;
  await put(temporaryFor(`${path}/ca.key`), old);
  await put(`${temporaryFor(`${path}/dari.db`)}-wal`, old);
  await put(`${path}/${crypto.randomUUID()}.tmp`, old);
  const kept = ["ca.key", "notes.tmp", "a.0123.tmp", `x${crypto.randomUUID()}.tmp.txt`];
  for (const name of kept) await put(`${path}/${name}`, old);
  const young = temporaryFor(`${path}/young`);
  await put(young, limits.temporaryFileLifeMs);
  await Deno.symlink("ca.key", temporaryFor(`${path}/link`));
  await sweepTemporaries(path, { nowMs: NOW_MS });
  const names = namesIn(path);
  assertEquals(
    names.filter((name) => !name.startsWith("link.")),
    [
      ...kept,
      young.slice(path.length + 1),
    ].sort(),
  );
  assert(names.some((name) => name.startsWith("link.")));
});

Deno.test("sweepTemporaries() keeps to names that begin with a prefix", async () => {
  await using directory = await tempDirectory();
  const old = limits.temporaryFileLifeMs + 1;
  for (const name of ["a.key", "b.key"]) await put(temporaryFor(`${directory.path}/${name}`), old);
  await sweepTemporaries(directory.path, { nowMs: NOW_MS, prefix: "a.key." });
  assertEquals(namesIn(directory.path).map((name) => name.slice(0, 5)), ["b.key"]);
});

Deno.test("sweepTemporaries() says nothing where there is no directory", async () => {
  await sweepTemporaries("/no/such/directory", { nowMs: NOW_MS });
});
