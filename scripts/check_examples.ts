/**
 * Checks that every public function and class has an `@example`. Public is what an entry of
 * deno.json's `exports` exports; `deno test --doc` runs the examples.
 *
 * @module
 */

interface Declaration {
  kind: string;
  location: { filename: string; line: number };
  jsDoc?: { tags?: { kind: string }[] };
}

/** The output of `deno doc --json`, as far as it is read here. */
export interface DocOutput {
  /** What each entry exports. */
  nodes: Record<string, { symbols: { name: string; declarations: Declaration[] }[] }>;
}

/** What one run found. */
export interface Examples {
  /** How many public functions and classes there are. */
  readonly total: number;
  /** Where those without an example are declared, each once, sorted. */
  readonly missing: readonly string[];
}

/**
 * Finds the public functions and classes without an example. One of several overloads is enough.
 *
 * @param doc The parsed output of `deno doc --json` for all entries.
 * @param root The project's root, without a slash at its end.
 * @returns How many there are, and which have none.
 */
export function findExamples(doc: DocOutput, root: string): Examples {
  const hasExample = new Map<string, boolean>();
  for (const { symbols } of Object.values(doc.nodes)) {
    for (const { name, declarations } of symbols) {
      const known = declarations.filter(({ kind }) => kind === "function" || kind === "class");
      const [first] = known;
      if (first === undefined) continue;
      const file = first.location.filename.replace(`file://${root}/`, "");
      const tags = known.flatMap(({ jsDoc }) => jsDoc?.tags ?? []);
      hasExample.set(`${file}: ${name}`, tags.some(({ kind }) => kind === "example"));
    }
  }
  const missing = [...hasExample].filter(([, has]) => !has).map(([place]) => place).sort();
  return { total: hasExample.size, missing };
}

if (import.meta.main) {
  const { exports } = JSON.parse(await Deno.readTextFile("deno.json"));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...Object.values<string>(exports)],
  }).output();
  if (!success) throw new Error(`deno doc: ${new TextDecoder().decode(stderr)}`);
  const doc: DocOutput = JSON.parse(new TextDecoder().decode(stdout));
  const { total, missing } = findExamples(doc, Deno.cwd());
  for (const place of missing) console.error(`${place} has no @example`);
  if (missing.length > 0) {
    console.error(`${missing.length} of ${total} public functions and classes have no @example`);
    Deno.exit(1);
  }
  console.log(`${total} public functions and classes have an @example`);
}
