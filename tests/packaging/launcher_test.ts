import { SOCKET_FLAG } from "../support/socket_activation.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type LauncherFacts, launcherText } from "../../lib/packaging/launcher.ts";

const BLOCK_BYTES = 4_096;
const facts: LauncherFacts = {
  title: "a program: 다리",
  id: "0123456789abcdef",
  files: [{ name: "cli.js", offset: 0, length: 10, hash: "a".repeat(64) }],
  runtime: { name: "deno", offset: 10, length: 20, hash: "b".repeat(64) },
  words: [],
  permissions: [],
};

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

Deno.test("launcherText() fills whole blocks, and says where the files begin behind it", () => {
  for (const count of [1, 2, 40]) {
    const files = Array.from(
      { length: count },
      (_, at) => ({ ...facts.files[0]!, offset: at * 10 }),
    );
    const text = launcherText({ ...facts, files });
    assertEquals(bytesOf(text) % BLOCK_BYTES, 0);
    assertStringIncludes(text, `Deno.openSync(from), start = ${bytesOf(text)};`);
    assertMatch(text, /^#!\/bin\/sh\n# a program: 다리\n/);
    assertMatch(text, /\n#*\n$/);
  }
});

Deno.test("launcherText() gives single commands of dari more permissions, and a service its own", () => {
  const dari = launcherText(facts);
  assertMatch(dari, /^ {2}compile\) set -- '--allow-run' "\$dir\/cli\.js" "\$@" ;;$/m);
  assertMatch(dari, /^ {2}\*\) set -- "\$dir\/cli\.js" "\$@" ;;$/m);
  const service = launcherText({
    ...facts,
    words: ["serve", '"$dir/service/main.ts"'],
    permissions: ["--allow-run=it's"],
  });
  assertStringIncludes(
    service,
    `set -- '--allow-run=it'\\''s' "$dir/cli.js" serve "$dir/service/main.ts" "$@"`,
  );
  assert(!service.includes("compile)"));
});

Deno.test("launcherText() lets the program tell systemd of itself where systemd waits for that", async () => {
  const line = /^notify=.*$/m.exec(launcherText(facts))?.[0] ?? "";
  const flags = async (env: Record<string, string>) => {
    const args = ["-c", `${line}; echo $notify`];
    const { stdout } = await new Deno.Command("sh", { args, env, clearEnv: true }).output();
    return new TextDecoder().decode(stdout).trim();
  };
  const flag = "--unstable-net --allow-env=NOTIFY_SOCKET,WATCHDOG_USEC,WATCHDOG_PID";
  assertEquals(await flags({ NOTIFY_SOCKET: "/run/systemd/notify" }), flag);
  assertEquals(await flags({}), "");
});

Deno.test("launcherText() lets the program read of sockets where systemd hands some over", async () => {
  const line = /^sockets=.*$/m.exec(launcherText(facts))?.[0] ?? "";
  const flags = async (env: Record<string, string>) => {
    const args = ["-c", `${line}; echo $sockets`];
    const { stdout } = await new Deno.Command("sh", { args, env, clearEnv: true }).output();
    return new TextDecoder().decode(stdout).trim();
  };
  assertEquals(await flags({ LISTEN_FDS: "1" }), SOCKET_FLAG);
  assertEquals(await flags({}), "");
});

Deno.test({
  name: "launcherText() is a script that a POSIX shell can read",
  ignore: Deno.build.os === "windows",
  async fn() {
    const child = new Deno.Command("sh", { args: ["-n"], stdin: "piped", stderr: "piped" }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(launcherText(facts)));
    await writer.close();
    const { success, stderr } = await child.output();
    assertEquals([success, new TextDecoder().decode(stderr)], [true, ""]);
  },
});
