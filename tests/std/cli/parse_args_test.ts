import { assertEquals } from "@std/assert";
import { parseArgs as parse } from "@std/cli/parse-args";

/** Upstream infers a type from the options; what counts here is the value. */
const parseArgs = (args: readonly string[], options: object = {}): Record<string, unknown> =>
  parse(args, options as Parameters<typeof parse>[1]);

Deno.test("parseArgs() takes a value behind = and behind a space", () => {
  const args = parseArgs(["--to=tls://a", "--ca", "ca.crt", "word"], { string: ["to", "ca"] });
  assertEquals(args, { _: ["word"], to: "tls://a", ca: "ca.crt" });
});

Deno.test("parseArgs() splits at the first = only", () => {
  assertEquals(parseArgs(["--params=a=b"], { string: ["params"] }), { _: [], params: "a=b" });
});

Deno.test("parseArgs() gives the empty text to a string option without a value", () => {
  assertEquals(parseArgs(["--to"], { string: ["to"] }), { _: [], to: "" });
  assertEquals(parseArgs(["--to", "--json"], { string: ["to"], boolean: ["json"] }), {
    _: [],
    json: true,
    to: "",
  });
});

Deno.test("parseArgs() sets absent booleans to false and leaves absent strings out", () => {
  assertEquals(parseArgs([], { boolean: ["json"], string: ["to"] }), { _: [], json: false });
});

Deno.test("parseArgs() leaves the word behind a boolean alone, unless it is true or false", () => {
  const options = { boolean: ["json"] };
  assertEquals(parseArgs(["--json", "add"], options), { _: ["add"], json: true });
  assertEquals(parseArgs(["--json", "false", "add"], options), { _: ["add"], json: false });
  assertEquals(parseArgs(["--json=false"], options), { _: [], json: false });
  assertEquals(parseArgs(["--json=true"], options), { _: [], json: true });
});

Deno.test("parseArgs() takes --no-NAME for a negatable option only", () => {
  const options = { boolean: ["color", "json"], negatable: ["color"] };
  assertEquals(parseArgs(["--color", "--no-color"], options), {
    _: [],
    color: false,
    json: false,
  });
  assertEquals(parseArgs(["--no-json"], options), {
    _: [],
    color: false,
    json: false,
    "no-json": true,
  });
});

Deno.test("parseArgs() takes no word behind -- for an option", () => {
  const args = ["a", "--", "b", "--json", "--"];
  assertEquals(parseArgs(args, { boolean: ["json"] }), {
    _: ["a", "b", "--json", "--"],
    json: false,
  });
  assertEquals(parseArgs(args, { "--": true }), { _: ["a"], "--": ["b", "--json", "--"] });
});

Deno.test("parseArgs() collects the values of an option given several times", () => {
  const options = { string: ["listen", "to"], collect: ["listen"] };
  assertEquals(parseArgs([], options).listen, []);
  assertEquals(parseArgs(["--listen=a", "--to=x", "--listen", "b", "--to=y"], options), {
    _: [],
    listen: ["a", "b"],
    to: "y",
  });
});

Deno.test("parseArgs() asks about options and words that no list names", () => {
  const asked: unknown[][] = [];
  const unknown = (...all: unknown[]) => {
    asked.push(all);
    return false;
  };
  const options = { boolean: ["json"], string: ["to"], unknown };
  const args = parseArgs(["add", "--json", "--top=5", "-v", "--to=x"], options);
  assertEquals(args, { _: [], json: true, to: "x" });
  assertEquals(asked, [["add"], ["--top=5", "top", "5"], ["-v", "v", true]]);
});

Deno.test("parseArgs() keeps what unknown() does not refuse", () => {
  const unknown = (_arg: string, key?: string) => key !== "top";
  assertEquals(parseArgs(["a", "--top", "5", "--bottom", "x"], { unknown }), {
    _: ["a"],
    bottom: "x",
  });
});

Deno.test("parseArgs() turns numbers into numbers, unless string names them", () => {
  assertEquals(parseArgs(["5", "0x10", "1e3", "5s", "--n=07"]), { _: [5, 16, 1000, "5s"], n: 7 });
  assertEquals(parseArgs(["007", "--n=07"], { string: ["_", "n"] }), { _: ["007"], n: "07" });
});

Deno.test("parseArgs() takes letters apart, and a lone dash for a word", () => {
  assertEquals(parseArgs(["-ab", "-c", "x", "-"]), { _: ["-"], a: true, b: true, c: "x" });
});

Deno.test("parseArgs() does not touch the prototype of its result", () => {
  const args = parseArgs(["--__proto__=x", "--constructor=y"], {
    unknown: (_arg: string, key?: string) => !key,
  });
  assertEquals(Object.getPrototypeOf(args), Object.prototype);
  assertEquals(Object.keys(args), ["_"]);
});
