import { assertEquals, assertStringIncludes } from "@std/assert";
import { npmLauncherText } from "../../../lib/packaging/npm/npm_launcher.ts";
import { morePermissions, permissions } from "../../../lib/packaging/permissions.ts";

const text = npmLauncherText("../program");

Deno.test("npmLauncherText() has the permissions of the executable, and no others", () => {
  const known = new Set([...permissions, ...Object.values(morePermissions).flat()]);
  const named = new Set(text.match(/--allow-[\w-]+(?:=[\w,]+)?/g));
  assertEquals(named, known);
  assertEquals(/"-A"|--allow-all/.test(text), false);
});

Deno.test("npmLauncherText() names Deno's package for every system that dari is compiled for", () => {
  for (const system of ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64"]) {
    assertStringIncludes(text, `@deno/${system}`);
  }
});
