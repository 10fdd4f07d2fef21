import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { serve } from "../../../lib/endpoint/serve.ts";
import { openFile } from "../../../lib/rpc/file/open_file.ts";
import type { ReceivedFile } from "../../../lib/rpc/file/received_file.ts";
import { startCuttingRelay } from "../../support/cutting_relay.ts";
import { dari } from "../../support/dari_command.ts";
import { tempDirectory } from "../../support/temp.ts";

interface Files {
  file: ReceivedFile;
  more?: ReceivedFile;
}

/** Bytes that differ from place to place. */
const content = Uint8Array.from({ length: 3_000_000 }, (_, at) => (at * 7 + (at >> 8)) % 251);

/** A server that takes and gives files, in a directory of its own. */
async function startFiles() {
  const directory = await tempDirectory();
  const { path } = directory;
  const source = `${path}/source.bin`;
  await Deno.writeFile(source, content);
  const kept: number[] = [];
  let uploads = 0;
  let bytesCalls = 0;
  const methods = {
    async upload({ file, more }: Files) {
      uploads++;
      let first = true;
      const onProgress = ({ bytes }: { bytes: number }) => {
        if (first) kept.push(bytes);
        first = false;
      };
      await file.saveTo(`${path}/uploaded`, { onProgress });
      return [file.name, file.size, more && (await more.bytes()).length];
    },
    download: () => openFile(source),
    described: () => ({ file: openFile(source), day: new Date(0) }),
    two: () => ({ a: openFile(source), b: openFile(source) }),
    bytes() {
      bytesCalls++;
      return content.subarray(0, 5_000);
    },
    async *pieces() {
      for (let at = 0; at < 3; at++) yield await Promise.resolve(content.subarray(at, at + 1));
    },
    stream: () => new Blob([content]).stream(),
    async *numbers() {
      yield await Promise.resolve(1);
      yield { big: 2n };
    },
    values: () => ({ big: 1n, bytes: new Uint8Array([1, 2, 3]), day: new Date(0) }),
    nothing: () => undefined,
  };
  const server = await serve({ listen: `unix:${path}/far.sock`, methods });
  return {
    path,
    source,
    kept,
    get uploads() {
      return uploads;
    },
    get bytesCalls() {
      return bytesCalls;
    },
    server: ["--to", `unix:${path}/far.sock`, "--data", `${path}/data`],
    relay: ["--to", `unix:${path}/near.sock`, "--data", `${path}/data`],
    cut: (...cuts: number[]) => startCuttingRelay(`${path}/near.sock`, `${path}/far.sock`, cuts),
    async [Symbol.asyncDispose]() {
      await server.close(0);
      await directory[Symbol.asyncDispose]();
    },
  };
}

Deno.test("dari call --file sends files, beside other params", async () => {
  await using files = await startFiles();
  const { path, source, server } = files;
  await Deno.writeTextFile(`${path}/more`, "hello");
  const words = ["call", "upload", "--file", `file=${source}`, "--file", `more=${path}/more`];
  assertEquals(await dari([...words, "--json", ...server]), {
    out: '["source.bin",3000000,5]',
    err: "",
    code: 0,
  });
  assertEquals(await Deno.readFile(`${path}/uploaded`), content);
});

Deno.test("dari call --file says what it cannot take", async () => {
  await using files = await startFiles();
  const { source, path, server } = files;
  const cases: [words: string[], message: RegExp, code: number][] = [
    [["--file", source], /--file takes NAME=PATH, not /, 64],
    [["--file", `=${source}`], /--file takes NAME=PATH, not /, 64],
    [["--file", `file=${source}`, "--file", `file=${source}`], /"file" is given twice/, 64],
    [["file=1", "--file", `file=${source}`], /"file" is given twice/, 64],
    [["--params", "[1]", "--file", `file=${source}`], /--params must be an object/, 64],
    [["--file", `file=${path}/none`], /There is no file "none"/, 65],
    [["--file", `file=${path}`], /is not a regular file/, 78],
  ];
  for (const [words, message, code] of cases) {
    const transcript = await dari(["call", "upload", ...words, ...server]);
    assertMatch(transcript.err, message);
    assertEquals(transcript.code, code);
  }
  assertEquals(files.uploads, 0);
});

Deno.test("NAME=VALUE never opens a file", async () => {
  await using files = await startFiles();
  const words = ["call", "rpc.ping", `file=@${files.source}`, `more=${files.source}`];
  assertEquals((await dari([...words, ...files.server])).out, '"pong"');
});

Deno.test("dari call --output saves files and bytes as they are, and anything else as JSON", async () => {
  await using files = await startFiles();
  const output = `${files.path}/out`;
  const cases: [method: string, saved: Uint8Array | string][] = [
    ["download", content],
    ["described", content],
    ["bytes", content.subarray(0, 5_000)],
    ["pieces", content.subarray(0, 3)],
    ["stream", content],
    ["numbers", '1\n{"big":"2"}\n'],
    ["values", '{\n  "big": "1",\n  "bytes": "AQID",\n  "day": "1970-01-01T00:00:00.000Z"\n}\n'],
    ["nothing", "null\n"],
  ];
  for (const [method, saved] of cases) {
    const words = ["call", method, "--output", output, ...files.server];
    assertEquals(await dari(words), { out: "", err: "", code: 0 }, method);
    const bytes = typeof saved === "string" ? new TextEncoder().encode(saved) : saved;
    assertEquals(await Deno.readFile(output), bytes, method);
    assertEquals((await Deno.stat(output)).mode! & 0o777, 0o600);
    const again = await dari(words);
    assertEquals([again.code, again.err], [65, 'dari: "out" exists already; it was left as it is']);
    assertEquals(
      (await dari([...words, "--overwrite", "--json"])).out,
      JSON.stringify({ output, bytes: bytes.length }),
    );
    await Deno.remove(output);
  }
  assertStringIncludes(
    (await dari(["call", "two", "--output", output, ...files.server])).err +
      await Deno.readTextFile(output),
    '"size": 3000000',
  );
});

Deno.test("without --output dari call prints what is known of a file, and the items of a stream", async () => {
  await using files = await startFiles();
  const call = async (method: string, ...words: string[]) =>
    (await dari(["call", method, ...words, ...files.server])).out;
  assertEquals(JSON.parse(await call("download", "--json")).size, content.length);
  assertEquals(
    await call("values", "--json"),
    '{"big":"1","bytes":"AQID","day":"1970-01-01T00:00:00.000Z"}',
  );
  assertEquals(await call("bytes", "--json").then((text) => JSON.parse(text).length), 6_668);
  assertEquals((await call("stream")).split("\n").length, Math.ceil(content.length / 49_152));
});

Deno.test("an upload that is cut is made again, and goes on from what the server has", async () => {
  await using files = await startFiles();
  await using relay = files.cut(1_000_000, 800_000);
  const words = ["call", "upload", "--file", `file=${files.source}`, "--json", ...files.relay];
  const { out, err, code } = await dari(words);
  assertEquals([out, code], ['["source.bin",3000000,null]', 0], err);
  assertMatch(err, /^dari: The connection .*; trying again$/);
  assertEquals(await Deno.readFile(`${files.path}/uploaded`), content);
  assertEquals(relay.connections, 3);
  const [first, second = 0, third = 0] = files.kept.slice(-3);
  assert(first === 0 && second > 0 && third > second, `${files.kept}`);
});

Deno.test("a download that is cut goes on from PATH.part, by itself and the next time", async () => {
  await using files = await startFiles();
  const output = `${files.path}/out`;
  await using relay = files.cut(1_000_000, 800_000);
  const words = ["call", "download", "--output", output, ...files.relay];
  const { err, code } = await dari(words);
  assertEquals(code, 0, err);
  assertEquals(await Deno.readFile(output), content);
  assertEquals(relay.connections, 3);
  await Deno.remove(output);
  await Deno.writeFile(`${output}.part`, content.subarray(0, 2_900_000), { mode: 0o600 });
  await using other = startCuttingRelay(`${files.path}/third.sock`, `${files.path}/far.sock`, [
    200_000,
  ]);
  const to = ["--to", `unix:${files.path}/third.sock`, "--data", `${files.path}/data`];
  assertEquals((await dari(["call", "download", "--output", output, ...to])).code, 0);
  assertEquals(await Deno.readFile(output), content);
  assertEquals(other.connections, 1); // only the rest came
});

Deno.test("a call without a file is not made again", async () => {
  await using files = await startFiles();
  for (const words of [["bytes"], ["bytes", "--output", `${files.path}/out`]]) {
    await using _relay = files.cut(1_000, Infinity); // the second is asked what may be made again
    const { err, code } = await dari(["call", ...words, ...files.relay]);
    assertEquals(code, 69, err);
  }
  assertEquals(files.bytesCalls, 2);
  assertEquals(await Deno.lstat(`${files.path}/out.part`).catch(() => "none"), "none");
});

Deno.test("a download of something else than what lies in PATH.part fails once", async () => {
  await using files = await startFiles();
  const output = `${files.path}/out`;
  await Deno.writeTextFile(`${output}.part`, "something else", { mode: 0o600 });
  const words = ["call", "download", "--output", output, ...files.server];
  const { err, code } = await dari(words);
  assertEquals([err, code], [
    "dari: What arrived is not the file that was sent: its SHA-256 is not the one that its sender told",
    65,
  ]);
  assertEquals((await dari(words)).code, 0);
});
