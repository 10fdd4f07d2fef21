import { assert } from "@std/assert";
import { tempDirectory } from "../support/temp.ts";

/** A program of a user, whose imports have no types of packages that are dari's own affair. */
const program = `import { encodePkcs12, makeSelfSigned } from "@dari/dari/cert";
const { certificate, privateKey } = await makeSelfSigned("a.internal");
const file: Uint8Array = await encodePkcs12([certificate], privateKey, "correct horse");
console.log(file.length);
`;

Deno.test("a program that imports @dari/dari/cert type-checks without the types of node-forge", async () => {
  await using directory = await tempDirectory();
  const root = new URL("../../", import.meta.url);
  const ours = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const imports = Object.entries<string>(ours.imports)
    .filter(([name]) => !name.startsWith("@types/") && !name.startsWith("npm:"));
  const links = (ours.links ?? []).map((path: string) => new URL(path, root).pathname);
  const config = {
    links,
    imports: {
      ...Object.fromEntries(imports),
      "@dari/dari/cert": new URL(ours.exports["./cert"], root).href,
    },
  };
  await Deno.writeTextFile(`${directory.path}/deno.json`, JSON.stringify(config));
  await Deno.writeTextFile(`${directory.path}/main.ts`, program);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", "--cached-only", "main.ts"],
    cwd: directory.path,
    env: { NO_COLOR: "1" },
  }).output();
  assert(success, new TextDecoder().decode(stderr));
});
