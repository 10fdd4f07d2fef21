import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { foldName } from "../../../lib/auth/mod.ts";
import { checkRoles } from "../../../lib/auth/account/account.ts";
import { checkText } from "../../../lib/auth/account/names.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";

Deno.test("foldName() folds case, width, composition and the kind of space", () => {
  for (
    const [spelling, name] of [
      ["Alice", "alice"],
      ["ＡＬＩＣＥ", "alice"],
      ["  john\u00a0\u3000doe ", "john doe"],
      ["Jose\u0301", "josé"],
      ["ｶﾞｽ", "ガス"],
      ["다리", "다리"],
      ["다리".normalize("NFD"), "다리"],
      ["ΣΊΣΥΦΟΣ", "σίσυφος"],
      ["a.b-c_d@e", "a.b-c_d@e"],
    ] as const
  ) assertEquals(foldName(spelling), name);
});

Deno.test("foldName() takes a name of maxNameBytes, counted once it is folded, and no longer one", () => {
  const longest = "é".repeat(limits.maxNameBytes / 2);
  assertEquals(foldName(longest.normalize("NFD")), longest);
  assertThrows(
    () => foldName(`${longest}a`),
    DariError,
    `longer than ${limits.maxNameBytes} bytes`,
  );
});

Deno.test("foldName() refuses characters that a name may not have, and says which", () => {
  const refused: Record<string, string> = {
    "": "empty",
    "   ": "empty",
    "al\0ice": "U+0000",
    "al\nice": "U+000a",
    "al\u200bice": "U+200b",
    "al\u202eice": "U+202e",
    "alice🙂": "U+1f642",
    "ﬁsh": "compatibility",
    "aliceשלום": "directions",
    "\ud800": "well-formed",
    ["a".repeat(129)]: "longer than 128 bytes",
  };
  for (const [name, reason] of Object.entries(refused)) {
    const error = assertThrows(() => foldName(name), DariError, reason);
    assertEquals(error.code, "invalid_params");
  }
});

Deno.test("foldName() refuses every character without a shape, so that no name looks like another", () => {
  let tried = 0;
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code);
    if (!/\p{Default_Ignorable_Code_Point}/u.test(character)) continue;
    for (const name of [`admin${character}`, `${character}admin`, `ad${character}min`]) {
      assertThrows(() => foldName(name), DariError, undefined, `U+${code.toString(16)}`);
    }
    assertThrows(() => checkRoles([`a${character}`]), DariError);
    tried++;
  }
  assert(tried > 4_000, `${tried}`);
});

Deno.test("foldName() refuses a word of scripts that look alike, and takes words of different ones", () => {
  for (
    const name of ["\u0430dmin", "adm\u0456n", "\u03bfwner", "pa\u0443ment", "j\u00f6hn \u0455mith"]
  ) {
    assertThrows(() => foldName(name), DariError, "look alike");
  }
  for (
    const name of ["админ", "иван smith", "иван.smith", "ωμέγα-7", "ガスgas", "다리x", "jos\u00e9"]
  ) {
    assertEquals(foldName(name), name.normalize("NFC"));
  }
});

Deno.test("foldName() leaves a folded name as it is", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
    let folded: string;
    try {
      folded = foldName(text);
    } catch {
      return;
    }
    assertEquals(foldName(folded), folded);
    assert(!folded.includes("\0"));
  }));
});

Deno.test("checkText() accepts any script, and refuses control characters and those that turn the direction", () => {
  assertEquals(checkText("Jose\u0301 🙂", "field"), "José 🙂");
  for (const text of ["a\x1b[31m", "a\nb", "\x9b", "\0", "a\u202eb", "\u2066a", "a\u200f"]) {
    assertThrows(() => checkText(text, "e-mail"), DariError, "e-mail");
  }
  assertThrows(() => checkText("a".repeat(1_025), "e-mail"), DariError, "1025");
});
