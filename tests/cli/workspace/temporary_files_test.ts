import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { sweepTemporaryFiles } from "../../../lib/cli/workspace/temporary_files.ts";
import { startDari } from "../../support/dari_command.ts";
import { listen } from "../../support/dari_server.ts";
import { tempDirectory } from "../../support/temp.ts";

const left = () => `ca.crt.${crypto.randomUUID()}.tmp`;

Deno.test("sweepTemporaryFiles() removes what was left behind, once it is old enough", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  const nowMs = Date.parse("2026-01-01T00:00:00Z");
  const write = async (name: string, ageMs: number) => {
    await Deno.writeTextFile(`${path}/${name}`, "");
    await Deno.utime(`${path}/${name}`, new Date(nowMs - ageMs), new Date(nowMs - ageMs));
    return name;
  };
  const kept = [
    await write(left(), limits.temporaryFileLifeMs),
    await write("notes.tmp", 2 * limits.temporaryFileLifeMs),
    await write("worker.key", 2 * limits.temporaryFileLifeMs),
  ];
  const old = await write(left(), limits.temporaryFileLifeMs + 1);
  const journal = await write(`${left()}-wal`, limits.temporaryFileLifeMs + 1);
  assertEquals((await sweepTemporaryFiles(path, nowMs)).sort(), [old, journal].sort());
  assertEquals(Array.from(Deno.readDirSync(path), ({ name }) => name).sort(), kept.sort());
});

Deno.test("dari serve sweeps its data directory", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  await Deno.mkdir(data, { mode: 0o700 });
  const file = `${data}/${left()}`;
  await Deno.writeTextFile(file, "");
  await Deno.utime(file, new Date(0), new Date(0));
  await using server = startDari(["serve", ...listen, "--data", data]);
  await server.waitFor("ready");
  assertEquals(await Deno.stat(file).then(() => true, () => false), false);
});
