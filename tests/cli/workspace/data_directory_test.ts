import { assertEquals } from "@std/assert";
import { errorTable } from "../../../lib/base/errors.ts";
import { dataDirectoryOf } from "../../../lib/cli/workspace/data_directory.ts";
import { createIo, dari } from "../../support/dari_command.ts";

Deno.test("dataDirectoryOf() takes --data before DARI_DATA before the default", () => {
  const io = createIo({ env: { DARI_DATA: "/from/environment" } });
  assertEquals(dataDirectoryOf({ data: "/typed" }, io), "/typed");
  assertEquals(dataDirectoryOf({ data: undefined }, io), "/from/environment");
  assertEquals(dataDirectoryOf({ data: undefined }, createIo()), ".dari");
});

Deno.test("an empty DARI_DATA is unset, and an empty --data is refused: neither is the root", async () => {
  const io = createIo({ env: { DARI_DATA: "" } });
  assertEquals(dataDirectoryOf({ data: undefined }, io), ".dari");
  const { err, code } = await dari(["user", "list", "--data", ""]);
  assertEquals([code, err.includes("--data")], [errorTable.usage.exit, true]);
});
