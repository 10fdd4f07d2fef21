import { byteConnection } from "../../lib/conformance/byte_connection.ts";
import { clientCases } from "../../lib/conformance/client_cases.ts";
import { runClientCases } from "../../lib/conformance/runner.ts";
import { generateClient } from "../../lib/codegen/generate.ts";
import type { Language } from "../../lib/codegen/text/quote.ts";
import { seenOfGateway, seenOfShop, shopDocument, startForgetful, startShop } from "./shop.ts";
import { tempDirectory } from "./temp.ts";

/** Runs a program; what it printed where it succeeded, and an error with all of it where not. */
export async function run(
  command: string,
  args: readonly string[],
  options: Omit<Deno.CommandOptions, "args"> = {},
): Promise<string> {
  const output = await new Deno.Command(command, { ...options, args: [...args] }).output();
  const decoder = new TextDecoder();
  const [out, err] = [decoder.decode(output.stdout), decoder.decode(output.stderr)];
  if (output.success) return out;
  throw new Error(`${command} ended with ${output.code}\n${out}${err.slice(0, 4_000)}`);
}

/** A folder with a client of the shop, or of another document. */
export async function clientFolder(
  language: Language,
  name: string,
  document: unknown = shopDocument(),
  packageName = "main",
) {
  const directory = await tempDirectory();
  const file = `${directory.path}/${name}`;
  await Deno.writeTextFile(file, await generateClient(document, { language, packageName }));
  return {
    path: directory.path,
    file,
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

/** Runs a program that calls everything of the shop; it gets what it is told as JSON. */
export async function visitShop(
  visit: (told: string) => Promise<string>,
  more: (told: Record<string, string>) => Promise<object> = () => Promise.resolve({}),
): Promise<unknown[]> {
  await using shop = await startShop();
  await using forgetful = startForgetful();
  await using stopping = startForgetful(true);
  await using remembering = startForgetful();
  const told = {
    ...shop.told,
    forgetful: forgetful.address,
    stopping: stopping.address,
    remembering: remembering.address,
  };
  const out = await visit(JSON.stringify({ ...told, ...await more(told) }));
  return out.trim().split("\n").map((line) => JSON.parse(line));
}

export { seenOfGateway, seenOfShop };

/** What clients speak that know no features: everything else is skipped. */
const PLAIN = /^(?:rpc\.hello$|a client that follows)/;

/** Runs the cases for clients; gives those that were neither passed nor for other clients. */
export async function conform(command: string, args: readonly string[]) {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using client = new Deno.Command(command, {
    args: [...args, String(listener.addr.port)],
    stdin: "piped",
  }).spawn();
  const input = client.stdin.getWriter();
  const start = async (instructions: string) => {
    await input.write(new TextEncoder().encode(`${instructions}\n`));
    return byteConnection(await listener.accept());
  };
  const results = await runClientCases(clientCases, { start, timeoutMs: 20_000 });
  await input.close();
  return {
    passed: results.filter(({ outcome }) => outcome === "passed").length,
    others: results.filter(({ outcome, reason = "" }) =>
      outcome !== "passed" && !PLAIN.test(reason)
    )
      .map(({ id, outcome, reason }) => ({ id, outcome, reason })),
  };
}
