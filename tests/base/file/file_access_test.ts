import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { checkAccess, ownUid } from "../../../lib/base/file/file_access.ts";
import { tempDirectory } from "../../support/temp.ts";

const unixOnly = { ignore: Deno.build.os === "windows" };

Deno.test("ownUid() is the owner of what this program makes", unixOnly, async () => {
  await using directory = await tempDirectory();
  assertEquals(await ownUid(directory.path), (await Deno.stat(directory.path)).uid);
  assertEquals([...Deno.readDirSync(directory.path)], []);
});

Deno.test("ownUid() tells without --allow-sys, and asks for nothing", unixOnly, async () => {
  await using directory = await tempDirectory();
  const file = new URL("../../../lib/base/file/file_access.ts", import.meta.url).pathname;
  const code = `import { ownUid } from "${file}"; console.log(await ownUid("${directory.path}"));`;
  await Deno.writeTextFile(`${directory.path}/main.ts`, code);
  const run = async (...permissions: string[]) => {
    const args = ["run", "--quiet", "--no-check", "--no-config", ...permissions];
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [...args, `${directory.path}/main.ts`],
    }).output();
    return new TextDecoder().decode(stdout).trim();
  };
  const { uid } = await Deno.stat(directory.path);
  assertEquals(
    await run(`--allow-write=${directory.path}`, `--allow-read=${directory.path}`),
    `${uid}`,
  );
  assertEquals(await run("--allow-sys=uid"), `${uid}`);
  assertEquals(await run(), "undefined");
});

const cases: [mode: number, uid: number, isSecret: boolean, error: string | undefined][] = [
  [0o600, 7, true, undefined],
  [0o400, 7, true, undefined],
  [0o600, 8, true, "belongs to another user (uid 8)"],
  [0o600, 0, true, "belongs to another user (uid 0)"],
  [0o640, 7, true, "chmod 600"],
  [0o604, 7, true, "chmod 600"],
  [0o644, 7, false, undefined],
  [0o664, 7, false, "chmod go-w"],
  [0o646, 7, false, "chmod go-w"],
  [0o644, 8, false, "belongs to another user (uid 8)"],
];
for (const [mode, uid, isSecret, error] of cases) {
  const what = `${isSecret ? "a secret" : "a file"} of mode ${mode.toString(8)} and uid ${uid}`;
  const verb = error === undefined ? "takes" : "refuses";
  Deno.test(`checkAccess() ${verb} ${what} where the user is 7`, unixOnly, () => {
    const check = () => checkAccess({ mode, uid }, { path: "/x", isSecret, owners: [7] });
    if (error === undefined) return check();
    assertEquals(assertThrows(check, DariError, error).code, "configuration");
  });
}

Deno.test("checkAccess() goes by the mode alone where the user is not known", () => {
  checkAccess({ mode: 0o600, uid: 8 }, { path: "/x", isSecret: true, owners: undefined });
});
