import { assertEquals } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";

const module = new URL("../../../lib/base/file/descriptor_limit.ts", import.meta.url).href;
const program = `import { descriptorLimit } from "${module}"; console.log(descriptorLimit());`;

/** What a child prints whose limit of open files is 321. */
async function limitOfChild(...permissions: string[]): Promise<string> {
  const script = `ulimit -n 321; exec "$0" run --quiet --no-check ${permissions.join(" ")} -`;
  const child = new Deno.Command("sh", {
    args: ["-c", script, Deno.execPath()],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(program));
  await input.close();
  const { stdout } = await deadline(child.output(), 30_000);
  return new TextDecoder().decode(stdout).trim();
}

Deno.test({
  name: "descriptorLimit() is the limit of open files, and unknown without the permission to ask",
  ignore: Deno.build.os === "windows",
  async fn() {
    assertEquals(await limitOfChild("--allow-ffi"), "321");
    assertEquals(await limitOfChild("--no-prompt"), "undefined");
  },
});
