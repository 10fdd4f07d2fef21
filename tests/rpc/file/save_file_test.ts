import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { openFile } from "../../../lib/rpc/file/open_file.ts";
import type { ReceivedFile } from "../../../lib/rpc/file/received_file.ts";
import { countedSignal } from "../../support/counted_signal.ts";
import { callWithFile, endOfFile, openFileWire, pieceOfFile } from "../../support/file_wire.ts";
import { startPair } from "../../support/rpc_pair.ts";
import { tempDirectory } from "../../support/temp.ts";

interface Params {
  file: ReceivedFile;
}

/** Whether there is a file. */
async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

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

Deno.test("saveTo leaves no listener on its signal", async () => {
  await using directory = await tempDirectory();
  const counted = countedSignal();
  await using pair = await startPair({
    save: ({ file }: Params) => file.saveTo(`${directory.path}/saved`, { signal: counted.signal }),
  });
  await pair.client.call("save", { file: new Blob(["hello"]) } as never);
  assertEquals(counted.listeners, 0);
});

Deno.test("a call that ends before its file has come leaves the part for the next one", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/saved`;
  const code = Promise.withResolvers<string>();
  const saving = Promise.withResolvers<void>();
  await using wire = await openFileWire({
    save({ file }: Params) {
      const onProgress = ({ bytes }: { bytes: number }) => bytes === 3 && saving.resolve();
      file.saveTo(path, { onProgress }).catch((error) => code.resolve(error.code));
      return saving.promise;
    },
  });
  await callWithFile(wire, "save", 5);
  await wire.send(pieceOfFile("hel"));
  assertEquals(await code.promise, "cancelled");
  assertEquals(await Deno.readTextFile(`${path}.part`), "hel");
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
