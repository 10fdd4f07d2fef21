import { assertEquals, assertMatch } from "@std/assert";
import script from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import style from "uplot/dist/uPlot.min.css" with { type: "text" };
import { CHART_FILES, readChartFile } from "../../../../lib/packaging/npm/browser/chart_files.ts";

Deno.test("readChartFile() reads uPlot from its package, with its licence", async () => {
  assertEquals(Object.keys(CHART_FILES), ["uplot.js", "uplot.css"]);
  assertEquals(await readChartFile("uplot.js"), script);
  assertEquals(await readChartFile("uplot.css"), style);
  assertEquals(await readChartFile("other.js"), undefined);
  const { imports } = JSON.parse(await Deno.readTextFile("deno.json"));
  for (const path of Object.values(CHART_FILES)) {
    assertMatch(path, new RegExp(`^${imports.uplot}/`));
  }
  assertMatch(script, /^\/\*! https:\/\/github\.com\/leeoniya\/uPlot \(v1\.6\.32\) \*\//);
});
