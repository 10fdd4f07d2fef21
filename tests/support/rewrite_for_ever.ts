/**
 * Rewrites a file without end, each time filled with the next letter, and prints the letter after
 * each write. A test kills it.
 *
 * @module
 */

import { writeFileAtomic } from "../../lib/base/file/files.ts";

const [path = "", length = "0"] = Deno.args;
for (let round = 0;; round++) {
  const letter = String.fromCharCode("a".charCodeAt(0) + round % 26);
  await writeFileAtomic(path, letter.repeat(Number(length)));
  console.log(letter);
}
