import {
  type Block,
  blocksOf,
  ExpectedOutput,
  fileOf,
  printedBy,
  type Step,
  stepsOf,
} from "./page.ts";
import { denoDirectory, programsFor, root } from "./page_programs.ts";
import { tempDirectory } from "./temp.ts";

/** A command that hangs fails its test; `dari compile` takes half a minute where ten others compute. */
const COMMAND_TIMEOUT_MS = 120_000;
/** Ports that pages name; each gets a free one of this machine. */
const PORT = /\b(?:90[89]\d|9443|8443)\b/g;
/** The address of the other machine on pages about several. */
const OTHER_MACHINE = "10.0.0.5";

/** One page, worked through from top to bottom in a directory of its own. */
export class PageSession implements AsyncDisposable {
  readonly #path: string;
  readonly #directory: string;
  readonly #ports = new Map<string, string>();
  /** The words that the page shortened, and what they were. */
  readonly #words = new Map<string, string>();
  /** Started by blocks with the word `server`; stopped by disposing. */
  readonly #servers: Deno.ChildProcess[] = [];
  /** What the page says wrongly; told at its end, so that one run tells all. */
  readonly #wrong: string[] = [];

  private constructor(path: string, directory: string) {
    this.#path = path;
    this.#directory = directory;
  }

  /**
   * Runs every block of a page, but those with the word `ignore`; given a word, those with that word.
   */
  static async run(path: string, word?: string): Promise<void> {
    await using directory = await tempDirectory();
    const work = `${directory.path}/work`;
    await Deno.mkdir(work);
    await programsFor(directory.path, work);
    await using session = new PageSession(path, directory.path);
    for (const block of blocksOf(await Deno.readTextFile(`${root}${path}`))) {
      const isWanted = word === undefined
        ? !block.words.includes("ignore")
        : block.words.includes(word);
      if (isWanted && hasPrograms(block)) await session.#runBlock(block);
    }
    if (session.#wrong.length > 0) throw new Error(session.#wrong.join("\n\n"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers.toReversed()) {
      try {
        // In order it would wait for calls of clients that are killed as well.
        server.kill("SIGKILL");
      } catch {
        // It ended by itself.
      }
      await server.status;
    }
  }

  async #runBlock(block: Block): Promise<void> {
    const file = fileOf(block);
    if (file !== undefined) return await this.#write(file, block.text);
    switch (block.language) {
      case "ts":
      case "js":
      case "python": {
        const runner = block.language === "python" ? "python3" : "deno run";
        const name = `block_${block.line}.${block.language === "python" ? "py" : block.language}`;
        await this.#write(name, block.text);
        const command = `${runner} ${name}`;
        return await this.#runStep(
          { machine: "", command, expected: printedBy(block.text) },
          block,
        );
      }
      case "sh":
        return await this.#runStep({ machine: "", command: block.text, expected: ["…"] }, block);
      case "console":
        for (const step of stepsOf(block)) await this.#runStep(step, block);
    }
  }

  async #write(file: string, text: string): Promise<void> {
    const path = `${this.#directory}/work/${file}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(path, this.#localized(text));
  }

  /** A text of the page with the ports, words and addresses of this run. */
  #localized(text: string): string {
    let local = text.replaceAll(OTHER_MACHINE, "127.0.0.1")
      .replace(PORT, (port) => {
        const known = this.#ports.get(port) ?? freePort();
        this.#ports.set(port, known);
        return known;
      });
    for (const [short, word] of this.#words) local = local.replaceAll(short, word);
    return local;
  }

  async #runStep(step: Step, block: Block): Promise<void> {
    const isServer = block.words.includes("server");
    const where = `${this.#path}:${block.line}: ${step.command}`;
    const expected = new ExpectedOutput(
      step.expected.map((line) => this.#localized(line)),
      isServer,
    );
    const child = this.#spawn(step);
    if (isServer) this.#servers.push(child);
    const pending = setTimeout(() => child.kill("SIGKILL"), COMMAND_TIMEOUT_MS);
    const isDone = (output: string) => isServer && expected.match(output) !== undefined;
    const output = await readUntil(child.stdout, isDone);
    clearTimeout(pending);
    const words = expected.match(output);
    const shown = `${where}\n${output}`;
    if (words === undefined) return void this.#wrong.push(`it prints something else: ${shown}`);
    for (const [short, word] of words) this.#words.set(short, word);
    if (isServer) return;
    const { code } = await child.status;
    const fails = /^(?:dari: |denied: |error: |\{"error")/m.test(step.expected.join("\n"));
    if (code !== 0 !== fails) this.#wrong.push(`it ends with ${code}: ${shown}`);
  }

  #spawn({ machine, command }: Step): Deno.ChildProcess {
    const home = `${this.#directory}/home${machine}`;
    const script = `exec 2>&1\n${this.#localized(withAddress(command))}`;
    return new Deno.Command("bash", {
      // A server takes the place of the shell, so that it gets the signal.
      args: ["-c", script.replace(/^(exec 2>&1\n)(dari serve|deno |npx |\.\/)/, "$1exec $2")],
      cwd: `${this.#directory}/work`,
      env: {
        HOME: home,
        XDG_CONFIG_HOME: `${home}/.config`,
        NO_COLOR: "1",
        LC_ALL: "C.UTF-8",
        DENO_DIR: denoDirectory,
        PATH: `${this.#directory}/bin:${Deno.env.get("PATH")}`,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  }
}

/** Gives the text once it is enough, or ended; the rest is read as well, so that nothing blocks. */
function readUntil(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  isEnough: (text: string) => boolean,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const read = async () => {
      let all = "";
      for await (const text of stream.pipeThrough(new TextDecoderStream())) {
        all += text;
        if (all.endsWith("\n") && isEnough(all)) resolve(all);
      }
      resolve(all);
    };
    read().catch(reject);
  });
}

/** The address on which `dari serve` listens by default, said so that it can be another one. */
function withAddress(command: string): string {
  const isServe = /^(?:dari serve|(?:npx -y deno@\S+|deno) task (?:run|dari serve))\b/.test(
    command,
  );
  if (!isServe || command.includes("--listen")) return command;
  return `${command.replace(/\s+#.*$/, "")} --listen tls://localhost:9090`;
}

/** Whether the programs are installed that a block names: `needs=nginx`. */
function hasPrograms({ words }: Block): boolean {
  const needed = words.flatMap((word) => word.startsWith("needs=") ? word.slice(6).split(",") : []);
  return needed.every((program) => {
    const { success } = new Deno.Command("which", { args: [program] }).outputSync();
    if (!success) console.log(`no ${program}: what a page does with it is not run`);
    return success;
  });
}

function freePort(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return String(listener.addr.port);
}
