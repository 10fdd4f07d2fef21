/**
 * Writes the generated pages of docs/reference: `deno task reference`. With `--check` it writes
 * nothing, and fails where a page is not what it would write.
 *
 * @module
 */

import { commands } from "../../lib/cli/table.ts";
import { readArguments } from "../arguments.ts";
import { cliPage } from "./cli_page.ts";
import { errorsPage } from "./errors_page.ts";
import { limitsPage } from "./limits_page.ts";

const root = new URL("../../", import.meta.url);

/**
 * Makes the pages, formatted as `deno fmt` does.
 *
 * @returns Their Markdown by their paths.
 */
export async function referencePages(): Promise<Map<string, string>> {
  const readLimits = (room: string) =>
    Deno.readTextFile(new URL(`lib/base/limits/${room}.ts`, root));
  const pages = {
    cli: await cliPage(commands),
    errors: errorsPage(),
    limits: await limitsPage(readLimits),
  };
  const formatted = Object.entries(pages).map(async ([name, text]) => {
    const note = "<!-- Made by `deno task reference`; change what it is made from. -->";
    return [`docs/reference/${name}.md`, await format(`${note}\n\n${text}\n`)] as const;
  });
  return new Map(await Promise.all(formatted));
}

/**
 * Finds the pages that are not as they would be written now.
 *
 * @returns Their paths.
 */
export async function stalePages(): Promise<string[]> {
  const stale: string[] = [];
  for (const [path, text] of await referencePages()) {
    const written = await Deno.readTextFile(new URL(path, root)).catch(() => "");
    if (written !== text) stale.push(path);
  }
  return stale;
}

async function format(markdown: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "md", "-"],
    cwd: root,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(markdown));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("deno fmt could not format a page of the reference");
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  if (readArguments("Usage: deno task reference [--check]", { flags: ["check"] }).check) {
    const stale = await stalePages();
    for (const path of stale) console.error(`${path} is out of date; run deno task reference`);
    if (stale.length > 0) Deno.exit(1);
  } else {
    for (const [path, text] of await referencePages()) {
      await Deno.writeTextFile(new URL(path, root), text);
      console.log(path);
    }
  }
}
