// Replays the examples of docs/wire.md, byte for byte.

import { assertEquals } from "@std/assert";
import { sampleMethods } from "../../lib/cli/sample/sample_methods.ts";
import { limits } from "../../lib/base/limits.ts";
import { conformanceCases } from "../../lib/conformance/cases.ts";
import { clientCases } from "../../lib/conformance/client_cases.ts";
import { serve } from "../../lib/endpoint/serve.ts";
import { listenMemory } from "../../lib/transport/memory.ts";
import { openTestQueues } from "../support/queues.ts";

const page = await Deno.readTextFile(new URL("../../docs/wire.md", import.meta.url));
const examples = [...page.matchAll(/^```wire\n(.*?)^```$/gms)].map(([, text = ""]) => text);

for (const [index, example] of examples.entries()) {
  const [first = ""] = example.split("\n");
  Deno.test(`example ${index + 1} of docs/wire.md: ${first.slice(0, 80)}`, async () => {
    const memory = listenMemory();
    await using kept = /rpc\.(?:queue|job|topic)\./.test(example)
      ? await openTestQueues({ randomBytes: (length) => new Uint8Array(length).fill(7) })
      : undefined;
    const { queues } = kept ?? {};
    const send_email = { job: {}, handler: () => "sent" };
    const methods = queues === undefined ? sampleMethods : { ...sampleMethods, send_email };
    await using _server = await serve({ listen: memory, methods, queues });
    const connection = await memory.connect();
    let came = "";
    for (const line of example.trimEnd().split("\n")) {
      const text = `${line.slice(2)}\n`;
      if (line.startsWith("> ")) {
        assertEquals(came, "", "more came than the page shows");
        await connection.send(text);
        continue;
      }
      while (!came.includes("\n")) came += await connection.receive();
      assertEquals(came.slice(0, text.length), text);
      came = came.slice(text.length);
    }
    assertEquals(came, "");
    connection.abort();
  });
}

Deno.test("docs/wire.md has an example for each of its central sections", () => {
  for (
    const section of [
      "Messages",
      "Ids",
      "Calls",
      "Streams",
      "Batches",
      "Built-in methods",
      "Queues",
      "Jobs",
      "Topics",
    ]
  ) {
    const start = page.indexOf(`\n## ${section}\n`);
    const end = page.indexOf("\n## ", start + 1);
    assertEquals(page.slice(start, end).includes("```wire"), true, section);
  }
});

/** The rows of the tables of a section, each as the texts of its cells. */
function rowsOf(section: string): string[][] {
  const start = page.indexOf(`\n## ${section}\n`);
  const end = page.indexOf("\n## ", start + 1);
  return page.slice(start, end).split("\n").filter((line) => /^\| (?!-)/.test(line)).map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );
}

const codeIn = (cell: string | undefined) => /^`(.+)`$/.exec(cell ?? "")?.[1] ?? "";

Deno.test("every section that a conformance case names stands in docs/wire.md", () => {
  const sections = new Set([...conformanceCases, ...clientCases].map(({ section }) => section));
  const missing = [...sections].filter((section) => !page.includes(`\n## ${section}\n`));
  assertEquals(missing, []);
});

Deno.test("what docs/wire.md says of bad input has a case in the kit", () => {
  const ids = new Set(conformanceCases.map(({ id }) => id));
  const [, ...rows] = rowsOf("What is ignored and what is refused");
  assertEquals(rows.filter(([, , id]) => !ids.has(codeIn(id))), []);
});

const UNITS: Readonly<Record<string, number>> = {
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
};

Deno.test("the limits of docs/wire.md are those of lib/base/limits", () => {
  const known: Readonly<Record<string, unknown>> = limits;
  const [, ...rows] = rowsOf("Limits");
  for (const [what, name, value = ""] of rows) {
    const [number = "", unit] = value.replaceAll(",", "").split(" ");
    assertEquals(
      known[codeIn(name)],
      Number(number) * (unit === undefined ? 1 : UNITS[unit]!),
      what,
    );
  }
});
