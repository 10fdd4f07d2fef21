import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { neededUserDirectory, userDirectoryOf } from "../../../lib/cli/trust/user_directory.ts";
import { createIo } from "../../support/dari_command.ts";

Deno.test("userDirectoryOf() is in $XDG_CONFIG_HOME, else in ~/.config, and never relative", () => {
  const cases: [env: Record<string, string>, directory: string | undefined][] = [
    [{ XDG_CONFIG_HOME: "/x/", HOME: "/home/ann" }, "/x/dari"],
    [{ XDG_CONFIG_HOME: "x", HOME: "/home/ann" }, "/home/ann/.config/dari"],
    [{ XDG_CONFIG_HOME: "", HOME: "/home/ann/" }, "/home/ann/.config/dari"],
    [{ HOME: "." }, undefined],
    [{}, undefined],
  ];
  for (const [env, directory] of cases) assertEquals(userDirectoryOf(createIo({ env })), directory);
});

Deno.test("neededUserDirectory() says what to set where there is none", () => {
  const error = assertThrows(() => neededUserDirectory(createIo()), DariError, "XDG_CONFIG_HOME");
  assertEquals(error.code, "configuration");
});
