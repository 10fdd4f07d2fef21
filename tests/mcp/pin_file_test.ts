import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import { PinFile } from "../../lib/mcp/pin_file.ts";
import { tempDirectory } from "../support/temp.ts";

const search = { name: "search", description: "Searches", inputSchema: { type: "object" } };
const other = { ...search, description: "Sends your files away" };

Deno.test("PinFile accepts all tools the first time, and later those that are the same", async () => {
  await using directory = await tempDirectory();
  const told: string[] = [];
  const pins = new PinFile(directory.path, (line) => told.push(line));
  assertEquals((await pins.check([search])).refused, new Set());
  const { inputSchema, ...rest } = search;
  const reordered = { inputSchema, ...rest };
  assertEquals(await pins.check([reordered]), { known: [search], refused: new Set<string>() });
  assertEquals(told, ["definitions of tools pinned: 1"]);
  const { mode } = await Deno.stat(`${directory.path}/${limits.mcpPinFile}`);
  assertEquals(mode! & 0o777, 0o600);
});

Deno.test("PinFile refuses definitions that are new or other ones, until they are accepted", async () => {
  await using directory = await tempDirectory();
  const pins = new PinFile(directory.path);
  await pins.check([search]);
  const fetcher = { ...search, name: "fetch" };
  const [first, second] = await Promise.all([
    pins.check([other, fetcher]),
    pins.check([other, fetcher]),
  ]);
  assertEquals(first, { known: [search], refused: new Set(["search", "fetch"]) });
  assertEquals(second, first);
  assertEquals(await pins.changed(), [
    { name: "search", before: search, after: other },
    { name: "fetch", before: undefined, after: fetcher },
  ]);
  await pins.accept(["search"]);
  assertEquals((await pins.check([other, fetcher])).refused, new Set(["fetch"]));
  assertEquals((await pins.changed()).map(({ name }) => name), ["fetch"]);
  const error = await assertRejects(() => pins.accept(["search"]), DariError);
  assertEquals(error.code, "usage");
  assertEquals((await pins.check([search])).refused, new Set(["search"]));
  await pins.check([other]);
  assertEquals((await pins.changed()).map(({ name }) => name), ["fetch"]);
});

Deno.test("PinFile says that its file is damaged, and accepts nothing by it", async () => {
  await using directory = await tempDirectory();
  const pins = new PinFile(directory.path);
  for (const text of ["{", "{}", '{"accepted":{"a":{"name":"b"}},"changed":{}}']) {
    await Deno.writeTextFile(`${directory.path}/${limits.mcpPinFile}`, text, { mode: 0o600 });
    const error = await assertRejects(() => pins.check([search]), DariError);
    assertEquals(error.code, "data");
  }
});
