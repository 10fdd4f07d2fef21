/** Whether processes of this system can share memory that is sealed. */
export const isLinux = Deno.build.os === "linux";

/** Calls of the C library that tests make as a stranger would. */
export function libc() {
  const library = Deno.dlopen("libc.so.6", {
    ftruncate: { parameters: ["i32", "i64"], result: "i32" },
    open: { parameters: ["buffer", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
  });
  return { ...library.symbols, [Symbol.dispose]: () => library.close() };
}

/** The places where a process has shared memory mapped. */
export async function mappedMemory(pid: number): Promise<string[]> {
  // Deno reads /proc with --allow-all alone.
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/maps`] }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line.includes("memfd:dari"));
}
