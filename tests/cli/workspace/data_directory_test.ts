import { assertEquals } from "@std/assert";
import { dataDirectoryOf, socketOf } from "../../../lib/cli/workspace/data_directory.ts";
import { createIo } from "../../support/dari_command.ts";

Deno.test("dataDirectoryOf() takes --data before DARI_DATA before the default", () => {
  const io = createIo({ env: { DARI_DATA: "/from/environment" } });
  assertEquals(dataDirectoryOf({ data: "/typed" }, io), "/typed");
  assertEquals(dataDirectoryOf({ data: undefined }, io), "/from/environment");
  assertEquals(dataDirectoryOf({ data: undefined }, createIo()), ".dari");
});

Deno.test("socketOf() is the socket in the data directory", () => {
  assertEquals(socketOf("/var/lib/dari"), "/var/lib/dari/dari.sock");
});
