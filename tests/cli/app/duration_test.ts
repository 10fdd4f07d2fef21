import { assertEquals } from "@std/assert";
import { formatDuration, parseDuration } from "../../../lib/cli/app/duration.ts";

Deno.test("parseDuration() reads numbers with their unit", () => {
  const cases = {
    "500ms": 500,
    "5s": 5_000,
    "1.5m": 90_000,
    "0.001s": 1,
    "24h": 86_400_000,
    "90d": 7_776_000_000,
    "0s": 0,
  };
  for (const [text, ms] of Object.entries(cases)) assertEquals(parseDuration(text), ms, text);
});

Deno.test("parseDuration() reads nothing else", () => {
  const texts = ["", "5", "s", "soon", "-5s", "5 s", "5S", "1e3s", "1.s", ".5s", "5s ", "5y", "∞s"];
  for (const text of texts) assertEquals(parseDuration(text), undefined, text);
});

Deno.test("formatDuration() writes the largest unit that fits, and parseDuration() reads it back", () => {
  const cases = { 0: "0ms", 500: "500ms", 1_500: "1500ms", 30_000: "30s", 86_400_000: "1d" };
  for (const [ms, text] of Object.entries(cases)) {
    assertEquals(formatDuration(Number(ms)), text);
    assertEquals(parseDuration(text), Number(ms));
  }
});
