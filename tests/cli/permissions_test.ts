import { assertEquals, assertMatch } from "@std/assert";
import { dari } from "../support/dari_command.ts";
import { tempDirectory } from "../support/temp.ts";

const cli = new URL("../../cli.ts", import.meta.url).pathname;

Deno.test("a permission that is missing is said in one line, and no stack is shown", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  assertEquals((await dari(["cert", "init", "--data", data])).code, 0);
  const mutual = ["serve", "--listen", "tls://localhost:0", "--client-ca", `${data}/ca.crt`];
  const cases: [net: string, words: string[], reason: RegExp][] = [
    [
      `localhost:9,unix:${data}/dari.sock`,
      mutual,
      /^dari: .*add 127\.0\.0\.1,localhost \(every port\) to --allow-net$/,
    ],
    [
      `unix:${data}/dari.sock`,
      ["serve"],
      /^dari: Cannot listen on localhost:9090: Requires net access to "/,
    ],
    ["localhost:9", ["call", "add"], /^dari: .*Requires net access to "unix:/],
  ];
  for (const [net, words, reason] of cases) {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", `--allow-net=${net}`, "--allow-read", "--allow-write"]
        .concat(cli, words, "--data", data),
      stdin: "null",
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stderr).trimEnd();
    assertMatch(text, reason);
    assertEquals([text.includes("\n"), code === 70], [false, false], text);
  }
});
