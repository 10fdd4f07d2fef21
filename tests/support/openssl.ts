/** What openssl said. */
export interface OpensslOutput {
  readonly success: boolean;
  /** Standard output and standard error, one after the other. */
  readonly text: string;
}

/** Runs openssl, which the tests use as a second opinion; ends it where it talks to nobody. */
export async function openssl(directory: string, ...args: string[]): Promise<OpensslOutput> {
  const signal = AbortSignal.timeout(10_000);
  const command = new Deno.Command("openssl", { args, cwd: directory, stdin: "null", signal });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { success, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** Whether the machine has openssl; where not, the tests that ask it are left out. */
export const hasOpenssl: boolean = await openssl(".", "version").then(
  ({ success }) => success,
  () => false,
);
