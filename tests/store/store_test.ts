import { assertEquals, assertThrows } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
import { checkKey, checkOperations, VersionConflictError } from "../../lib/store/store.ts";

Deno.test("checkKey() takes 1 to 512 of the characters that every form can keep", () => {
  for (const key of ["a", "session/abc_DEF-0.9=", "k".repeat(limits.maxStoreKeyLength)]) {
    checkKey(key);
  }
});

Deno.test("checkKey() refuses everything else, and says what a key may have", () => {
  for (
    const key of [
      "",
      "k".repeat(limits.maxStoreKeyLength + 1),
      "a b",
      "a\0",
      "다리",
      "a\n",
      "a*",
      "a>b",
    ]
  ) {
    assertThrows(() => checkKey(key), RangeError, "use 1 to 512 of A-Z a-z 0-9 _ = . / -");
  }
});

Deno.test("checkOperations() names the key that appears twice", () => {
  const operations = [{ kind: "put", key: "a", value: "" }, { kind: "delete", key: "a" }] as const;
  assertThrows(() => checkOperations(operations), RangeError, 'key "a" appears twice');
});

Deno.test("checkOperations() refuses a value that SQLite would cut, and names its key", () => {
  const operations = [{ kind: "put", key: "a", value: "x\0y" }] as const;
  assertThrows(() => checkOperations(operations), RangeError, 'key "a" contains U+0000');
});

Deno.test("checkOperations() takes a batch of none", () => {
  checkOperations([]);
});

Deno.test("VersionConflictError may be tried again, and says so", () => {
  const error = new VersionConflictError("a");
  assertEquals([error.code, error.retryable], ["failed_precondition", true]);
});
