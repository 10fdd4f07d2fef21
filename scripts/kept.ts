/**
 * Where tests and benches keep what they have built or installed, from run to run: outside the project,
 * and outside the folder of temporary files that `deno task test` removes.
 *
 * @module
 */

/** The variable that names another folder. */
export const KEPT_FOLDER_VARIABLE = "DARI_KEPT";

/** The folder. */
export function keptFolder(): string {
  return Deno.env.get(KEPT_FOLDER_VARIABLE) ?? Deno.env.get("TMPDIR") ?? "/tmp";
}
