import { assertEquals, assertStringIncludes } from "@std/assert";
import { command } from "../../../../lib/cli/commands/service/install.ts";
import { runCommand } from "../../../support/command_line.ts";
import { tempDirectory } from "../../../support/temp.ts";

const hasSystemd = await new Deno.Command("systemd-analyze", { args: ["--version"] }).output()
  .then(({ success }) => success, () => false);

Deno.test("dari service install --print prints a unit that starts the server", async () => {
  const { code, output } = await runCommand(command, [
    "--print",
    "--",
    "--listen",
    "tls://0.0.0.0:9090",
    "--public",
    "100% $HOME",
  ]);
  assertEquals(code, 0);
  assertStringIncludes(
    output,
    'ExecStart=/usr/local/bin/dari serve --listen tls://0.0.0.0:9090 --public "100%% $$HOME"\n',
  );
  for (const line of ["DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes"]) {
    assertStringIncludes(output, `\n${line}\n`);
  }
});

Deno.test("dari service install starts a compiled service without a verb", async () => {
  const { output } = await runCommand(command, [
    "--print",
    "--exec",
    "/opt/my_service",
    "--name",
    "my_service",
  ]);
  assertStringIncludes(output, "ExecStart=/opt/my_service\n");
  assertStringIncludes(output, "StateDirectory=my_service\n");
});

for (
  const [words, message] of [
    [[], "Add --print"],
    [["--print", "--exec", "dari"], "write an absolute path"],
    [["--print", "--name", "../x"], "use a-z, 0-9, _ and -"],
  ] as const
) {
  Deno.test(`dari service install ${words.join(" ")} is refused`, async () => {
    const { code, errors } = await runCommand(command, words);
    assertEquals(code, 64);
    assertStringIncludes(errors, message);
  });
}

Deno.test({
  name: "systemd accepts the unit, and finds little that the service can reach",
  ignore: !hasSystemd,
  async fn() {
    await using directory = await tempDirectory();
    const executable = `${directory.path}/my_service`;
    await Deno.writeTextFile(executable, "#!/bin/sh\n", { mode: 0o755 });
    const words = ["--print", "--exec", executable, "--name", "my_service"];
    const unit = `${directory.path}/my_service.service`;
    await Deno.writeTextFile(unit, (await runCommand(command, words)).output);
    const verified = await new Deno.Command("systemd-analyze", { args: ["verify", unit] }).output();
    assertEquals(new TextDecoder().decode(verified.stderr), "");
    assertEquals(verified.success, true);
  },
});
