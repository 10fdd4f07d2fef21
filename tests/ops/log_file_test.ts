import { assert, assertEquals, assertRejects } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
import { LogFile, type LogFileOptions } from "../../lib/ops/log_file.ts";
import { fillDisk } from "../support/full_disk.ts";
import { tempDirectory } from "../support/temp.ts";

/** A log file in a directory of its own, and what it says of itself. */
async function workshop(options: Omit<LogFileOptions, "tell"> = {}) {
  const directory = await tempDirectory();
  const path = `${directory.path}/dari.log`;
  const told: string[] = [];
  const tell = (line: string, level: string) =>
    void told.push(`${level} ${line.replace(directory.path, "")}`);
  const file = await LogFile.open(path, { ...options, tell });
  return {
    path,
    told,
    file,
    directory: directory.path,
    write: (text: string) => file.write(new TextEncoder().encode(text)),
    read: (suffix = "") => Deno.readTextFile(path + suffix).catch(() => undefined),
    async [Symbol.asyncDispose]() {
      file[Symbol.dispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

const line = (n: number): string => `2026-01-01T00:00:00.000Z info line n=${n}\n`;

Deno.test("a log file is put aside at its bound, and no line is lost, torn or written twice", async () => {
  const length = line(10).length;
  await using log = await workshop({ maxBytes: 5 * length, keep: 100 });
  const writes: Promise<number>[] = [];
  for (let n = 10; n < 99; n++) {
    if (n % 7 === 0) writes.push(log.write(line(n) + line(++n)));
    else writes.push(log.write(line(n)));
  }
  await Promise.all(writes);
  const texts: string[] = [await log.read() ?? ""];
  for (let at = 1;; at++) {
    const text = await log.read(`.${at}`);
    if (text === undefined) break;
    texts.unshift(text);
  }
  assert(texts.length > 89 / 5, `${texts.length} files`);
  for (const text of texts) assert(text.length <= 5 * length, `${text.length}`);
  const written = [...texts.join("").matchAll(/^\S+ info line n=(\d+)$/gm)].map(([, n]) =>
    Number(n)
  );
  assertEquals(written, Array.from(written, (_, at) => 10 + at));
  assertEquals(written.at(-1)! >= 98, true);
  assertEquals(log.told, []);
});

Deno.test("no more files are kept than are asked for, and with none nothing is put aside", async () => {
  for (const keep of [0, 2]) {
    await using log = await workshop({ maxBytes: line(1).length, keep });
    for (let n = 0; n < 6; n++) await log.write(line(n));
    assertEquals(await log.read(), keep === 0 ? [0, 1, 2, 3, 4, 5].map(line).join("") : line(5));
    assertEquals(await log.read(".2"), keep === 0 ? undefined : line(3));
    assertEquals(await log.read(".3"), undefined);
  }
});

Deno.test("a log file has 10 MiB and five files behind it unless the user says otherwise", async () => {
  await using log = await workshop();
  await Deno.truncate(log.path, limits.logFileBytes - line(1).length);
  await log.write(line(1));
  assertEquals(await Deno.stat(`${log.path}.1`).catch(() => "none"), "none");
  for (let n = 0; n < limits.logFilesKept + 1; n++) {
    await log.write(line(2));
    await Deno.truncate(log.path, limits.logFileBytes);
  }
  assert(await log.read(`.${limits.logFilesKept}`) !== undefined);
  assertEquals(await log.read(`.${limits.logFilesKept + 1}`), undefined);
});

Deno.test("a log goes on in a new file where another program moved, removed or cut the old one", async () => {
  await using log = await workshop();
  await log.write(line(1));
  await Deno.rename(log.path, `${log.path}.moved`);
  await log.write(line(2));
  assertEquals([await log.read(".moved"), await log.read()], [line(1), line(2)]);
  await Deno.remove(log.path);
  await log.file.reopen(); // as SIGHUP asks for
  assertEquals(await log.read(), "");
  await log.write(line(3));
  await Deno.truncate(log.path); // logrotate's copytruncate
  await log.write(line(4));
  assertEquals(await log.read(), line(4));
  assertEquals((await Deno.stat(log.path)).mode! & 0o777, 0o600);
});

Deno.test("a full disk leaves no part of a line, is told once, and so is its end", async () => {
  await using log = await workshop();
  await log.write(line(1));
  {
    using _ = fillDisk();
    for (let n = 0; n < 3; n++) await assertRejects(() => log.write(line(2)), Error, "No space");
  }
  assertEquals(await log.read(), line(1));
  await log.write(line(3));
  assertEquals(await log.read(), line(1) + line(3));
  assertEquals(log.told, [
    'error Cannot write the log file "/dari.log": No space left on device (os error 28); up to 1 MiB ' +
    "of lines wait",
    'info The log file "/dari.log" is written again',
  ]);
});

Deno.test("a part of a line that cannot be taken back stands on a line of its own", async () => {
  await using log = await workshop();
  const { truncate } = Deno.FsFile.prototype;
  try {
    using _ = fillDisk();
    Deno.FsFile.prototype.truncate = () => Promise.reject(new Error("no"));
    await assertRejects(() => log.write(line(1)));
  } finally {
    Deno.FsFile.prototype.truncate = truncate;
  }
  await log.write(line(2));
  assertEquals(await log.read(), `${line(1).slice(0, line(1).length / 2)}\n${line(2)}`);
});

Deno.test("a log that cannot be put aside, or not be opened anew, goes on where it is", async () => {
  await using log = await workshop({ maxBytes: line(1).length, keep: 1 });
  await Deno.mkdir(`${log.path}.1`);
  await log.write(line(1));
  await log.write(line(2));
  assertEquals(await log.read(), line(1) + line(2));
  await Deno.remove(`${log.path}.1`);
  await log.write(line(3));
  assertEquals([await log.read(".1"), await log.read()], [line(1) + line(2), line(3)]);
  await Deno.rename(log.path, `${log.path}.moved`);
  await Deno.mkdir(log.path);
  await log.write(line(4));
  assertEquals(await log.read(".moved"), line(3) + line(4));
  await Deno.remove(log.path);
  await log.write(line(5));
  assertEquals(await log.read(), line(5));
  assertEquals(log.told.map((line) => line.replace(/: .*;/, ": …;")), [
    'warn Cannot put the log file "/dari.log" aside: …; it goes on',
    'info The log file "/dari.log" was put aside at last',
    'warn Cannot read "/dari.log": …; the log goes on in the file that was moved',
    'info The log file "/dari.log" is open again',
  ]);
});
