import { assertEquals } from "@std/assert";
import { SharedMemory } from "../../lib/ipc/mod.ts";
import { serve } from "../../lib/endpoint/serve.ts";
import { sampleMethods } from "../../lib/cli/sample/sample_methods.ts";
import { hasPython } from "../support/python.ts";
import { tempDirectory } from "../support/temp.ts";

/** The first Python block of a file of this project. */
async function pythonIn(path: string): Promise<string> {
  const text = await Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
  const [, indent = "", code = ""] = /^([ *]*)```python\n(.*?)^\1```$/ms.exec(text) ?? [];
  return code.split("\n").map((line) => line.slice(indent.length)).join("\n");
}

async function runPython(code: string, cwd: string): Promise<string> {
  const { stdout, stderr } = await new Deno.Command("python3", { args: ["-c", code], cwd })
    .output();
  const decoder = new TextDecoder();
  assertEquals(decoder.decode(stderr), "");
  return decoder.decode(stdout).trimEnd();
}

Deno.test({
  name: "the Python client in README.md calls a server",
  ignore: !hasPython,
  async fn() {
    const snippet = await pythonIn("README.md");
    await using directory = await tempDirectory();
    const data = `${directory.path}/.dari`;
    await using server = await serve({ listen: "tls://localhost:0", methods: sampleMethods, data });
    const [, port = ""] = /:(\d+)$/.exec(server.addresses[0] ?? "") ?? [];
    assertEquals(snippet.split("9090").length, 2);
    assertEquals(await runPython(snippet.replace("9090", port), directory.path), "30");
  },
});

Deno.test({
  name: "the Python program beside SharedMemory reads and writes a name, which stays when it ends",
  ignore: !hasPython || Deno.build.os !== "linux",
  async fn() {
    const snippet = await pythonIn("lib/ipc/shared_memory/shared_memory.ts");
    assertEquals(snippet.split("dari_demo").length, 2);
    const name = `dari_test_${crypto.randomUUID()}`;
    using memory = SharedMemory.create(name, 1_024);
    try {
      memory.write({ from: "dari" });
      const code = `${snippet.replace("dari_demo", name)}
print(json.dumps(json.loads(read())))
write(json.dumps({"from": "Python"}).encode())
close()`;
      assertEquals(await runPython(code, "."), '{"from": "dari"}');
      assertEquals(await memory.read(), { from: "Python" });
      using again = SharedMemory.open(name);
      assertEquals(await again.read(), { from: "Python" });
    } finally {
      memory.unlink();
    }
  },
});
