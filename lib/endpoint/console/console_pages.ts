/**
 * The console of a gateway: the page at `/console` and what it loads.
 *
 * @module
 */

import type { OwnPage } from "../../http/static/own_pages.ts";
import { CHART_FILES, readChartFile } from "../../packaging/npm/browser/chart_files.ts";
import { CONSOLE_FILES } from "../../packaging/npm/browser/modules.ts";

/** Where its scripts and style sheets are served. */
const FOLDER = "/dari.console/";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
};

/**
 * Reads the console.
 *
 * @returns Its files by the paths at which they are served; those are missing that are not at hand.
 */
export async function readConsole(): Promise<ReadonlyMap<string, OwnPage>> {
  const own = CONSOLE_FILES.map(async (name) => [name, await readFile(name)] as const);
  const charts = Object.keys(CHART_FILES)
    .map(async (name) => [name, await readFile(name) ?? await readChartFile(name)] as const);
  const pages = new Map<string, OwnPage>();
  for (const [name, text] of await Promise.all([...own, ...charts])) {
    const type = TYPES[name.slice(name.lastIndexOf(".") + 1)];
    if (text === undefined || type === undefined) continue;
    pages.set(name === "console.html" ? "/console" : FOLDER + name, { type, text });
  }
  return pages;
}

async function readFile(name: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(new URL(name, import.meta.url));
  } catch {
    return undefined; // it is not there, or the program may not read it
  }
}
