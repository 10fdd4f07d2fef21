import { root } from "./page_programs.ts";
import { PageSession } from "./page_session.ts";

/** Every page that is worked through: those of the guide, the recipes, and one of the reference. */
export async function listPages(): Promise<string[]> {
  // The other pages of the reference are made from tables: reference_test.ts.
  const pages: string[] = ["docs/reference/configuration.md"];
  for (const folder of ["docs/guide", "docs/recipes"]) {
    for await (const { name } of Deno.readDir(`${root}${folder}`)) {
      if (name.endsWith(".md")) pages.push(`${folder}/${name}`);
    }
  }
  return pages.sort();
}

/** Tests that every command and program of the pages does what they say. */
export function testPages(pages: readonly string[]): void {
  for (const path of pages) {
    Deno.test({
      name: `every command and program of ${path} does what the page says`,
      ignore: Deno.build.os === "windows",
      fn: () => PageSession.run(path),
    });
  }
}

/**
 * Tests the pages of the guide whose names begin with the letters from one to another. A file of tests
 * runs on one core, so the guide is divided among several.
 */
export async function testGuide(from: string, to: string): Promise<void> {
  const pages = await listPages();
  testPages(pages.filter((path) => {
    const initial = path.slice("docs/guide/".length).charAt(0).toLowerCase();
    return path.startsWith("docs/guide/") && initial >= from && initial <= to;
  }));
}
