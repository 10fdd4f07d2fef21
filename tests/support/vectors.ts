/** Published vectors, read from where they are kept beside the checkout. */

const directory = new URL("../../../shared/vectors/", import.meta.url);

/**
 * Registers a test over a file of published vectors; where the file is absent, the test is ignored
 * and says so.
 */
export function testVectors<T>(
  sentence: string,
  file: string,
  run: (vectors: T) => void | Promise<void>,
): void {
  let text: string | undefined;
  try {
    text = Deno.readTextFileSync(new URL(file, directory));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log(`no vectors ${file}: "${sentence}" is not run`);
  }
  Deno.test({
    name: sentence,
    ignore: text === undefined,
    fn: async () => await run(JSON.parse(text ?? "null")),
  });
}

/** A file of Wycheproof. */
export interface Wycheproof<Group, Case> {
  readonly testGroups: readonly (Group & { readonly tests: readonly (Case & WycheproofCase)[] })[];
}

/** What every case of Wycheproof has. */
export interface WycheproofCase {
  readonly tcId: number;
  readonly comment: string;
  readonly result: "valid" | "invalid" | "acceptable";
}
