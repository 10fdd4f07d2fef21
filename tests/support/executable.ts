/** The output and exit code of an executable. */
export interface Ended {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** An executable in an empty environment: no PATH, no home, its own folder for temporary files. */
export interface Executable {
  /** Runs it to its end. */
  run(words: readonly string[], options?: Deno.CommandOptions): Promise<Ended>;
  /** Runs it until it says that it is ready, and ends it when disposed of. */
  start(words: readonly string[]): Promise<AsyncDisposable>;
}

/** Makes an executable that unpacks itself below a temporary folder. */
export function executable(path: string, temporary: string): Executable {
  const command = (words: readonly string[], options: Deno.CommandOptions = {}) =>
    new Deno.Command(path, {
      args: [...words],
      clearEnv: true,
      env: { PATH: "", TMPDIR: temporary },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      ...options,
    });
  const decoder = new TextDecoder();
  return {
    async run(words, options) {
      const { code, stdout, stderr } = await command(words, options).output();
      return { code, output: decoder.decode(stdout), errors: decoder.decode(stderr) };
    },
    async start(words) {
      const child = command(words, { stderr: "inherit" }).spawn();
      const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
      for (let seen = ""; !seen.includes("ready\n");) {
        const { done, value } = await lines.read();
        if (done) throw new Error(`${path} ended before it was ready: ${seen}`);
        seen += value;
      }
      return {
        async [Symbol.asyncDispose]() {
          child.kill("SIGTERM");
          while (!(await lines.read()).done);
          await child.status;
        },
      };
    },
  };
}
