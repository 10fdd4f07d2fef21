import { assertEquals } from "@std/assert";
import { DariError, type ErrorCode } from "../../../lib/base/errors.ts";
import { diskFailure } from "../../../lib/base/file/disk_failure.ts";
import { writeFileAtomic } from "../../../lib/base/file/files.ts";
import { limits } from "../../../lib/base/limits.ts";

function told(code: ErrorCode, cause?: unknown): string | undefined {
  return diskFailure(new DariError(code, 'Cannot write "/secret/path"', { cause }))?.code;
}

Deno.test("diskFailure() tells a full disk from one that fails", () => {
  // As the runtime throws it.
  const full = Object.assign(new Error("No space left on device (os error 28)"), {
    code: "ENOSPC",
  });
  const sqlite = (errcode: number) => Object.assign(new Error("sqlite"), { errcode });
  assertEquals(told("io", full), "resource_exhausted");
  assertEquals(told("io", sqlite(13)), "resource_exhausted");
  assertEquals(told("io", sqlite(13 | (1 << 8))), "resource_exhausted");
  assertEquals(
    told("io", Object.assign(new Error("quota"), { code: "EDQUOT" })),
    "resource_exhausted",
  );
  assertEquals(told("io", new DariError("io", "outer", { cause: full })), "resource_exhausted");
  assertEquals(told("io", sqlite(10)), "unavailable");
  assertEquals(told("io", "no error"), "unavailable");
  assertEquals(told("io"), "unavailable");
});

Deno.test("diskFailure() says when to try again and names no path, and leaves other errors alone", async () => {
  const error = await writeFileAtomic("/no/such/folder/file", "x").catch((error) => error);
  const { message, retryable, retryAfterMs } = diskFailure(error)!;
  assertEquals([message.includes("/no"), retryable, retryAfterMs], [
    false,
    true,
    limits.diskRetryAfterMs,
  ]);
  assertEquals(told("internal"), undefined);
  assertEquals(told("data"), undefined);
});
