import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { ReceivedFile } from "../../../lib/rpc/file/received_file.ts";
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
