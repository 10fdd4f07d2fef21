import { assertEquals } from "@std/assert";
import { dari, type Transcript, type World } from "./dari_command.ts";
import { tempDirectory } from "./temp.ts";

/** Runs `dari cert VERB WORDS...`. */
export function cert(verb: string, words: readonly string[], world?: World): Promise<Transcript> {
  return dari(["cert", verb, ...words], world);
}

/** A data directory with an authority, and a way to run commands on it. */
export async function certWorkshop(...init: string[]) {
  const directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const run = (verb: string, ...words: string[]) => cert(verb, [...words, "--data", data]);
  assertEquals((await run("init", ...init)).code, 0);
  return {
    data,
    run,
    path: (name: string) => `${directory.path}/${name}`,
    directory: directory.path,
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}
