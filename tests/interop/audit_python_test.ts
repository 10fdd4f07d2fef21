import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dari, startDari } from "../support/dari_command.ts";
import { tempDirectory } from "../support/temp.ts";

const SCRIPT = new URL("../strangers/verify_audit.py", import.meta.url).pathname;

async function python(...words: string[]) {
  const { code, stdout } = await new Deno.Command("python3", { args: [SCRIPT, ...words] }).output();
  return { code, out: new TextDecoder().decode(stdout) };
}

Deno.test("a Python script of the standard library verifies exports and proofs by docs/audit.md", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const run = (...words: string[]) => dari([...words, "--data", data]);
  {
    await using server = startDari(["serve", "--data", data, "--listen", "tls://localhost:0"]);
    await server.waitFor("ready");
    await run("user", "add", "alice", "--no-password");
    await server.stop();
  }
  const [exported, proof] = [`${directory.path}/audit.jsonl`, `${directory.path}/proof.json`];
  await run("audit", "export", "--out", exported);
  await run("audit", "prove", "2", "--out", proof);
  const right = await python(`${data}/ca.crt`, exported, proof);
  assertEquals(right.code, 0, right.out);
  assertStringIncludes(right.out, "proved");
  const text = await Deno.readTextFile(exported);
  const size = JSON.parse(text.trimEnd().split("\n").at(-1)!).end;
  assertStringIncludes(right.out, `${size} records, signed up to ${size}`);
  const changes: [string, string][] = [
    [text.replace('"alice"', '"mallo"'), "was changed"],
    [text.split("\n").toSpliced(8, 1).join("\n"), "missing"],
    [text.replace(/"size":\d+/, '"size":1'), "signature"],
  ];
  for (const [changed, problem] of changes) {
    await Deno.writeTextFile(exported, changed);
    const wrong = await python(`${data}/ca.crt`, exported);
    assert(wrong.code === 1 && wrong.out.includes(problem), wrong.out);
  }
  await Deno.writeTextFile(
    proof,
    (await Deno.readTextFile(proof)).replace("authority", "authoritx"),
  );
  assertEquals((await python(`${data}/ca.crt`, proof)).code, 1);
});
