/**
 * Runs a program of `tests/support` among mounts of its own, which no other process sees.
 *
 * @param mount A command of the shell that mounts something at `$1`.
 * @param path What `$1` is.
 * @param program The file, its arguments and the permissions of Deno.
 * @param env Variables for it.
 * @returns What it printed, as JSON, and what it said on standard error; `undefined` where this user may
 * mount nothing, which the test then says.
 */
export async function runAmongMounts<Result>(
  mount: string,
  path: string,
  program: { readonly args: readonly string[]; readonly permissions: readonly string[] },
  env: Record<string, string> = {},
): Promise<{ found: Result; said: string } | undefined> {
  const deno = [Deno.execPath(), "run", "--quiet", "--no-check", ...program.permissions];
  const { success, stdout, stderr } = await new Deno.Command("unshare", {
    args: [
      ...["--user", "--map-root-user", "--mount"],
      ...["sh", "-c", `${mount} && shift && exec "$@"`, "sh", path],
      ...[...deno, ...program.args],
    ],
    env,
  }).output();
  const said = new TextDecoder().decode(stderr);
  if (!success && /unshare|mount/.test(said)) {
    console.log("skipped: this user may make no mounts of its own");
    return undefined;
  }
  if (!success) throw new Error(said);
  return { found: JSON.parse(new TextDecoder().decode(stdout)), said };
}
