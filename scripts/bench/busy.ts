/**
 * Programs that compute while something is measured: how does it fare on a busy machine?
 *
 * @module
 */

/**
 * Starts programs that each keep one core busy, until they are disposed.
 *
 * @param cores How many.
 */
export function keepBusy(cores: number): AsyncDisposable {
  const children = Array.from({ length: cores }, () =>
    new Deno.Command(Deno.execPath(), {
      args: ["eval", "while (true);"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn());
  return {
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(children.map((child) => child.status));
    },
  };
}
