import { assert } from "@std/assert";
import { closeLocked } from "../../../lib/base/file/close_locked.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test({
  name: "closeLocked() gives the lock free although a copy of the file is open",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using directory = await tempDirectory();
    const path = await Deno.realPath(directory.path) + "/lock";
    const file = await Deno.open(path, { read: true, write: true, create: true });
    await file.lock(true);
    const libc = Deno.dlopen("libc.so.6", {
      readlink: { parameters: ["buffer", "buffer", "usize"], result: "isize" },
      dup: { parameters: ["i32"], result: "i32" },
      close: { parameters: ["i32"], result: "i32" },
    });
    const { readlink, dup, close } = libc.symbols;
    const target = new Uint8Array(4096);
    const isFile = (descriptor: number) => {
      const name = new TextEncoder().encode(`/proc/self/fd/${descriptor}\0`);
      const length = Number(readlink(name, target, BigInt(target.length)));
      return length > 0 && new TextDecoder().decode(target.subarray(0, length)) === path;
    };
    const descriptor = Array.from({ length: 4096 }, (_, at) => at).find(isFile);
    const copy = dup(descriptor ?? -1);
    try {
      assert(copy >= 0);
      closeLocked(file);
      using again = await Deno.open(path, { read: true, write: true });
      assert(await again.tryLock(true));
    } finally {
      close(copy);
      libc.close();
    }
  },
});
