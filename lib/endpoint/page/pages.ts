/**
 * What a gateway gives to browsers of its own: the page at `/`, the console at `/console`, and the
 * client at `/dari.js`.
 *
 * @module
 */

import type { OwnPage } from "../../http/static/own_pages.ts";
import { readConsole } from "../console/console_pages.ts";
import { readClientScript } from "./client_script.ts";

const SCRIPT = "text/javascript; charset=utf-8";

/** The page's files by the path at which they are served, and their types. */
const files: readonly [path: string, file: string, type: string][] = [
  ["/", "page.html", "text/html; charset=utf-8"],
  ["/dari.theme.css", "theme.css", "text/css; charset=utf-8"],
  ["/dari.page.css", "page.css", "text/css; charset=utf-8"],
  ["/dari.page.js", "page.js", SCRIPT],
];

/**
 * Reads the pages. It happens once, when the first of them is asked for.
 *
 * @returns The pages by their paths; those are missing whose files are not at hand.
 */
export async function readPages(): Promise<ReadonlyMap<string, OwnPage>> {
  const pages = new Map<string, OwnPage>();
  for (const [path, file, type] of files) {
    const text = await Deno.readTextFile(new URL(file, import.meta.url)).catch(() => undefined);
    if (text !== undefined) pages.set(path, { type, text });
  }
  for (const [path, page] of await readConsole()) pages.set(path, page);
  for (const [path, text] of await readClientScript()) pages.set(path, { type: SCRIPT, text });
  return pages;
}
