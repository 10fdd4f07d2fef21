/**
 * From a page of Markdown to HTML: headings that can be linked to, links between pages, and code in
 * colors.
 *
 * @module
 */

// @ts-types="./highlight.d.ts"
import hljs from "highlight.js/lib/core";
// @ts-types="./highlight.d.ts"
import bash from "highlight.js/lib/languages/bash";
// @ts-types="./highlight.d.ts"
import javascript from "highlight.js/lib/languages/javascript";
// @ts-types="./highlight.d.ts"
import json from "highlight.js/lib/languages/json";
// @ts-types="./highlight.d.ts"
import nginx from "highlight.js/lib/languages/nginx";
// @ts-types="./highlight.d.ts"
import python from "highlight.js/lib/languages/python";
// @ts-types="./highlight.d.ts"
import typescript from "highlight.js/lib/languages/typescript";
import { Marked } from "marked";

for (
  const [name, language] of Object.entries({ bash, javascript, json, nginx, python, typescript })
) {
  hljs.registerLanguage(name, language);
}

const languages: Readonly<Record<string, string>> = {
  ts: "typescript",
  js: "javascript",
  sh: "bash",
  json: "json",
  nginx: "nginx",
  python: "python",
};

/** A heading of a page. */
export interface Heading {
  /** 1 for the page's title. */
  readonly level: number;
  readonly text: string;
  /** The anchor, as GitHub makes it. */
  readonly id: string;
}

/** A page as HTML. */
export interface Rendered {
  readonly html: string;
  readonly headings: readonly Heading[];
}

/**
 * Renders a page.
 *
 * @param markdown Its text.
 * @param linkTo What a link leads to on the site; `undefined` for one that leads nowhere there, whose
 * text stays without a link.
 * @returns The HTML of its body.
 */
export function renderMarkdown(
  markdown: string,
  linkTo: (href: string) => string | undefined,
): Rendered {
  const headings: Heading[] = [];
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        const plain = text.replace(/[`*\\]/g, "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
        const id = freeId(idOf(plain), headings);
        headings.push({ level: depth, text: plain, id });
        const inner = this.parser.parseInline(tokens);
        const anchor = depth === 1
          ? ""
          : ` <a class="anchor" href="#${id}" aria-label="Link to here">#</a>`;
        return `<h${depth} id="${id}">${inner}${anchor}</h${depth}>\n`;
      },
      link({ href, title, tokens }) {
        const inner = this.parser.parseInline(tokens);
        const to = linkTo(href);
        if (to === undefined) return inner;
        const hint = title ? ` title="${escapeHtml(title)}"` : "";
        return `<a href="${escapeHtml(to)}"${hint}>${inner}</a>`;
      },
      code({ text, lang = "" }) {
        const [language = ""] = lang.split(" ");
        return `<pre tabindex="0"><code>${highlight(text, language)}</code></pre>\n`;
      },
      table(token) {
        const cells = (row: typeof token.header, tag: string) =>
          row.map(({ tokens }) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`).join("");
        const head = token.header.some(({ text }) => text !== "")
          ? `<thead><tr>${cells(token.header, "th")}</tr></thead>`
          : "";
        const rows = token.rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("\n");
        return `<div class="table" tabindex="0"><table>${head}<tbody>${rows}</tbody></table></div>\n`;
      },
    },
  });
  return { html: marked.parse(markdown, { async: false }), headings };
}

/**
 * The anchor of a heading, as GitHub makes it.
 *
 * @param text The heading without markup.
 * @returns Lower case, with hyphens for spaces.
 */
export function idOf(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/\s/g, "-");
}

function freeId(id: string, headings: readonly Heading[]): string {
  const taken = new Set(headings.map((heading) => heading.id));
  for (let count = 0;; count++) {
    const candidate = count === 0 ? id : `${id}-${count}`;
    if (!taken.has(candidate)) return candidate;
  }
}

function highlight(text: string, language: string): string {
  if (language === "console") return text.split("\n").map(consoleLine).join("\n");
  const known = languages[language];
  return known === undefined ? escapeHtml(text) : hljs.highlight(text, { language: known }).value;
}

function consoleLine(line: string): string {
  const [, prompt, command] = /^(\w*\$ )(.*)$/.exec(line) ?? [];
  if (prompt === undefined || command === undefined) {
    return `<span class="output">${escapeHtml(line)}</span>`;
  }
  return `<span class="prompt">${prompt}</span>${escapeHtml(command)}`;
}

/**
 * Writes a text so that HTML shows it as it is.
 *
 * @param text The text.
 * @returns HTML, also for a value between double quotes.
 */
export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
