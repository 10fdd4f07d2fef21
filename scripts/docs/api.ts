/**
 * The pages of the entries: what `deno doc --html` makes, with the lines by which users import.
 *
 * @module
 */

import { escapeHtml } from "./markdown.ts";

/** A declaration that an entry exports. */
export interface ApiSymbol {
  readonly name: string;
  /** `function`, `class`, `interface`, … */
  readonly kind: string;
  /** The first sentence of its documentation. */
  readonly summary: string;
}

/** An entry of deno.json's `exports`. */
export interface ApiEntry {
  /** What it is imported by: `@dari/dari/auth`. */
  readonly specifier: string;
  /** The folder of its pages on the site, below `api/`; "" for the main entry. */
  readonly folder: string;
  /** What the entry is for. */
  readonly summary: string;
  readonly symbols: readonly ApiSymbol[];
}

/** What the line shows by which users import from each entry. */
const shownImports: Readonly<Record<string, string>> = {
  "": "connect, method, serve",
  auth: "openIdentity",
  cert: "parseCertificates",
  client: "connect",
  ipc: "pipe, Queue, WorkerPool",
  rpc: "Client, Server",
  store: "openSqliteStore",
};

interface Documented {
  module_doc?: { doc?: string };
  symbols: { name: string; declarations: { kind: string; jsDoc?: { doc?: string } }[] }[];
}

/**
 * Reads what the entries export.
 *
 * @param root The project, as a file URL with a slash at its end.
 * @returns The entries but the command line, in the order of deno.json.
 * @throws {Error} When `deno doc` fails.
 */
export async function readEntries(root: URL): Promise<ApiEntry[]> {
  const { name, exports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const entries = Object.entries<string>(exports).filter(([key]) => key !== "./cli");
  const output = await deno(root, ["doc", "--json", ...entries.map(([, file]) => file)]);
  const { nodes } = JSON.parse(output) as { nodes: Record<string, Documented> };
  return entries.map(([key, file]) => {
    const { module_doc, symbols } = nodes[new URL(file, root).href]!;
    return {
      specifier: `${name}${key.slice(1)}`,
      folder: key.slice(2),
      summary: (module_doc?.doc ?? "").split("\n\n")[0]!.replaceAll("\n", " ").trim(),
      symbols: symbols.filter(({ name }) => name !== "default").map(symbolOf),
    };
  });
}

function symbolOf({ name, declarations }: Documented["symbols"][number]): ApiSymbol {
  const doc = declarations.map(({ jsDoc }) => jsDoc?.doc).find(Boolean) ?? "";
  const plain = doc.replace(/\{@linkcode ([^}|]+)[^}]*\}/g, "$1").replaceAll("`", "").replaceAll(
    "\n",
    " ",
  );
  const [summary = ""] = plain.split(/(?<=\.)\s/);
  return { name, kind: declarations[0]?.kind ?? "", summary: summary.trim() };
}

/**
 * Writes the pages of all symbols.
 *
 * @param root The project.
 * @param out The folder of the pages.
 * @param entries The entries, as {@linkcode readEntries} gives them.
 * @throws {Error} When `deno doc` fails.
 */
export async function writeApiPages(
  root: URL,
  out: string,
  entries: readonly ApiEntry[],
): Promise<void> {
  const { exports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const files = entries.map(({ folder }) => exports[folder === "" ? "." : `./${folder}`]);
  await deno(root, ["doc", "--html", "--name=dari", `--output=${out}`, ...files]);
  for (const entry of entries) {
    const folder = entry.folder === "" ? out : `${out}/${entry.folder}`;
    for (const file of [`${folder}/index.html`, ...await pagesIn(`${folder}/~`)]) {
      const base = "../".repeat(file.slice(out.length).split("/").length - 1);
      const html = withImports(await Deno.readTextFile(file), entry.specifier);
      await Deno.writeTextFile(file, withWayBack(html, base));
    }
  }
}

/**
 * Puts the entry's specifier into the lines that say how to import.
 *
 * @param html A page of `deno doc --html`.
 * @param specifier The entry.
 * @returns The page.
 */
export function withImports(html: string, specifier: string): string {
  const usage =
    /((?:language-typescript">|data-copy=")import (?:type )?(?:\{[^}]*\}|\* as \w+) from &quot;)(?!@)[^&]*/g;
  return html.replace(usage, `$1${specifier}`);
}

/** Puts a link to the site's own pages in front of the path of a symbol. */
function withWayBack(html: string, base: string): string {
  const link = `<li><a href="${base}index.html" class="contextLink">Documentation</a></li>` +
    `<li>›</li><li><a href="${base}api/entries.html" class="contextLink">Entries</a></li><li>›</li>`;
  return html.replace('<ul class="breadcrumbs">', `$&${link}`);
}

/**
 * The page that lists the entries.
 *
 * @param entries The entries.
 * @returns The HTML of its text.
 */
export function entriesBody(entries: readonly ApiEntry[]): string {
  const parts = entries.map(({ specifier, folder, summary, symbols }) => {
    const shown = symbols.filter(({ kind }) => kind === "function" || kind === "class")
      .toSorted((a, b) => a.name.localeCompare(b.name));
    const items = shown.map((symbol) =>
      `<tr><td><a href="${symbolPath(folder, symbol.name)}"><code>${symbol.name}</code></a></td>` +
      `<td>${escapeHtml(symbol.summary)}</td></tr>`
    );
    const types = symbols.length - shown.length;
    return `<h2 id="${folder || "dari"}"><code>${specifier}</code></h2>
<p>${escapeHtml(summary)}</p>
<pre tabindex="0"><code>import { ${
      shownImports[folder] ?? shown[0]?.name
    } } from "${specifier}";</code></pre>
<div class="table" tabindex="0"><table><tbody>
${items.join("\n")}
</tbody></table></div>
<p><a href="${
      folder === "" ? "" : `${folder}/`
    }index.html">Everything, with ${types} types</a></p>`;
  });
  return `<h1>Entries</h1>
<p>What each entry exports, with its functions and classes; each name leads to its documentation.</p>
${parts.join("\n")}`;
}

/**
 * Where a symbol's page is.
 *
 * @param folder The folder of its entry.
 * @param name The symbol.
 * @returns A path below `api/`.
 */
export function symbolPath(folder: string, name: string): string {
  return `${folder === "" ? "" : `${folder}/`}~/${name}.html`;
}

async function pagesIn(folder: string): Promise<string[]> {
  const pages: string[] = [];
  for await (const { name } of Deno.readDir(folder)) pages.push(`${folder}/${name}`);
  return pages;
}

async function deno(root: URL, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`deno ${args[0]}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}
