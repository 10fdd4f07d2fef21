import type { Io } from "../../app/command.ts";
import { report } from "../../app/report.ts";

/**
 * Prints a new API key.
 *
 * @param options What the user typed.
 * @param io Where it is printed.
 * @param made The key's text, which holds its secret, and what is known of it.
 */
export function reportNewKey(
  options: { readonly json: boolean },
  io: Io,
  { key, text }: { readonly key: object; readonly text: string },
): void {
  report(options, io, { ...key, apiKey: text }, [text]);
  if (!options.json) io.warn("keep it now: it is not shown again");
}
