import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runProgram } from "../../support/program.ts";
import { hasPython } from "../../support/python.ts";
import { tempDirectory } from "../../support/temp.ts";

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
  name: "the program takes only UTF-8 from standard input",
  ignore: Deno.build.os === "windows",
  async fn() {
    const wrapper = ["sh", "-c", `printf '["p\\344ssword"]' | "$0" "$@"`];
    const { code, err } = await runProgram(["call", "add", "--params", "-"], { wrapper });
    assertEquals([code, err], [64, "dari: Standard input is not UTF-8 text"]);
  },
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

Deno.test({
  name: "a line is printed whole into a pipe that is full and does not block",
  ignore: !hasPython,
  async fn() {
    const ended = await runProgram([], {
      script: "tests/support/print_long.ts",
      wrapper: ["python3", "tests/support/slow_reader.py"],
    });
    const bytes = (200_000 + 1) + (599 * 600 / 2 + 600) + (40 * 4_950 + 40);
    assertEquals(ended, { code: 0, out: `0 ${bytes}`, err: "" });
  },
});

Deno.test({
  name: "the program says in one line that its output cannot be written",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const wrapper = ["sh", "-c", 'exec "$0" "$@" > /dev/full'];
    const { code, err } = await runProgram(["--help"], { wrapper });
    assertEquals(code, 74);
    assertMatch(err, /^dari: Cannot write the output: No space left on device[^\n]*$/);
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

Deno.test({
  name: "a question is asked on the terminal, and takes the line that is typed",
  ignore: !hasPython || Deno.build.os === "windows",
  async fn() {
    await using directory = await tempDirectory();
    const data = `${directory.path}/data`;
    await runProgram(["user", "add", "alice", "--no-password", "--data", data]);
    for (
      const [answer, last] of [["n", "dari: Nothing was changed"], ["y", /is disabled/]] as const
    ) {
      const { code, out } = await runProgram(["revoke", "alice", "--data", data], {
        wrapper: ["python3", "tests/support/typed_answer.py", answer],
      });
      assertMatch(out, /End all of this\? \[y\/N\]/);
      assertStringIncludes(out, "user:alice has:");
      if (typeof last === "string") assertStringIncludes(out, last);
      else assertMatch(out, last);
      assertEquals(code, answer === "y" ? 0 : 75);
    }
  },
});
