import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { openFile } from "../../../lib/rpc/file/open_file.ts";
import { ReceivedFile } from "../../../lib/rpc/file/received_file.ts";
import { callWithFile, endOfFile, openFileWire, pieceOfFile } from "../../support/file_wire.ts";
import { startPair } from "../../support/rpc_pair.ts";
import { tempDirectory } from "../../support/temp.ts";

interface Params {
  file: ReceivedFile;
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return encodeHex(new Uint8Array(digest));
}

async function textOf(pieces: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<string> {
  return await new Blob(await Array.fromAsync(pieces)).text();
}

/** Whether there is a file. */
async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

Deno.test("a file goes up and down, and is read in each of its ways", async () => {
  const file = new File(["hello ", "world"], "hello.txt", { type: "text/plain" });
  await using pair = await startPair({
    bytes: async ({ file }: Params) => new TextDecoder().decode(await file.bytes()),
    stream: ({ file }: Params) => textOf(file.stream()),
    each: ({ file }: Params) => textOf(file),
    from: ({ file }: Params) => textOf(file.from(6)),
    about: ({ file }: Params) => [file.name, file.size, file.type],
    give: () => ({ file }),
  });
  const ask = (method: string) => pair.client.call(method as "bytes", { file } as never);
  for (const method of ["bytes", "stream", "each"]) assertEquals(await ask(method), "hello world");
  assertEquals(await ask("from"), "world");
  assertEquals(await ask("about") as unknown, ["hello.txt", 11, "text/plain"]);
  const given = await pair.client.call("give");
  assertEquals(await textOf(given.file.stream()), "hello world");
});

Deno.test("a file that was received is sent on as a file", async () => {
  await using far = await startPair({
    length: async ({ file }: Params) => [file.name, (await file.bytes()).length],
  });
  await using near = await startPair({
    forward: ({ file }: Params) => far.client.call("length", { file } as never),
    back: ({ file }: Params) => file,
  });
  const file = new File(["hello"], "h");
  assertEquals(await near.client.call("forward", { file } as never), ["h", 5]);
});

Deno.test("the name of a file has no folders, whoever sent it", async () => {
  await using pair = await startPair({ name: ({ file }: Params) => file.name ?? null });
  const cases = [["../../etc/passwd", "passwd"], ["C:\\a\\b.txt", "b.txt"], ["a/..", null], [
    "/",
    null,
  ]];
  for (const [name, seen] of cases) {
    const file = new File(["x"], name as string);
    assertEquals(await pair.client.call("name", { file } as never), seen);
  }
});

Deno.test("bytes() takes files of maxFileBytesInMemory and no longer ones", async () => {
  await using pair = await startPair({
    length: async ({ file }: Params) => (await file.bytes()).length,
    few: async ({ file }: Params) => (await file.bytes({ maxBytes: 4 })).length,
  });
  const blob = new Blob([new Uint8Array(limits.maxFileBytesInMemory)]);
  assertEquals(await pair.client.call("length", { file: blob } as never), blob.size);
  const call = () => pair.client.call("length", { file: new Blob([blob, "x"]) } as never);
  const refused = await assertRejects(call, DariError);
  assertEquals([refused.code, refused.retryable], ["resource_exhausted", false]);
  assertEquals(await pair.client.call("few", { file: new Blob(["1234"]) } as never), 4);
  await assertRejects(
    () => pair.client.call("few", { file: new Blob(["12345"]) } as never),
    DariError,
  );
});

Deno.test("a file is read once, and from a byte that it has", async () => {
  await using pair = await startPair({ give: () => new Blob(["hello"]) });
  const file = await pair.client.call("give") as ReceivedFile;
  for (const offset of [-1, 6, 1.5, NaN]) assertThrows(() => file.from(offset), RangeError);
  await textOf(file.stream());
  for (
    const again of [() => file.from(0), () => file[Symbol.asyncIterator](), () => file.stream()]
  ) {
    assertThrows(again, TypeError, "read once");
  }
  await assertRejects(() => file.bytes(), TypeError);
});

Deno.test("saveTo writes a file of its owner alone, and leaves no part", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/saved`;
  const progress: number[] = [];
  await using pair = await startPair({
    save: ({ file }: Params) =>
      file.saveTo(path, { onProgress: ({ bytes }) => progress.push(bytes) }),
    replace: ({ file }: Params) => file.saveTo(path, { overwrite: true }),
  });
  await pair.client.call("save", { file: new Blob(["hello"]) } as never);
  assertEquals(await Deno.readTextFile(path), "hello");
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  assertEquals(progress, [0, 5]);
  const again = () => pair.client.call("save", { file: new Blob(["again"]) } as never);
  const refused = await assertRejects(again, DariError);
  assertEquals(refused.code, "already_exists");
  assert(!refused.message.includes(directory.path), refused.message);
  await pair.client.call("replace", { file: new Blob([""]) } as never);
  assertEquals(await Deno.readTextFile(path), "");
  assertEquals(await Array.fromAsync(Deno.readDir(directory.path), ({ name }) => name), ["saved"]);
});

Deno.test("saveTo goes on from the part of the same file", async () => {
  await using directory = await tempDirectory();
  const source = `${directory.path}/source`;
  const path = `${directory.path}/saved`;
  await Deno.writeTextFile(source, "hello world");
  const progress: number[] = [];
  await using pair = await startPair({
    save: ({ file }: Params) =>
      file.saveTo(path, { onProgress: ({ bytes }) => progress.push(bytes) }),
  });
  for (const kept of ["hello ", "hello world", "a part that is longer than the file", ""]) {
    await Deno.writeTextFile(`${path}.part`, kept, { mode: 0o600 });
    progress.length = 0;
    await pair.client.call("save", { file: openFile(source) } as never);
    assertEquals(await Deno.readTextFile(path), "hello world");
    assertEquals(progress[0], kept.length > 11 ? 0 : kept.length);
    assert(!await exists(`${path}.part`));
    await Deno.remove(path);
  }
});

Deno.test("saveTo refuses and removes the part of another file", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/saved`;
  const errors: unknown[] = [];
  await using pair = await startPair({
    save: ({ file }: Params) => file.saveTo(path).catch((error) => void errors.push(error.code)),
  });
  await Deno.writeTextFile(`${path}.part`, "HELLO ", { mode: 0o600 });
  await pair.client.call("save", { file: new Blob(["hello world"]) } as never);
  assertEquals([errors, await exists(`${path}.part`), await exists(path)], [
    ["data"],
    false,
    false,
  ]);
  await pair.client.call("save", { file: new Blob(["hello world"]) } as never);
  assertEquals(await Deno.readTextFile(path), "hello world");
});

Deno.test("saveTo follows no link, and takes no part that others can change", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/saved`;
  const victim = `${directory.path}/victim`;
  const codes: unknown[] = [];
  await using pair = await startPair({
    save: ({ file }: Params) => file.saveTo(path).catch((error) => void codes.push(error.code)),
  });
  const save = () => pair.client.call("save", { file: new Blob(["hello"]) } as never);
  await Deno.writeTextFile(victim, "mine");
  await Deno.symlink(victim, `${path}.part`);
  await save();
  assertEquals(await Deno.readTextFile(victim), "mine");
  await Deno.remove(`${path}.part`);
  await Deno.writeTextFile(`${path}.part`, "he");
  await Deno.chmod(`${path}.part`, 0o666);
  await save();
  assertEquals(codes, ["configuration", "configuration"]);
});

Deno.test("two calls do not save to the same path at once", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/saved`;
  const begun = Promise.withResolvers<void>();
  await using wire = await openFileWire({
    save: ({ file }: Params) => file.saveTo(path, { onProgress: () => begun.resolve() }),
  });
  await callWithFile(wire, "save", 5);
  await begun.promise;
  await using pair = await startPair({ save: ({ file }: Params) => file.saveTo(path) });
  const call = () => pair.client.call("save", { file: new Blob(["hello"]) } as never);
  const refused = await assertRejects(call, DariError);
  assertEquals([refused.code, refused.retryable], ["unavailable", true]);
});

Deno.test("a signal ends saveTo, and what has arrived stays", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/saved`;
  const controller = new AbortController();
  const ended = Promise.withResolvers<unknown>();
  await using wire = await openFileWire({
    save: ({ file }: Params) => {
      const onProgress = ({ bytes }: { bytes: number }) => {
        if (bytes > 0) controller.abort(new Error("enough"));
      };
      file.saveTo(path, { signal: controller.signal, onProgress }).then(
        ended.reject,
        ended.resolve,
      );
      return new Promise(() => {});
    },
  });
  await callWithFile(wire, "save", 5);
  await wire.send(pieceOfFile("hel"));
  assertEquals((await ended.promise as Error).message, "enough");
  assertEquals(await Deno.readTextFile(`${path}.part`), "hel");
});

Deno.test("a file that is not what its sender said fails, and no part of it stays", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/saved`;
  const read = {
    save: (file: ReceivedFile) => file.saveTo(path),
    bytes: (file: ReceivedFile) => file.bytes(),
    each: (file: ReceivedFile) => Array.fromAsync(file),
    stream: (file: ReceivedFile) => Array.fromAsync(file.stream()),
  };
  const good = await sha256("hello");
  const cases: [pieces: string[], hash: string | undefined, isRight: boolean][] = [
    [["hel", "lo"], good, true],
    [["hel", "lo"], undefined, true],
    [["hel", "lo"], await sha256("other"), false],
    [["hel"], good, false],
    [["hel", "lo!"], good, false],
    [[], good, false],
  ];
  for (const [name, act] of Object.entries(read)) {
    for (const [pieces, hash, isRight] of cases) {
      const code = Promise.withResolvers<string>();
      await using wire = await openFileWire({
        async take({ file }: Params) {
          await act(file).then(() => code.resolve("right"), (error) => code.resolve(error.code));
        },
      });
      await callWithFile(wire, "take", 5);
      for (const piece of pieces) await wire.send(pieceOfFile(piece));
      await wire.send(endOfFile(hash));
      assertEquals(await code.promise, isRight ? "right" : "data", `${name} ${pieces} ${hash}`);
      assert(!await exists(`${path}.part`));
      if (isRight && name === "save") await Deno.remove(path);
    }
  }
});

Deno.test("a part is of no use where the sender tells no hash", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/saved`;
  await Deno.writeTextFile(`${path}.part`, "hel", { mode: 0o600 });
  const code = Promise.withResolvers<string>();
  await using wire = await openFileWire({
    save: ({ file }: Params) => file.saveTo(path).catch((error) => code.resolve(error.code)),
  });
  const { offset } = await callWithFile(wire, "save", 5);
  assertEquals(offset, 3);
  await wire.send(pieceOfFile("lo"));
  await wire.send(endOfFile());
  assertEquals([await code.promise, await exists(`${path}.part`)], ["data", false]);
});

Deno.test("an offset that the file has not, and one for no file, fail the stream", async () => {
  async function* numbers() {
    yield await Promise.resolve(1);
  }
  await using wire = await openFileWire({
    file: () => ({ value: new Blob(["hello"]) }),
    numbers: () => ({ value: numbers() }),
  });
  const numberOf = async (method: string): Promise<number> => {
    const { value } = (await wire.ask({ jsonrpc: "2.0", id: 1, method })).result;
    return value.stream ?? value;
  };
  const begin = (stream: number, offset: unknown) =>
    wire.ask({ jsonrpc: "2.0", method: "rpc.credit", params: { stream, count: 9, offset } });
  for (const offset of [-1, 6, 1.5, "1", null]) {
    const { params } = await begin(await numberOf("file"), offset);
    assertEquals(params.error.code, -32602);
  }
  assertEquals((await begin(await numberOf("numbers"), 0)).params.error.code, -32602);
  const stream = await numberOf("file");
  assertEquals((await begin(stream, 3)).params, { stream, value: btoa("lo") });
  assertEquals((await wire.receive()).params, { stream, sha256: await sha256("hello") });
});
