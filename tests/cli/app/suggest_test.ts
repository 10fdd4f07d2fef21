import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { limits } from "../../../lib/base/limits.ts";
import { editDistance, nearest } from "../../../lib/cli/app/suggest.ts";

Deno.test("editDistance() counts letters added, left out, replaced and swapped", () => {
  const cases: [from: string, to: string, distance: number][] = [
    ["", "", 0],
    ["", "abc", 3],
    ["serve", "serve", 0],
    ["serv", "serve", 1],
    ["sserve", "serve", 1],
    ["sarve", "serve", 1],
    ["srevee", "serve", 2],
    ["다리", "다라", 1],
    ["kitten", "sitting", 3],
  ];
  for (const [from, to, distance] of cases) assertEquals(editDistance(from, to), distance, from);
});

Deno.test("editDistance() is the same both ways and at most the longer word", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => {
    const distance = editDistance(a, b);
    assertEquals(distance, editDistance(b, a));
    assertEquals(distance <= Math.max(a.length, b.length), true);
    assertEquals(distance === 0, a === b);
  }));
});

Deno.test("nearest() gives the nearest name, and none where none is near", () => {
  const names = [
    "serve",
    "session",
    "call",
    "cert",
    "a",
    "x".repeat(limits.maxSuggestedLength + 1),
  ];
  assertEquals(nearest("serev", names), "serve");
  assertEquals(nearest("SERVE", names), "serve");
  assertEquals(nearest("sesion", names), "session");
  assertEquals(nearest("cal", names), "call");
  assertEquals(nearest("pass", ["no-pass", "pass-stdin"]), "pass-stdin");
  for (const word of ["frob", "b", "", "x".repeat(limits.maxSuggestedLength)]) {
    assertEquals(nearest(word, names), undefined, word);
  }
  assertEquals(nearest("x".repeat(limits.maxSuggestedLength + 1), names), undefined);
});
