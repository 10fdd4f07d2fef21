import { assertEquals } from "@std/assert";
import { runProgram } from "../../support/program.ts";

const cli = new URL("../../../cli.ts", import.meta.url).pathname;
const hasBash = await new Deno.Command("sh", { args: ["-c", "command -v bash"] }).output()
  .then(({ success }) => success, () => false);

Deno.test("the program takes no more of standard input than a message may have", async () => {
  const words = ["call", "add", "--params", "-"];
  const input = "x".repeat(16 * 1024 * 1024 + 1);
  const { code, err } = await runProgram(words, { input });
  assertEquals([code, err], [64, "dari: Standard input has more than 16777216 bytes"]);
});

Deno.test({
  name: "the program ends without an error where the reader of its output has gone",
  ignore: !hasBash,
  async fn() {
    const script =
      `"${Deno.execPath()}" run --no-check -A "${cli}" --help | true; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await new Deno.Command("bash", { args: ["-c", script] }).output();
    const decoder = new TextDecoder();
    assertEquals([decoder.decode(stdout), decoder.decode(stderr)], ["0\n", ""]);
  },
});

Deno.test("the program takes variables that it may not read for unset", async () => {
  const { stdout, code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", "--allow-read", cli, "explain", "a", "b", "--json"],
    env: { DARI_DATA: "/nowhere", NO_COLOR: "1" },
    cwd: "/",
  }).output();
  // It goes on with the default data directory, and fails where it may not make that.
  const { error } = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals([error.code, error.message.includes(".dari"), code], ["io", true, 74]);
});
