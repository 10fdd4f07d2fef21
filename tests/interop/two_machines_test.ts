// Runs what README.md says about two machines on two machines: namespaces with a network of their own.

import { assertEquals, assertMatch } from "@std/assert";
import { deadline } from "../../lib/base/abort.ts";
import { permissions } from "../../lib/packaging/permissions.ts";
import { type NamespacedMachine, twoMachines } from "../support/network_namespaces.ts";

const root = new URL("../../", import.meta.url).pathname;
const section = /^## Two machines\n(.*?)^## /ms.exec(
  await Deno.readTextFile(`${root}README.md`),
)![1]!;
/** What stands for a fingerprint on the page. */
const SHORT = "3fa40c…";

/** The commands of the page, and what it says that each prints. */
const steps = [...section.matchAll(/^```console\n(.*?)^```$/gms)]
  .flatMap(([, block = ""]) => block.split(/^(?=\w*\$ )/m))
  .map((step) => /^(\w*)\$ deno task dari (.*)\n([^]*)$/.exec(step))
  .flatMap((step) => step === null ? [] : [{ on: step[1]!, words: step[2]!, prints: step[3]! }]);

function dari(on: NamespacedMachine, words: readonly string[], options?: Deno.CommandOptions) {
  const flags = ["--quiet", "--no-check", "--cached-only", `--config=${root}deno.json`];
  const args = ["run", ...flags, ...permissions, `${root}cli.ts`, ...words];
  return on.command(Deno.execPath(), args, options);
}

/** Runs a command to its end. */
async function run(on: NamespacedMachine, words: readonly string[], input = ""): Promise<string> {
  const child = dari(on, words, { stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { stdout, stderr } = await deadline(child.output(), 60_000);
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

/** Starts a program, and waits until its output has a text. */
async function start(command: Deno.Command, until: string) {
  const child = command.spawn();
  let out = "";
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  while (!out.includes(until)) {
    const { value, done } = await deadline(reader.read(), 60_000);
    if (done) throw new Error(`The server ended: ${out}`);
    out += value;
  }
  return {
    out,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await reader.cancel();
      await child.status;
    },
  };
}

/** What the page says, with a pattern in the place of all that it leaves out. */
function pattern(prints: string, fingerprint: string): RegExp {
  const text = prints.trimEnd().replaceAll(SHORT, `${fingerprint}…`)
    .replace(new RegExp(`^fingerprint ${fingerprint}…`, "m"), `fingerprint ${fingerprint}`);
  return new RegExp(`^${text.split("…").map((part) => RegExp.escape(part)).join("[^]*")}`);
}

const piped = { stdout: "piped", stderr: "inherit" } as const;

Deno.test("README.md: the first call from a second machine, from its own lines", async () => {
  await using machines = await twoMachines();
  if (machines === undefined) return console.log("skipped: no network namespaces here");
  const { box, laptop } = machines;
  const [serve, ...others] = steps;
  assertEquals([serve?.on, others.length], ["box", 5]);
  await using server = await start(
    dari(box, serve!.words.split(" "), piped),
    "From another machine:\n",
  );
  const [, fingerprint = ""] = /^fingerprint ([0-9a-f]{64})$/m.exec(server.out) ?? [];
  assertMatch(server.out.replace(", fd00::5", ""), pattern(serve!.prints, fingerprint));
  let printed = "";
  for (const { on, words, prints } of others) {
    const typed = words.replace(SHORT, fingerprint).split(" ");
    // There is no terminal to paste into.
    const [more, input] = words === "accept"
      ? [["--token-stdin"], printed.split("\n").at(-2)]
      : [[]];
    printed = await run(on === "box" ? box : laptop, [...typed, ...more], input);
    assertMatch(printed, pattern(prints, fingerprint), words);
  }
  // By name, and what counts for one name counts for no other.
  assertMatch(await run(laptop, ["call", "add", "a=1", "b=2", "--to", "box:9090"]), /not trusted/);
  await run(laptop, ["trust", "box:9090", "--fingerprint", fingerprint]);
  assertEquals(await run(laptop, ["call", "add", "a=1", "b=2", "--to", "box:9090"]), "3\n");
});

Deno.test("a second machine calls by IPv6, and a machine calls itself by both addresses of localhost", async () => {
  await using machines = await twoMachines();
  if (machines === undefined) return console.log("skipped: no network namespaces here");
  const { box, laptop } = machines;
  const places = ["--listen", "tls://[::]:9090", "--listen", "tls://localhost:9091"];
  await using server = await start(
    dari(box, ["serve", ...places], piped),
    "From another machine:\n",
  );
  assertMatch(
    server.out,
    /^certificate for localhost, 127\.0\.0\.1, ::1, box, box\.local, 10\.0\.0\.5, fd00::5$/m,
  );
  const [, fingerprint = ""] = /^fingerprint ([0-9a-f]{64})$/m.exec(server.out) ?? [];
  await run(laptop, ["trust", "[fd00::5]:9090", "--fingerprint", fingerprint]);
  const add = ["call", "add", "a=1", "b=2", "--to"];
  assertEquals(await run(laptop, [...add, "[fd00::5]:9090"]), "3\n");
  for (const host of ["127.0.0.1", "[::1]", "localhost"]) {
    assertEquals(await run(box, [...add, `${host}:9091`, "--ca", ".dari/ca.crt"]), "3\n", host);
  }
});

Deno.test("README.md: two programs on two machines", async () => {
  await using machines = await twoMachines();
  if (machines === undefined) return console.log("skipped: no network namespaces here");
  const { box, laptop } = machines;
  const [serving = "", calling = ""] = [...section.matchAll(/^```ts ignore\n(.*?)^```$/gms)]
    .map(([, code = ""]) => code);
  const flags = ["run", "--quiet", "--no-check", "--cached-only", ...permissions]
    .concat(`--config=${root}deno.json`);
  await Deno.writeTextFile(`${box.directory}/box.ts`, `${serving}console.log("ready");`);
  const program = box.command(Deno.execPath(), [...flags, "box.ts"], piped);
  await using _server = await start(program, "ready");
  const inspected = await run(box, ["cert", "inspect", ".dari/ca.crt"]);
  const [, fingerprint = ""] = /^key sha256 ([0-9a-f]{64})$/m.exec(inspected) ?? [];
  await Deno.writeTextFile(`${laptop.directory}/laptop.ts`, calling.replace(SHORT, fingerprint));
  const { stdout, stderr } = await deadline(
    laptop.command(Deno.execPath(), [...flags, "laptop.ts"], { stderr: "piped" }).output(),
    60_000,
  );
  assertEquals(
    [new TextDecoder().decode(stdout), new TextDecoder().decode(stderr)],
    ["30\n", ""],
  );
});
