/** Whether a program is there and runs with these arguments. */
export async function isInstalled(command: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args }).output()).success;
  } catch {
    return false; // it throws at once where there is no such program
  }
}
