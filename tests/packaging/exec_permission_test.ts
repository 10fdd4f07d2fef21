import { assertEquals } from "@std/assert";
import { scriptExecFlags, shellExecFlags } from "../../lib/packaging/exec_permission.ts";

const env = "--allow-env=PATH,TZ,TMPDIR,USER";

const cases: [words: string[], flags: string][] = [
  [["serve", "--exec", "python3 service.py"], `--allow-run=python3 ${env}`],
  [["serve", "m.ts", "--exec=./service --port 1", "--copies", "2"], `--allow-run=./service ${env}`],
  [
    ["serve", "--exec", "sh x", "--exec-env", "MODE", "--exec-env=KEY_2"],
    `--allow-run=sh ${env},MODE,KEY_2`,
  ],
  [["serve"], ""],
  [["call", "--exec", "python3"], ""],
  [["--exec", "python3", "serve"], ""],
  [["serve", "--exec", "a,b"], ""],
  [["serve", "--exec", "'my program' x"], ""],
  [["serve", "--exec", "-A"], ""],
  [["serve", "--exec", "--allow-all"], ""],
  [["serve", "--exec", "$(id)"], ""],
  [["serve", "--exec", ""], ""],
  [["serve", "--exec", "*"], ""],
];

Deno.test("the launcher in the shell permits the program of --exec, and nothing that could be more", async () => {
  for (const [words, flags] of cases) {
    const { stdout } = await new Deno.Command("/bin/sh", {
      args: ["-c", `${shellExecFlags}\nprintf '%s' "$exec_flags"`, "dari", ...words],
    }).output();
    assertEquals(new TextDecoder().decode(stdout), flags, words.join(" "));
  }
});

Deno.test("the launcher in JavaScript permits the same", () => {
  const execFlags = new Function(`${scriptExecFlags}\nreturn execFlags;`)() as (
    words: readonly string[],
  ) => string[];
  for (const [words, flags] of cases) {
    assertEquals(execFlags(words).join(" "), flags, words.join(" "));
  }
});
