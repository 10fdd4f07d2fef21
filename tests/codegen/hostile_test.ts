// Documents of strangers: nothing in them becomes code, and no name of theirs is in the client's way.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { generateClient, LANGUAGES } from "../../lib/codegen/generate.ts";
import type { Language } from "../../lib/codegen/text/quote.ts";
import type { Runtime } from "../../lib/codegen/text/runtime.ts";
import goRuntime from "../../lib/codegen/go/runtime.json" with { type: "json" };
import pythonRuntime from "../../lib/codegen/python/runtime.json" with { type: "json" };
import typeScriptRuntime from "../../lib/codegen/typescript/runtime.json" with { type: "json" };
import { clientFolder, run } from "../support/generated_client.ts";
import { goEnvironment, hasGo } from "../support/go.ts";
import { hasPython } from "../support/python.ts";

/** What ends comments, literals and lines in one of the languages, with code behind it. */
const ATTACKS = [
  '"; print("INJECTED"); "',
  '"""\nprint("INJECTED")\n"""',
  "*/ console.log('INJECTED'); /*",
  "\u2028console.log('INJECTED')//",
  "\u2029print('INJECTED')#",
  "\nprint('INJECTED')\n",
  "\rprint('INJECTED')\r",
  "`; console.log(`INJECTED`); `",
  "${console.log('INJECTED')}",
  "\\",
  '\\"',
  "\\u0022; print('INJECTED') #",
  '"]); print("INJECTED"); ([',
  "//go:embed /etc/passwd",
  "+build ignore",
  "-*- coding: utf-7 -*-",
  "@ts-nocheck",
  "__proto__",
  "constructor",
  "\ud800 half",
  "\u202e\u2066 turned",
  "\0\u0007\u009b",
  "주문 생성",
  "😀",
  "",
  "ß",
  "SS",
  "1st",
  "ﬁ",
  "fi",
  "a.b",
  "a_b",
  "aB",
  "A-B",
  "dari:method {}",
];

const KEYWORDS =
  "class def from import in is None True pass lambda match case print object async await delete new " +
  "typeof function var let enum interface static eval arguments undefined func range type map chan " +
  "go select package string int error nil len make";

const runtimes = { go: goRuntime, python: pythonRuntime, typescript: typeScriptRuntime };

/** Every word of a client's own code: each could be a method of somebody's. */
function wordsOf({ lines, imports }: Runtime): string[] {
  const words = [...lines, ...imports].join("\n").match(/[A-Za-z_]\w*/g) ?? [];
  return [...words, ...KEYWORDS.split(" ")];
}

/** A schema that says the text in every place that is written. */
function schemaOf(text: string): Record<string, unknown> {
  return {
    title: text,
    description: text,
    type: "object",
    properties: {
      [text]: { type: "string", format: text, description: text },
      kind: { enum: [text, `${text} `] },
      only: { const: text },
      at: { type: "string", format: "date-time" },
    },
    required: [text],
  };
}

function documentOf(texts: readonly string[]) {
  const unique = [...new Set(texts)];
  return {
    openrpc: "1.4.0",
    info: { title: unique.join(" "), version: unique[0] ?? "" },
    methods: unique.map((text) => ({
      name: text,
      summary: text,
      deprecated: true,
      "x-deprecated": text,
      params: [
        { name: text, description: text, schema: schemaOf(text), required: true },
        { name: `${text} `, schema: { enum: [text, 1, null] } },
      ],
      result: { name: "result", schema: { anyOf: [schemaOf(text), { type: "null" }] } },
      errors: [{ code: -32020, message: text, data: schemaOf(text) }],
    })),
  };
}

/** Texts that a fixed seed gives, so that a failure comes back. */
const texts = fc.sample(fc.string({ unit: "binary", maxLength: 12 }), { seed: 1, numRuns: 60 });
const attacks = documentOf([...ATTACKS, ...texts]);

for (const name of ["attacks", "words of its own"]) {
  const documentFor = (language: Language) =>
    name === "attacks" ? attacks : documentOf(wordsOf(runtimes[language]));
  const namesIn = ({ methods }: { methods: { name: string }[] }) =>
    methods.map(({ name }) => name).sort();

  Deno.test({
    name:
      `a client in Python of hostile ${name} compiles, runs nothing and calls by the right names`,
    ignore: !hasPython,
    async fn() {
      const document = documentFor("python");
      await using client = await clientFolder("python", "hostile.py", document);
      const list = "import hostile, json\n" +
        "found = [json.loads(m.name) for m in vars(hostile).values() if type(m) is hostile._Method]\n" +
        "print(json.dumps(found))";
      const env = { PYTHONPATH: client.path, PYTHONDONTWRITEBYTECODE: "1" };
      const out = await run("python3", ["-W", "error", "-c", list], { env });
      assertEquals(JSON.parse(out).sort(), namesIn(document));
    },
  });

  Deno.test(`a client in TypeScript of hostile ${name} has right types, runs nothing and calls by the right names`, async () => {
    const document = documentFor("typescript");
    await using client = await clientFolder("typescript", "hostile.ts", document);
    await run(Deno.execPath(), ["check", "--quiet", "--no-config", client.file]);
    const list = `import * as hostile from ${JSON.stringify(`file://${client.file}`)};
const fake = { run: (method) => method.name, open: (method) => method.name };
const own = ["connect"];
const found = [];
for (const [name, each] of Object.entries(hostile)) {
  if (own.includes(name) || /^class/.test(String(each))) continue;
  found.push(await each(fake, {}, {}));
}
console.log(JSON.stringify(found));`;
    const program = `${client.path}/list.js`;
    await Deno.writeTextFile(program, list);
    const out = await run(Deno.execPath(), [
      "run",
      "--quiet",
      "--no-check",
      "--no-config",
      program,
    ]);
    assertEquals(JSON.parse(out).sort(), namesIn(document));
  });

  Deno.test({
    name: `a client in Go of hostile ${name} is formatted, and go vet finds nothing`,
    ignore: !hasGo,
    async fn() {
      const document = documentFor("go");
      await using client = await clientFolder("go", "hostile.go", document, "hostile");
      assertEquals(await run("gofmt", ["-d", client.file]), "");
      await run("go", ["vet", client.file], { env: goEnvironment });
    },
  });
}

Deno.test("a client has no control characters of strangers, whatever the document says", async () => {
  for (const language of LANGUAGES) {
    const text = await generateClient(attacks, { language });
    // deno-lint-ignore no-control-regex -- control characters are what it looks for
    const found = /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\p{Bidi_Control}\p{Cs}]/u.exec(text);
    const around = text.slice(Math.max(0, (found?.index ?? 0) - 40), (found?.index ?? 0) + 40);
    assertEquals(found && JSON.stringify(around), null, language);
  }
});
