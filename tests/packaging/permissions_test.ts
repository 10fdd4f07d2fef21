import { assertEquals } from "@std/assert";
import { demoPermissions, permissions } from "../../lib/packaging/permissions.ts";

Deno.test("an executable may do what the tasks of deno.json may", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
  const flags = (task: string) =>
    tasks[task].command.split(" ").filter((word: string) => word.startsWith("--allow"));
  assertEquals(flags("demo"), [...permissions, ...demoPermissions]);
  assertEquals(flags("dari"), permissions);
});
