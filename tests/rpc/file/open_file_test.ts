import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { turn } from "../../../lib/base/turn.ts";
import { fileInfo } from "../../../lib/protocol/values/stream_source.ts";
import { openFile } from "../../../lib/rpc/file/open_file.ts";
import type { ReceivedFile } from "../../../lib/rpc/file/received_file.ts";
import { startPair } from "../../support/rpc_pair.ts";
import { tempDirectory } from "../../support/temp.ts";

const { streamChunkBytes: CHUNK } = limits;

Deno.test("openFile tells name and size, and reads in pieces of at most streamChunkBytes", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/a file.bin`;
  for (const [length, pieces] of [[0, []], [CHUNK, [CHUNK]], [CHUNK + 1, [CHUNK, 1]]] as const) {
    await Deno.writeFile(path, new Uint8Array(length));
    const file = openFile(path);
    assertEquals(file[fileInfo], { name: "a file.bin", size: length, type: undefined });
    for (let time = 0; time < 2; time++) {
      assertEquals(await Array.fromAsync(file.read(), ({ length }) => length), [...pieces]);
    }
  }
  assertEquals(openFile(path, { name: "n", type: "t" })[fileInfo].name, "n");
});

Deno.test("openFile refuses what is no file, and names no folder where a peer may read it", async () => {
  await using directory = await tempDirectory();
  const missing = assertThrows(() => openFile(`${directory.path}/none`), DariError);
  assertEquals([missing.code, missing.message], ["not_found", 'There is no file "none"']);
  const folder = assertThrows(() => openFile(directory.path), DariError);
  assertEquals(folder.code, "failed_precondition");
});

Deno.test("what is appended to a file is not sent; one that was cut, or removed, fails", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/log`;
  await using pair = await startPair({
    read: async ({ file }: { file: ReceivedFile }) => new TextDecoder().decode(await file.bytes()),
  });
  await Deno.writeTextFile(path, "hello");
  const file = openFile(path);
  await Deno.writeTextFile(path, " world", { append: true });
  assertEquals(await pair.client.call("read", { file } as never), "hello");
  await Deno.truncate(path, 2);
  const cut = await assertRejects(() => pair.client.call("read", { file } as never), DariError);
  assertEquals(cut.code, "failed_precondition");
  await Deno.remove(path);
  const gone = await assertRejects(() => pair.client.call("read", { file } as never), DariError);
  assertEquals(gone.code, "not_found");
  assert(!gone.message.includes(directory.path), gone.message);
});

Deno.test("a file is closed when its reader leaves, and one that nobody reads is never opened", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/big`;
  await Deno.writeFile(path, new Uint8Array(2 * limits.streamCreditBytes));
  // Another program lists the descriptors: reading /proc would take every permission.
  const list = new Deno.Command("ls", { args: ["-l", `/proc/${Deno.pid}/fd`], stderr: "null" });
  const openOnes = async () => {
    const lines = new TextDecoder().decode((await list.output()).stdout).split("\n");
    return lines.filter((line) => line.endsWith(` -> ${path}`)).length;
  };
  await using pair = await startPair({
    async first({ file }: { file: ReceivedFile }) {
      for await (const piece of file) return [piece.length, await openOnes() > 0];
    },
    ignore: () => openOnes(),
  });
  assertEquals(await pair.client.call("ignore", { file: openFile(path) } as never), 0);
  assertEquals(await pair.client.call("first", { file: openFile(path) } as never), [CHUNK, true]);
  // The reader's leaving is told behind the reply, and a read may be under way.
  while (await openOnes() > 0) await turn();
});
