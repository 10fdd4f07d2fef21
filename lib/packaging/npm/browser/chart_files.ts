/**
 * uPlot, which draws the charts of the console. No program of dari runs it: it is text that browsers
 * get, read from its package in a checkout, and from a file beside a packaged program.
 *
 * @module
 */

/** The package; `deno.json` pins the same version. */
const PACKAGE = "npm:uplot@1.6.32/";

/** Its files by the names under which the console loads them. */
export const CHART_FILES: Readonly<Record<string, string>> = {
  "uplot.js": `${PACKAGE}dist/uPlot.iife.min.js`,
  "uplot.css": `${PACKAGE}dist/uPlot.min.css`,
};

/**
 * Reads one of them from the package.
 *
 * @param name Its name.
 * @returns Its text; `undefined` where the package is not at hand.
 */
export async function readChartFile(name: string): Promise<string | undefined> {
  const path = CHART_FILES[name];
  if (path === undefined) return undefined;
  try {
    // Deno looks for a package when it imports a module or JSON of it, and not for a text.
    await import(`${PACKAGE}package.json`, { with: { type: "json" } });
    // The bundler does not see the names, and so does not take the text for a module.
    const { default: text } = await import(path, { with: { type: "text" } });
    return text;
  } catch {
    return undefined; // a packaged program has it beside itself
  }
}
