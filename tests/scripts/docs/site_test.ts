import { assert, assertEquals } from "@std/assert";
import { renderMarkdown } from "../../../scripts/docs/markdown.ts";
import { withImports } from "../../../scripts/docs/api.ts";
import { buildSite } from "../../../scripts/docs/site.ts";
import { tempDirectory } from "../../support/temp.ts";

const directory = await tempDirectory();
Deno.test.afterAll(async () => await directory[Symbol.asyncDispose]());
const site = `${directory.path}/site`;
await buildSite(site, true);

async function pagesIn(folder: string): Promise<string[]> {
  const pages: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${site}/${folder}`)) {
    const path = `${folder}${name}`;
    if (isDirectory && path !== "api") pages.push(...await pagesIn(`${path}/`));
    else if (name.endsWith(".html")) pages.push(path);
  }
  return pages;
}
const pages = [...await pagesIn(""), "api/entries.html"];
const texts = new Map(
  await Promise.all(
    pages.map(async (path) => [path, await Deno.readTextFile(`${site}/${path}`)] as const),
  ),
);

Deno.test("the front page of the site has all that it loads in less than 200 KB", async () => {
  let bytes = 0;
  for (const name of ["index.html", "style.css", "site.js"]) {
    bytes += (await Deno.stat(`${site}/${name}`)).size;
  }
  assert(bytes < 200_000, `${bytes} bytes`);
});

Deno.test("every link of the site leads to a page and a heading that exist", async () => {
  const broken: string[] = [];
  for (const [path, html] of texts) {
    for (const [, href = ""] of html.matchAll(/href="([^"]+)"/g)) {
      if (/^[a-z]+:/.test(href)) continue;
      const { pathname, hash } = new URL(href, `file:///${path}`);
      const target = decodeURIComponent(pathname).slice(1);
      const text = texts.get(target);
      const isThere = text === undefined
        ? await Deno.stat(`${site}/${target}`).then(() => true, () => false)
        : hash === "" || hash === "#text" ||
          text.includes(`id="${decodeURIComponent(hash.slice(1))}"`);
      if (!isThere) broken.push(`${path}: ${href}`);
    }
  }
  assertEquals(broken, []);
});

Deno.test("no page of the site loads anything from the network", () => {
  const loading = [...texts].filter(([, html]) =>
    /(?:src|@import|<link[^>]*href)=?\s*["'(]?(?:https?:)?\/\//.test(html)
  );
  assertEquals(loading.map(([path]) => path), []);
});

Deno.test("the pages of symbols say how to import from their entries", async () => {
  const usage = async (path: string) => {
    const html = await Deno.readTextFile(`${site}/api/${path}`);
    return /language-typescript">(import .*)/.exec(html)?.[1]?.replaceAll("&quot;", '"');
  };
  assertEquals(await usage("~/serve.html"), 'import { serve } from "@dari/dari";');
  assertEquals(
    await usage("auth/~/openIdentity.html"),
    'import { openIdentity } from "@dari/dari/auth";',
  );
  const entries = texts.get("api/entries.html") ?? "";
  for (const [, names = ""] of entries.matchAll(/<code>import \{ (.*?) \} from/g)) {
    for (const name of names.split(", ")) assert(entries.includes(`/${name}.html`), name);
  }
  assert(entries.includes('import { pipe, Queue, WorkerPool } from "@dari/dari/ipc";'));
  assertEquals(
    withImports('language-typescript">import { a } from &quot;.&quot;;', "@dari/dari"),
    'language-typescript">import { a } from &quot;@dari/dari&quot;;',
  );
});

Deno.test("the search finds pages, headings and symbols", async () => {
  const index = await Deno.readTextFile(`${site}/search_index.js`);
  const found: string[][] = JSON.parse(index.slice(index.indexOf("["), index.lastIndexOf("]") + 1));
  for (const title of ["Streams", "Deadlines", "WorkerPool", "dari serve"]) {
    assert(found.some(([each]) => each === title), title);
  }
});

Deno.test("renderMarkdown escapes code, and leaves out links that lead nowhere", () => {
  const { html, headings } = renderMarkdown(
    "# A `b`\n\n[in](x.md) [out](lib/y.ts)\n\n```ts\nconst a = 1 < 2;\n```\n",
    (href) => href === "x.md" ? "x.html" : undefined,
  );
  assertEquals(headings, [{ level: 1, text: "A b", id: "a-b" }]);
  assert(html.includes('<p><a href="x.html">in</a> out</p>'));
  assert(html.includes("&lt;"));
});
