import { assertEquals } from "@std/assert";
import { dari, type Transcript } from "./dari_command.ts";
import { tempDirectory } from "./temp.ts";

/** A data directory with an authority and a leaf, a request beside it, and commands that use them. */
export interface CertDirectory extends AsyncDisposable {
  /** The data directory, with `ca.crt`, `leaf.crt` and `leaf.key`. */
  readonly data: string;
  /** Standard input of every command. */
  readonly input: string;
  /** A path beside the data directory; `r.csr` is a request there. */
  path(name: string): string;
  /** The words of `dari cert LINE`, with `DATA` and `OUT` filled in. */
  words(line: string): string[];
  /** Runs a command that must succeed. */
  run(line: string): Promise<Transcript>;
  /** Every file with its content. */
  snapshot(): string[];
  /** Makes a FIFO; opening it blocks until somebody opens its other end. */
  fifo(path: string): Promise<void>;
}

/** Makes one with `dari cert init`, `issue` and `request`. */
export async function certDirectory(): Promise<CertDirectory> {
  const directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const input = "correct horse\n";
  const words = (line: string) => [
    "cert",
    ...line.split(" ").map((word) => word.replace(/^DATA/, data).replace(/^OUT/, directory.path)),
  ];
  const run = async (line: string) => {
    const transcript = await dari(words(line), { input });
    assertEquals(transcript.code, 0, `${line}: ${transcript.err}`);
    return transcript;
  };
  await run("init --data DATA");
  await run("issue leaf.internal --out DATA/leaf --data DATA");
  await run("request r.internal --out OUT/r");
  return {
    data,
    input,
    words,
    run,
    path: (name) => `${directory.path}/${name}`,
    snapshot: () => filesBelow(directory.path).sort(),
    async fifo(path) {
      await new Deno.Command("mkfifo", { args: [path] }).output();
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

function filesBelow(directory: string): string[] {
  return Array.from(Deno.readDirSync(directory)).flatMap(({ name, isDirectory, isFile }) => {
    const path = `${directory}/${name}`;
    if (isDirectory) return [path, ...filesBelow(path)];
    return `${path} ${isFile ? Deno.readTextFileSync(path) : "no file"}`;
  });
}
