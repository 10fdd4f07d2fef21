import { assertEquals } from "@std/assert";
import { completionScripts } from "../../../lib/cli/completion/completion_scripts.ts";
import { startServer } from "../../support/dari_server.ts";
import { tempDirectory } from "../../support/temp.ts";

const cli = new URL("../../../cli.ts", import.meta.url).pathname;

async function has(shell: string): Promise<boolean> {
  try {
    return (await new Deno.Command(shell, { args: ["-c", "exit"] }).output()).success;
  } catch {
    return false;
  }
}

/** Runs a script in a shell in which `dari` is this program. */
async function run(shell: string, script: string, cwd: string): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(shell, {
    args: ["-c", script],
    cwd,
    env: { DENO: Deno.execPath(), CLI: cli, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout).trimEnd() + decoder.decode(stderr);
}

/** What bash offers for a line; a line that ends with a space has an empty last word. */
async function offeredByBash(line: string, cwd = "."): Promise<string[]> {
  const words = ["dari", ...line.split(" ")];
  const quoted = words.map((word) => `'${word}'`).join(" ");
  const out = await run(
    "bash",
    `dari() { "$DENO" run -A --quiet --no-check "$CLI" "$@"; }
${completionScripts.bash}
COMP_WORDS=(${quoted})
COMP_CWORD=${words.length - 1}
_dari
printf '%s\\n' "\${COMPREPLY[@]}"`,
    cwd,
  );
  return out.split("\n");
}

const bash = await has("bash");
const zsh = await has("zsh");
const fish = await has("fish");

Deno.test({
  name: "the script of bash completes commands, options, values and files",
  ignore: !bash,
  async fn() {
    await using directory = await tempDirectory();
    await Deno.mkdir(`${directory.path}/folder a`);
    await Deno.writeTextFile(`${directory.path}/file b.ts`, "");
    const offered = (line: string) => offeredByBash(line, directory.path);
    assertEquals(await offered("ser"), ["serve", "service"]);
    assertEquals(await offered("user dis"), ["disable"]);
    assertEquals(await offered("cert issue a.internal --p"), [
      "--passphrase-stdin",
      "--passphrase-file",
    ]);
    assertEquals(await offered("cert list --state = re"), ["renewed", "revoked"]);
    assertEquals((await offered("serve f")).sort(), ["file b.ts", "folder a"]);
    assertEquals(await offered("serve --data f"), ["folder a"]);
    assertEquals(await offered("frob "), [""]);
  },
});

Deno.test({
  name: "the script of bash completes the methods of the server that the line names",
  ignore: !bash,
  async fn() {
    await using server = await startServer();
    assertEquals(await offeredByBash(`call --data ${server.data} ec`), ["echo"]);
  },
});

Deno.test({
  name: "the script of bash runs nothing of what it offers",
  ignore: !bash,
  async fn() {
    const out = await run(
      "bash",
      `dari() { printf '$(echo ran)\\ta method\\n*\\n'; }
${completionScripts.bash}
COMP_WORDS=(dari call '')
COMP_CWORD=2
_dari
printf '%s\\n' "\${COMPREPLY[@]}"`,
      ".",
    );
    assertEquals(out.split("\n"), ["$(echo ran)", "*"]);
  },
});

Deno.test({
  name: "the script of zsh hands candidates with their meaning to compadd",
  ignore: !zsh,
  async fn() {
    const out = await run(
      "zsh",
      `dari() { "$DENO" run -A --quiet --no-check "$CLI" "$@" }
compdef() { }
compadd() { print -rl -- $offered $shown }
_files() { print -r -- files "$@" }
${completionScripts.zsh}
words=(dari discover --na); CURRENT=3; _dari
words=(dari serve ''); CURRENT=3; _dari
words=(dari serve --data ''); CURRENT=4; _dari`,
      ".",
    );
    assertEquals(out.split("\n"), [
      "--names",
      "--names  print only the names",
      "files",
      "files -/",
    ]);
  },
});

Deno.test({
  name: "the script of fish completes commands and options with their meaning",
  ignore: !fish,
  async fn() {
    const out = await run(
      "fish",
      `function dari; $DENO run -A --quiet --no-check $CLI $argv; end
${completionScripts.fish}
complete -C "dari discover --na"
complete -C "dari key "`,
      ".",
    );
    assertEquals(out.split("\n").sort(), [
      "--names\tprint only the names",
      "create\tCreate an API key",
      "list\tList API keys",
      "revoke\tRevoke an API key",
      "rotate\tGive an API key a new secret",
    ]);
  },
});
