import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { checkThreads, threadCount } from "../../../lib/cli/serving/thread_count.ts";

Deno.test("threadCount takes auto and numbers within the bound", () => {
  assertEquals(threadCount.parse("auto"), navigator.hardwareConcurrency);
  const most = limits.maxServingThreads;
  assertEquals(["1", "12", `${most}`].map((text) => threadCount.parse(text)), [1, 12, most]);
  for (const text of ["0", "-1", "1e9", "1000000000", `${most + 1}`, "two", "1.5", " 2"]) {
    assertEquals(threadCount.parse(text), undefined, text);
  }
});

Deno.test("checkThreads refuses threads that would have no port", () => {
  checkThreads(1, ["unix:/run/dari.sock"]);
  checkThreads(2, ["unix:/run/dari.sock", "tls://localhost:9090?client-ca=ca.crt"]);
  const error = assertThrows(() => checkThreads(2, ["unix:/run/dari.sock"]), DariError);
  assertEquals(error.code, "usage");
});
