import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { PushedChunks } from "../../../lib/transport/pushed/pushed_chunks.ts";

const encode = (text: string) => new TextEncoder().encode(text);

function opened() {
  const errors: unknown[] = [];
  const chunks = new PushedChunks((error) => errors.push(error));
  return { chunks, errors };
}

Deno.test("PushedChunks joins the lines of all its chunks, and keeps what is no whole line", () => {
  const { chunks } = opened();
  for (const text of ["a\nb", "b\nc\n", "d"]) chunks.push(encode(text));
  assertEquals(chunks.unreadBytes, 8);
  assertEquals(chunks.take(), "a\nbb\nc\n");
  assertEquals([chunks.unreadBytes, chunks.pendingBytes, chunks.take()], [0, 1, null]);
});

Deno.test("PushedChunks gives each line and blob of a chunk without another chunk behind it", () => {
  const { chunks } = opened();
  chunks.takesBlobs = true;
  chunks.push(encode("a\n#3\n\n\n\nb\n#0\n#2\nxyc\nd"));
  const taken = Array.from({ length: 7 }, () => chunks.take());
  const [long, empty, short] = [encode("\n\n\n"), encode(""), encode("xy")];
  assertEquals(taken, ["a\n", long, "b\n", empty, short, "c\n", null]);
  assertEquals([chunks.unreadBytes, chunks.pendingBytes], [0, 1]);
});

Deno.test("PushedChunks gives nothing of what it dropped", () => {
  const { chunks } = opened();
  chunks.takesBlobs = true;
  chunks.push(encode("a\n#1\nxb\n"));
  assertEquals(chunks.take(), "a\n");
  chunks.push(encode("c\n"));
  chunks.drop();
  assertEquals([chunks.take(), chunks.unreadBytes], [null, 0]);
});

Deno.test("PushedChunks tells of a line that cannot be kept, behind the lines before it", () => {
  const { chunks, errors } = opened();
  chunks.maxLineBytes = 4;
  chunks.push(encode("a\n"));
  chunks.push(encode("x".repeat(limits.maxLineOverrun * 4 + 1)));
  assertEquals([chunks.take(), errors.length], ["a\n", 1]);
});

Deno.test("PushedChunks decodes a chunk of whole lines where it lies, if nothing waits before it", () => {
  const { chunks } = opened();
  chunks.maxLineBytes = 8;
  assertEquals(chunks.linesAlone(encode("a\nb\n")), "a\nb\n");
  for (const text of ["a", "a\nb", "123456789\n"]) {
    assertEquals(chunks.linesAlone(encode(text)), null);
  }
  assertEquals(chunks.linesAlone(encode("#1\n")), "#1\n");
  chunks.takesBlobs = true;
  assertEquals(chunks.linesAlone(encode("a\nb\n")), "a\nb\n");
  for (const text of ["a", "a\nb", "a\n#1\n", "#1\n"]) {
    assertEquals(chunks.linesAlone(encode(text)), null);
  }
  chunks.push(encode("a"));
  assertEquals(chunks.linesAlone(encode("b\n")), null);
  assertEquals(chunks.take(), null);
  assertEquals(chunks.linesAlone(encode("b\n")), null);
});
