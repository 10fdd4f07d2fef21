import { assertEquals, assertStringIncludes } from "@std/assert";
import { deadline } from "../../lib/base/abort.ts";
import { world } from "../support/mutual_tls.ts";
import { tempDirectory } from "../support/temp.ts";

const root = new URL("../../", import.meta.url);

/** What a program says that serves with these options and may use these addresses alone. */
async function serveWith(allowNet: string, options: string): Promise<string> {
  await using directory = await tempDirectory();
  const { server: { cert, key }, authority } = await world();
  const shown = JSON.stringify({ tls: { cert, key }, clientCa: authority.pem });
  const program = `
    import { serve } from "${new URL("mod.ts", root).href}";
    try {
      const { tls, clientCa } = ${shown};
      await using server = await serve({ methods: {}, tls, data: "${directory.path}", ${options} });
      console.log("serves");
    } catch (error) {
      console.log(error.code, error.message);
    }`;
  await Deno.writeTextFile(`${directory.path}/program.ts`, program);
  const flags = ["--quiet", "--no-check", "--no-prompt", "--allow-read", "--allow-write"];
  const config = `--config=${new URL("deno.json", root).pathname}`;
  const args = ["run", ...flags, config, `--allow-net=${allowNet}`, `${directory.path}/program.ts`];
  const command = new Deno.Command(Deno.execPath(), { args, stderr: "inherit" });
  return new TextDecoder().decode((await deadline(command.output(), 30_000)).stdout).trim();
}

Deno.test("serve({ clientCa }) says which addresses its trial needs where it may use its own alone", async () => {
  const options = `listen: "tls://localhost:0", clientCa`;
  const said = await serveWith("localhost:0", options);
  assertStringIncludes(said, "configuration A server with client certificates tries");
  assertStringIncludes(said, "add 127.0.0.1,localhost (every port) to --allow-net");
  assertEquals(await serveWith("localhost,127.0.0.1", options), "serves");
});

Deno.test("serve({ tlsMin }) says which permission is missing for the address of a name", async () => {
  const options = `listen: "tls://localhost:0", tlsMin: "1.3"`;
  const said = await serveWith("localhost:0", options);
  assertStringIncludes(said, "configuration Listening on localhost:0 needs");
  assertStringIncludes(said, ":0 to --allow-net");
  assertEquals(await serveWith("localhost:0,127.0.0.1:0,[::1]:0", options), "serves");
});
