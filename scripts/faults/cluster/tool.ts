/**
 * Programs of the system that are run and waited for.
 *
 * @module
 */

/**
 * Runs a program.
 *
 * @param program Which.
 * @param args Its arguments.
 * @returns What it printed; `undefined` where it failed, or there is none.
 */
export async function tool(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const command = new Deno.Command(program, { args: [...args], stdin: "null", stderr: "null" });
    const { success, stdout } = await command.output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined; // there is no such program
  }
}
