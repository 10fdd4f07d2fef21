/**
 * Rewrites the file that it is told, with one letter over and over, then with the next; says so
 * after each. A test kills it on the way.
 *
 * @module
 */

import { writeFileAtomic } from "../../lib/base/files.ts";

const [path = "", length = "0"] = Deno.args;
for (let round = 0;; round++) {
  const letter = String.fromCharCode("a".charCodeAt(0) + round % 26);
  await writeFileAtomic(path, letter.repeat(Number(length)));
  console.log(letter);
}
