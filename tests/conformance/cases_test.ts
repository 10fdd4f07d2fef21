import { assert, assertEquals } from "@std/assert";
import { LEVELS } from "../../lib/conformance/case.ts";
import { conformanceCases } from "../../lib/conformance/cases.ts";

Deno.test("every case has an id of its own, a level, a section, a sentence and steps", () => {
  const ids = new Set(conformanceCases.map(({ id }) => id));
  assertEquals(ids.size, conformanceCases.length);
  for (const { id, level, section, title, steps } of conformanceCases) {
    assert(id.startsWith(`${level}.`), id);
    assert(LEVELS.includes(level), id);
    assert(section !== "" && /^.+ .+[^.]$/.test(title), `${id}: ${title}`);
    assert(steps.length > 1, id);
    assert(steps.some((step) => Object.keys(step)[0]?.startsWith("want")), id);
  }
});

Deno.test("every file of cases/ is part of the kit", async () => {
  let cases = 0;
  const folder = new URL("../../lib/conformance/cases/", import.meta.url);
  for await (const { name } of Deno.readDir(folder)) {
    cases += JSON.parse(await Deno.readTextFile(new URL(name, folder))).length;
  }
  assertEquals(conformanceCases.length, cases);
});
