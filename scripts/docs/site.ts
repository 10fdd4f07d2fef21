/**
 * Builds the site: `deno task docs`. README.md is its front page; guide, reference, recipes and the
 * other documents follow, then the entries. It needs no server and no network to be read.
 *
 * @module
 */

import { readArguments } from "../arguments.ts";
import { entriesBody, readEntries, symbolPath, writeApiPages } from "./api.ts";
import { pageHtml, type Section } from "./layout.ts";
import { type Heading, renderMarkdown } from "./markdown.ts";
import { referencePages } from "./reference.ts";

const root = new URL("../../", import.meta.url);

/** The documents that stand in the project's own folder. */
const documents = ["README.md", "README.ko.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md"];

/** Something that the search finds: what it is called, where it is, what is said of it. */
type Found = readonly [title: string, path: string, note: string];

/**
 * Builds the site.
 *
 * @param out The folder to write; it is emptied first.
 * @param withApi Whether the pages of all exported symbols are written too.
 * @returns How many pages were made of documents.
 */
export async function buildSite(out: string, withApi: boolean): Promise<number> {
  await Deno.remove(out, { recursive: true }).catch(() => {});
  await Deno.mkdir(out, { recursive: true });
  const pages = await readPages();
  const navigation = navigationOf(pages);
  const entries = await readEntries(root);
  if (withApi) await writeApiPages(root, `${out}/api`, entries);
  const found: Found[] = [];
  for (const [source, markdown] of pages) {
    const linkTo = (href: string) => siteLink(href, source, pages);
    const { html, headings } = renderMarkdown(markdown, linkTo);
    const path = sitePath(source);
    const title = titleOf(headings, source);
    const language = source === "README.ko.md" ? "ko" : "en";
    await write(out, path, pageHtml({ title, path, body: html, headings, language }, navigation));
    found.push(
      ...headings.map(({ text, id, level }): Found =>
        level === 1 ? [text, path, ""] : [text, `${path}#${id}`, title]
      ),
    );
  }
  const body = entriesBody(entries);
  const headings: Heading[] = entries.map(({ specifier, folder }) => ({
    level: 2,
    text: specifier,
    id: folder || "dari",
  }));
  const path = "api/entries.html";
  await write(out, path, pageHtml({ title: "Entries", path, body, headings }, navigation));
  for (const { specifier, folder, symbols } of entries) {
    found.push([specifier, `${path}#${folder || "dari"}`, "entry"]);
    for (const { name, kind } of symbols) {
      found.push([name, `api/${symbolPath(folder, name)}`, `${kind} of ${specifier}`]);
    }
  }
  await write(out, "search_index.js", `globalThis.searchIndex = ${JSON.stringify(found)};\n`);
  for (const name of ["style.css", "site.js"]) {
    await Deno.copyFile(new URL(`assets/${name}`, import.meta.url), `${out}/${name}`);
  }
  return pages.size;
}

/** The documents by their paths in the project; the generated ones as they are today. */
async function readPages(): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  for (const name of documents) pages.set(name, await Deno.readTextFile(new URL(name, root)));
  for (const folder of ["docs", "docs/guide", "docs/reference", "docs/recipes", "docs/decisions"]) {
    for await (const { name, isFile } of Deno.readDir(new URL(folder, root))) {
      if (!isFile || !name.endsWith(".md")) continue;
      const path = `${folder}/${name}`;
      pages.set(path, await Deno.readTextFile(new URL(path, root)));
    }
  }
  for (const [path, text] of await referencePages()) pages.set(path, text);
  return pages;
}

/** Where a document is on the site: `docs/guide/README.md` at `guide/index.html`. */
function sitePath(source: string): string {
  return source.replace(/^docs\//, "").replace(/README\.md$/, "index.md").replace(/\.md$/, ".html");
}

function siteLink(
  href: string,
  source: string,
  pages: ReadonlyMap<string, string>,
): string | undefined {
  if (/^(?:[a-z]+:|#)/.test(href)) return href;
  const [path = "", anchor] = href.split("#");
  const target = new URL(path, new URL(source, "file:///")).pathname.slice(1);
  const document = pages.has(target) ? target : `${target.replace(/\/$/, "")}/README.md`;
  if (!pages.has(document)) return undefined; // a file of the source, which is not on the site
  const base = "../".repeat(sitePath(source).split("/").length - 1);
  return `${base}${sitePath(document)}${anchor === undefined ? "" : `#${anchor}`}`;
}

function titleOf(headings: readonly Heading[], source: string): string {
  return headings.find(({ level }) => level === 1)?.text ?? source;
}

function navigationOf(pages: ReadonlyMap<string, string>): Section[] {
  const entry = (source: string) => {
    const [, title = source] = /^# (.+)$/m.exec(pages.get(source) ?? "") ?? [];
    return { title: title.replaceAll("`", ""), path: sitePath(source) };
  };
  /** The pages of a folder, in the order in which its own page lists them. */
  const listed = (folder: string) => {
    const list = pages.get(`docs/${folder}/README.md`) ?? "";
    const names = [...list.matchAll(/\]\(([\w.]+\.md)\)/g)].map(([, name]) =>
      `docs/${folder}/${name}`
    );
    const others = [...pages.keys()].filter((source) =>
      source.startsWith(`docs/${folder}/`) && !source.endsWith("/README.md")
    );
    return [...new Set([...names, ...others])].filter((source) => pages.has(source)).map(entry);
  };
  return [
    {
      title: "dari",
      pages: [{ title: "Start", path: "index.html" }, {
        ...entry("README.ko.md"),
        title: "한국어",
      }],
    },
    { title: "Guide", pages: listed("guide") },
    { title: "Recipes", pages: listed("recipes") },
    {
      title: "Reference",
      pages: [
        ...listed("reference"),
        { title: "Entries", path: "api/entries.html" },
        entry("docs/wire.md"),
        entry("docs/conformance.md"),
        entry("docs/audit.md"),
      ],
    },
    {
      title: "More",
      pages: [
        ...["CHANGELOG.md", "SECURITY.md", "ARCHITECTURE.md", "docs/decisions/README.md"].map(
          entry,
        ),
      ],
    },
  ];
}

async function write(out: string, path: string, text: string): Promise<void> {
  const file = `${out}/${path}`;
  await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(file, text);
}

if (import.meta.main) {
  const args = readArguments("Usage: deno task docs [--without-api]", { flags: ["without-api"] });
  const out = new URL("dist/docs", root).pathname;
  const count = await buildSite(out, !args["without-api"]);
  console.log(`${count} pages and the entries in dist/docs; open dist/docs/index.html`);
}
