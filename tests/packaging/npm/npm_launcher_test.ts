import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { scriptExecFlags } from "../../../lib/packaging/exec_permission.ts";
import { npmLauncherText } from "../../../lib/packaging/npm/npm_launcher.ts";
import { OPEN_FILES } from "../../../lib/packaging/launcher.ts";
import { morePermissions, permissions } from "../../../lib/packaging/permissions.ts";
import { tempDirectory } from "../../support/temp.ts";

const text = npmLauncherText("../program");

Deno.test("npmLauncherText() has the permissions of the executable, and no others", () => {
  const known = new Set([...permissions, ...Object.values(morePermissions).flat()]);
  // Those of --exec depend on the command line: exec_permission_test.ts.
  const fixed = text.replace(scriptExecFlags, "");
  const named = new Set(fixed.match(/--allow-[\w-]+(?:=[\w,*]+)?/g));
  assertEquals(named, known.add(`--allow-env=${OPEN_FILES}`));
  assertEquals(/"-A"|--allow-all/.test(text), false);
});

Deno.test("npmLauncherText() names Deno's package for every system that dari is compiled for", () => {
  for (const system of ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64", "win32-x64"]) {
    assertStringIncludes(text, `@deno/${system}`);
  }
});

const isPosix = Deno.build.os !== "windows";

Deno.test({
  name:
    "the command of npm says how many files may be open, and passes words, output and exit code on",
  ignore: !isPosix,
  async fn() {
    await using directory = await tempDirectory();
    const { path } = directory;
    const os = Deno.build.os === "darwin" ? "darwin" : "linux";
    const cpu = Deno.build.arch === "aarch64" ? "arm64" : "x64";
    const name = os === "linux" ? `linux-${cpu}-glibc` : `darwin-${cpu}`;
    for (const folder of ["bin", "node_modules/deno", `node_modules/@deno/${name}`]) {
      await Deno.mkdir(`${path}/${folder}`, { recursive: true });
    }
    await Deno.writeTextFile(`${path}/bin/dari.cjs`, text);
    await Deno.writeTextFile(`${path}/node_modules/deno/package.json`, '{"name":"deno"}');
    const standIn = '#!/bin/sh\necho "$DARI_OPEN_FILES"; for word; do echo "$word"; done; exit 3\n';
    const deno = `${path}/node_modules/@deno/${name}/deno`;
    await Deno.writeTextFile(deno, standIn, { mode: 0o755 });
    const { code, stdout } = await new Deno.Command("/bin/sh", {
      args: [
        ...["-c", 'ulimit -S -n 300; ulimit -H -n 300; exec "$0" run -A "$@"', Deno.execPath()],
        ...[`${path}/bin/dari.cjs`, "call", "add", "two words"],
      ],
    }).output();
    const [files, run, ...words] = new TextDecoder().decode(stdout).trimEnd().split("\n");
    assertEquals([code, files, run], [3, "300", "run"]);
    assertEquals(words.slice(-3), ["call", "add", "two words"]);
    assertMatch(words.at(-4) ?? "", /\/program\/cli\.js$/);
  },
});
