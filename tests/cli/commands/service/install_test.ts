import { assertEquals, assertStringIncludes } from "@std/assert";
import { limits } from "../../../../lib/base/limits.ts";
import { dari } from "../../../support/dari_command.ts";
import { tempDirectory } from "../../../support/temp.ts";

const install = (words: readonly string[]) => dari(["service", "install", ...words]);

const hasSystemd = await new Deno.Command("systemd-analyze", { args: ["--version"] }).output()
  .then(({ success }) => success, () => false);

Deno.test("dari service install --print prints a unit that starts the server", async () => {
  const { code, out } = await install([
    "--print",
    "--",
    "--listen",
    "tls://0.0.0.0:9090",
    "--public",
    "100% $HOME",
  ]);
  assertEquals(code, 0);
  assertStringIncludes(
    out,
    'ExecStart=/usr/local/bin/dari serve --listen tls://0.0.0.0:9090 --public "100%% $$HOME"\n',
  );
  for (const line of ["DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes"]) {
    assertStringIncludes(out, `\n${line}\n`);
  }
});

Deno.test("the unit gives systemd what the server speaks, and time for the calls of a server that stops", async () => {
  const { out } = await install(["--print"]);
  const seconds = (ms: number) => Math.ceil((ms + limits.stopGraceMs) / 1_000);
  for (
    const line of [
      "Type=notify",
      `WatchdogSec=${limits.serviceWatchdogMs / 1_000}`,
      "ExecReload=/bin/kill -HUP $MAINPID",
      `TimeoutStopSec=${seconds(limits.serveDrainMs)}`,
    ]
  ) assertStringIncludes(out, `\n${line}\n`);
  for (const words of [["--drain", "2m"], ["--drain", "1s", "--drain=2m"]]) {
    const { out } = await install(["--print", "--", ...words]);
    assertStringIncludes(out, `\nTimeoutStopSec=${seconds(120_000)}\n`);
  }
});

Deno.test("dari service install starts a compiled service without a verb", async () => {
  const { out } = await install([
    "--print",
    "--exec",
    "/opt/my_service",
    "--name",
    "my_service",
  ]);
  assertStringIncludes(out, "ExecStart=/opt/my_service\n");
  assertStringIncludes(out, "StateDirectory=my_service\n");
});

Deno.test("dari service install --socket-activation prints a unit whose sockets systemd opens, and theirs", async () => {
  const activated = ["--print", "--socket-activation", "--name", "adder"];
  const listen = [
    "--",
    "--listen",
    "tls://0.0.0.0:443?client-ca=/etc/a.crt",
    "--listen=unix:/run/a",
  ];
  const service = (await install([...activated, ...listen])).out;
  assertStringIncludes(service, "\nRequires=adder.socket\n");
  assertStringIncludes(
    service,
    'serve --listen "tls://0.0.0.0:443?client-ca=/etc/a.crt&systemd=adder" ' +
      '"--listen=unix:/run/a?systemd=adder"\n',
  );
  const socket = (await install([...activated, "--unit", "socket", ...listen])).out;
  for (
    const line of [
      "ListenStream=0.0.0.0:443",
      "ListenStream=/run/a",
      "FileDescriptorName=adder",
      `Backlog=${limits.listenBacklog}`,
      "SocketMode=0600",
    ]
  ) assertStringIncludes(socket, `\n${line}\n`);
  const { name, unit } = JSON.parse(
    (await install([...activated, "--unit", "socket", "--json"])).out,
  );
  assertEquals(name, "adder.socket");
  assertStringIncludes(unit, "\nListenStream=127.0.0.1:9090\nListenStream=[::1]:9090\n");
  const byDefault = (await install(activated)).out;
  assertStringIncludes(byDefault, 'serve --listen "tls://localhost:9090?systemd=adder"\n');
});

const ACTIVATED = ["--print", "--socket-activation", "--", "--listen"];

for (
  const [words, message] of [
    [[], "Add --print"],
    [["--print", "--unit", "socket"], "--unit socket goes with --socket-activation"],
    [[...ACTIVATED, "tls://box.example.com:443"], "write tls://0.0.0.0:443 --name box.example.com"],
    [[...ACTIVATED, "tls://0.0.0.0:0"], "systemd needs a port"],
    [[...ACTIVATED, "unix:api.sock"], "the path of a socket unit begins with /"],
    [[...ACTIVATED, "tls://0.0.0.0:1?systemd=a"], "leave ?systemd= out, it is added"],
    [[...ACTIVATED, "unix:/a", "--listen", "unix:/b"], "there is more than one unix:PATH"],
    [["--print", "--socket-activation", "--", "--https", "localhost:1"], "there is no --listen"],
    [["--print", "--exec", "dari"], '--exec takes an absolute path, not "dari"'],
    [["--print", "--name", "../x"], "--name takes a name of a-z, 0-9, _ and -, not"],
  ] as const
) {
  Deno.test(`dari service install ${words.join(" ")} is refused`, async () => {
    const { code, err } = await install(words);
    assertEquals(code, 64);
    assertStringIncludes(err, message);
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
    const socket = `${directory.path}/my_service.socket`;
    const activated = [...words, "--socket-activation"];
    await Deno.writeTextFile(unit, (await install(activated)).out);
    await Deno.writeTextFile(socket, (await install([...activated, "--unit", "socket"])).out);
    const args = ["verify", unit, socket];
    const verified = await new Deno.Command("systemd-analyze", { args }).output();
    assertEquals(new TextDecoder().decode(verified.stderr), "");
    assertEquals(verified.success, true);
  },
});
