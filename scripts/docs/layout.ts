/**
 * What every page of the site has around its text: the way to all others, the search, the theme.
 *
 * @module
 */

import { escapeHtml, type Heading } from "./markdown.ts";

/** A group of pages in the navigation. */
export interface Section {
  readonly title: string;
  readonly pages: readonly NavigationPage[];
}

/** A page in the navigation. */
export interface NavigationPage {
  readonly title: string;
  /** Its path on the site, without a slash at the beginning. */
  readonly path: string;
}

/** What a page is made of. */
export interface PageParts {
  readonly title: string;
  /** Its path on the site. */
  readonly path: string;
  /** The HTML of its text. */
  readonly body: string;
  readonly headings: readonly Heading[];
  readonly language?: string;
}

/**
 * Writes a page.
 *
 * @param page The page.
 * @param navigation All pages that the navigation shows.
 * @returns A whole HTML document, which needs no network.
 */
export function pageHtml(page: PageParts, navigation: readonly Section[]): string {
  const base = "../".repeat(page.path.split("/").length - 1);
  const title = page.path === "index.html" ? "dari" : `${page.title} – dari`;
  return `<!doctype html>
<html lang="${page.language ?? "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="${base}style.css">
<script src="${base}site.js" data-base="${base}"></script>
</head>
<body>
<a class="skip" href="#text">Skip to the text</a>
<header>
<a class="name" href="${base}index.html">dari</a>
<div class="search" role="search">
<input id="search" type="search" placeholder="Search ( / )" aria-label="Search" role="combobox"
 aria-expanded="false" aria-controls="results" autocomplete="off" spellcheck="false">
<ul id="results" role="listbox" aria-label="Results" hidden></ul>
</div>
<button id="theme" type="button" aria-label="Change between light and dark">◐</button>
</header>
<div class="columns">
<details class="navigation" open><summary>Contents</summary>
<nav aria-label="Pages">
${navigation.map((section) => sectionHtml(section, page.path, base)).join("\n")}
</nav>
</details>
<main id="text">
${page.body}
</main>
${onThisPage(page.headings)}
</div>
</body>
</html>
`;
}

function sectionHtml({ title, pages }: Section, here: string, base: string): string {
  const items = pages.map((page) => {
    const current = page.path === here ? ' aria-current="page"' : "";
    return `<li><a href="${base}${page.path}"${current}>${escapeHtml(page.title)}</a></li>`;
  });
  return `<h2>${escapeHtml(title)}</h2>\n<ul>\n${items.join("\n")}\n</ul>`;
}

function onThisPage(headings: readonly Heading[]): string {
  const shown = headings.filter(({ level }) => level === 2);
  if (shown.length < 2) return "";
  const items = shown.map(({ id, text }) => `<li><a href="#${id}">${escapeHtml(text)}</a></li>`);
  return `<aside aria-label="On this page"><h2>On this page</h2>\n<ul>\n${
    items.join("\n")
  }\n</ul></aside>`;
}
