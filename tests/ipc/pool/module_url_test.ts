import { assertEquals, assertThrows } from "@std/assert";
import { moduleUrlOf } from "../../../lib/ipc/pool/module_url.ts";

const resolve = (module: URL | string) => moduleUrlOf(module, () => "/home/ann/50% #1?\\");

Deno.test("a URL is taken as it is", () => {
  for (const url of ["file:///a.ts", "data:text/javascript,1", "https://example.com/a.ts"]) {
    assertEquals(resolve(url), url);
    assertEquals(resolve(new URL(url)), url);
  }
  for (const url of ["npm:blur@1", "jsr:@ann/blur", "blob:null/1"]) assertEquals(resolve(url), url);
});

Deno.test("a path counts from the working directory, whatever is in its name", () => {
  const here = "file:///home/ann/50%25%20%231%3F%5C";
  for (
    const [path, expected] of [
      ["./blur.ts", `${here}/blur.ts`],
      ["./a/../b c.ts", `${here}/b%20c.ts`],
      ["../blur.ts", "file:///home/ann/blur.ts"],
      ["/opt/blur#.ts", "file:///opt/blur%23.ts"],
    ] as const
  ) {
    assertEquals(resolve(path), expected);
  }
  assertEquals(moduleUrlOf("./blur.ts"), new URL(`file://${Deno.cwd()}/blur.ts`).href);
});

Deno.test("a name that is neither a URL nor a path is refused, with what to give instead", () => {
  for (const name of ["blur.ts", "blur", "@ann/blur", "", "C:\\blur.ts", ".blur.ts"]) {
    assertThrows(() => resolve(name), TypeError, "import.meta.url");
  }
});
