/** The output of openssl. */
export interface OpensslOutput {
  readonly success: boolean;
  /** Standard output and standard error, one after the other. */
  readonly text: string;
}

/** Runs openssl, so that tests can compare it with dari; ends it if it waits for input. */
export async function openssl(directory: string, ...args: string[]): Promise<OpensslOutput> {
  const signal = AbortSignal.timeout(10_000);
  const command = new Deno.Command("openssl", { args, cwd: directory, stdin: "null", signal });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { success, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** Whether the machine has openssl; without it, the tests that need it are ignored. */
export const hasOpenssl: boolean = await openssl(".", "version").then(
  ({ success }) => success,
  () => false,
);
