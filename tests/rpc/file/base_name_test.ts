import { assertEquals } from "@std/assert";
import { baseName } from "../../../lib/rpc/file/base_name.ts";

Deno.test("baseName() gives what is behind the folders of either system", () => {
  for (
    const [path, name] of [
      ["notes.txt", "notes.txt"],
      ["/etc/passwd", "passwd"],
      ["../../secret", "secret"],
      ["C:\\Users\\mina\\notes.txt", "notes.txt"],
      ["a/b\\c", "c"],
      ["two\nlines/notes", "notes"],
      ["...", "..."],
      ["다리.txt", "다리.txt"],
    ] as const
  ) {
    assertEquals(baseName(path), name, path);
  }
});

Deno.test("baseName() gives no name that a file cannot have", () => {
  for (const path of ["", "folder/", "folder\\", ".", "..", "a/..", "a\\.", "null\0byte"]) {
    assertEquals(baseName(path), undefined, JSON.stringify(path));
  }
});
