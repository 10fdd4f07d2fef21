import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  canShareMemory,
  createSealed,
  openSealed,
} from "../../../lib/ipc/segment/sealed_memory.ts";
import { isLinux, libc } from "../../support/segments.ts";

const SIZE = 8_192;
const READ_AND_WRITE = 2;

Deno.test({
  name: "memory of one process is opened at its place, and both see what either writes",
  ignore: !isLinux,
  fn() {
    const made = createSealed(SIZE);
    const opened = openSealed({ pid: Deno.pid, fd: made.fd }, SIZE);
    new Uint8Array(made.part(4_096, 8))[3] = 7;
    assertEquals(new Uint8Array(opened.part(4_096, 8))[3], 7);
    assertEquals(opened.fd, -1, "a mapping needs no descriptor");
    made.release();
    opened.release();
  },
});

Deno.test({
  name: "nobody shrinks or grows memory that another process has mapped",
  ignore: !isLinux,
  fn() {
    const made = createSealed(SIZE);
    using system = libc();
    assertEquals(system.ftruncate(made.fd, 4_096n), -1);
    assertEquals(system.ftruncate(made.fd, BigInt(2 * SIZE)), -1);
    made.release();
  },
});

Deno.test({
  name: "parts of memory that was released are empty, and a second release does nothing",
  ignore: !isLinux,
  fn() {
    const made = createSealed(SIZE);
    const words = new Int32Array(made.part(0, 64));
    made.release();
    made.release();
    assertEquals([words.length, made.fd], [0, -1]);
    assertThrows(() => Atomics.load(words, 0), TypeError);
  },
});

Deno.test({
  name: "openSealed() refuses what is not there, no memory, not sealed, or of another size",
  ignore: !isLinux,
  fn() {
    const made = createSealed(SIZE);
    const place = { pid: Deno.pid, fd: made.fd };
    const refuses = (open: () => unknown, code: string) =>
      assertEquals(assertThrows(open, DariError).code, code);
    refuses(() => openSealed(place, SIZE / 2), "failed_precondition");
    refuses(() => openSealed({ pid: Deno.pid, fd: 2 ** 20 }, SIZE), "not_found");
    refuses(() => openSealed({ pid: 2 ** 31 - 1, fd: 0 }, SIZE), "not_found");
    const file = Deno.makeTempFileSync();
    try {
      Deno.truncateSync(file, SIZE);
      using system = libc();
      const fd = system.open(new TextEncoder().encode(`${file}\0`), READ_AND_WRITE);
      refuses(() => openSealed({ pid: Deno.pid, fd }, SIZE), "failed_precondition");
      system.close(fd);
    } finally {
      Deno.removeSync(file);
    }
    made.release();
  },
});

Deno.test("canShareMemory() says what the system and the permissions allow", () => {
  assertEquals(canShareMemory(), isLinux);
});
