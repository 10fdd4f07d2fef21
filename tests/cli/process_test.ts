import { assertEquals, assertMatch } from "@std/assert";
import { tempDirectory } from "../support/temp.ts";

const root = new URL("../../", import.meta.url).pathname;

/** The real program, with the permissions of `deno task dari`. */
function program(...words: string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-net",
      "--allow-read",
      "--allow-write",
      "--allow-env=DARI_DATA,NO_COLOR",
      `${root}cli.ts`,
      ...words,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function run(...words: string[]) {
  const { code, stdout, stderr } = await program(...words).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout).trimEnd(), err: decoder.decode(stderr).trimEnd() };
}

Deno.test("the program serves, is called, and ends in order when it is told to", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  await using server = program("serve", "--data", data, "--listen", "tls://127.0.0.1:0").spawn();
  let out = "";
  const reading = (async () => {
    for await (const text of server.stdout.pipeThrough(new TextDecoderStream())) {
      out += text;
      if (/^ready$/m.test(out)) break;
    }
  })();
  await reading;
  const tls = /listening on (tls:\S+)/.exec(out)?.[1] ?? "";
  const words = ["call", "add", "a=10", "b=20", "--to", tls, "--ca", `${data}/ca.crt`];
  assertEquals(await run(...words), { code: 0, out: "30", err: "" });
  assertEquals((await run("call", "add", "a=1", "--data", data)).code, 65);
  server.kill("SIGTERM");
  assertEquals((await server.status).code, 0);
  await server.stderr.cancel();
  assertEquals((await run("call", "add", "--data", data)).code, 69);
});

Deno.test("the program's exit code and error line are those of the command", async () => {
  const { code, out, err } = await run("frob");
  assertEquals([code, out], [64, ""]);
  assertMatch(err, /^dari: There is no command "frob"; see dari --help$/);
});
