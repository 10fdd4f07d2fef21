/**
 * What takes the place of Node's modules, and of what only Deno loads, in a browser.
 *
 * @module
 */

/** The module or the path below the root, and the path of what takes its place. */
export const browserModules: Readonly<Record<string, string>> = {
  "node:buffer": "lib/packaging/npm/browser/buffer.ts",
  "node:crypto": "lib/packaging/npm/browser/crypto.ts",
  "node:timers": "lib/packaging/npm/browser/timers.ts",
  "lib/rpc/file/save_file.ts": "lib/packaging/npm/browser/save_file.ts",
};

/** The entry of the client for browsers. */
export const BROWSER_ENTRY = "lib/endpoint/client/browser.ts";

/** The same, bundled into one file beside a packaged program. */
export const BROWSER_BUNDLE = "dari.browser.js";

/** The folder of the page that a gateway serves. */
export const PAGE_FOLDER = "lib/endpoint/page/";

/** The files of that page, which a packaged program has beside itself. */
export const PAGE_FILES = ["page.html", "page.css", "page.js", "theme.css"] as const;

/** The folder of the console that a gateway serves. */
export const CONSOLE_FOLDER = "lib/endpoint/console/";

/** The files of the console, which a packaged program has beside itself with those of its charts. */
export const CONSOLE_FILES = [
  "console.html",
  "console.css",
  "console.js",
  "console_acts.js",
  "console_audit.js",
  "console_calls.js",
  "console_charts.js",
  "console_jobs.js",
  "console_lists.js",
  "console_messages.js",
  "console_parts.js",
  "console_passkey.js",
  "console_queues.js",
  "console_sections.js",
  "console_servers.js",
  "console_topics.js",
] as const;
