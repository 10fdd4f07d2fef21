/**
 * `deno task bench clients`: generated clients in Python and Go beside loops written by hand, against
 * one dari server on a Unix socket.
 *
 * @module
 */

import { generateClient } from "../../../lib/codegen/generate.ts";
import { layOut } from "../report.ts";
import { median } from "../statistics.ts";

/** What a language's client does. */
export interface ClientFigures {
  /** What was measured. */
  readonly name: string;
  /** Calls a second of the loop by hand. */
  readonly byHand: number;
  /** Calls a second of the generated client. */
  readonly generated: number;
  /** The median, over the rounds, of the second by the first. */
  readonly ratio: number;
}

/** What is called; it checks nothing, since the callers are measured. */
const SERVER = `import { method, serve } from ${
  JSON.stringify(new URL("../../../mod.ts", import.meta.url).href)
};
const methods = {
  add: method({
    public: true,
    handler: ({ a, b }) => a + b,
  }),
};
await serve({ listen: "unix:" + Deno.args[0], methods });
console.log("ready");
`;

const number = { type: "number" } as const;
const document = {
  openrpc: "1.4.0",
  info: { title: "bench", version: "1" },
  methods: [{
    name: "add",
    params: ["a", "b"].map((name) => ({ name, schema: number, required: true })),
    result: { name: "result", schema: number },
  }],
};

/**
 * Measures the clients whose languages are installed.
 *
 * @param rounds Rounds of each.
 * @param seconds About how long a round is.
 */
export async function runClientsBench(rounds: number, seconds: number): Promise<ClientFigures[]> {
  const directory = await Deno.makeTempDir();
  const socket = `${directory}/bench.sock`;
  await Deno.writeTextFile(`${directory}/server.ts`, SERVER);
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const args = ["run", "--quiet", "--allow-all", `--config=${config}`, `${directory}/server.ts`];
  await using server = new Deno.Command(Deno.execPath(), {
    args: [...args, socket],
    stdout: "piped",
  }).spawn();
  try {
    for await (const _ of server.stdout) break; // it is ready
    const figures: ClientFigures[] = [];
    if (await has("python3")) {
      await write("python", `${directory}/client.py`);
      const calls = Math.round(20_000 * seconds);
      figures.push(
        await measure("Python, one at a time", "python3", [
          new URL("loop.py", import.meta.url).pathname,
          socket,
          String(calls),
          String(rounds),
        ], { PYTHONPATH: directory }),
      );
    }
    if (await has("go", "version")) {
      await write("go", `${directory}/client.go`);
      await Deno.copyFile(new URL("loop.go", import.meta.url), `${directory}/loop.go`);
      const env = { GO111MODULE: "off", CGO_ENABLED: "0" };
      const built = ["build", "-o", "loop", "client.go", "loop.go"];
      await output("go", built, { cwd: directory, env });
      const calls = 64 * Math.round(3_000 * seconds);
      const name = "Go, 64 in flight";
      const told = [socket, String(calls), String(rounds)];
      figures.push(await measure(name, `${directory}/loop`, told, {}));
    }
    return figures;
  } finally {
    server.kill();
    await Deno.remove(directory, { recursive: true });
  }
}

async function write(language: "python" | "go", path: string): Promise<void> {
  await Deno.writeTextFile(path, await generateClient(document, { language, packageName: "main" }));
}

async function measure(
  name: string,
  command: string,
  args: string[],
  env: Record<string, string>,
): Promise<ClientFigures> {
  const rounds: [number, number][] = JSON.parse(await output(command, args, { env }));
  return {
    name,
    byHand: median(rounds.map(([byHand]) => byHand)),
    generated: median(rounds.map(([, generated]) => generated)),
    ratio: median(rounds.map(([byHand, generated]) => generated / byHand)),
  };
}

async function has(command: string, argument = "--version"): Promise<boolean> {
  return await new Deno.Command(command, { args: [argument] }).output().then(
    ({ success }) => success,
    () => false,
  );
}

async function output(
  command: string,
  args: string[],
  options: Omit<Deno.CommandOptions, "args">,
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { ...options, args })
    .output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** The figures as a table. */
export function describeClients(figures: readonly ClientFigures[]): string[] {
  return layOut(
    [
      { title: "generated clients", left: true },
      { title: "by hand/s" },
      { title: "generated/s" },
      { title: "ratio" },
    ],
    figures.map(({ name, byHand, generated, ratio }) => [
      name,
      byHand.toFixed(0),
      generated.toFixed(0),
      ratio.toFixed(2),
    ]),
  );
}
