import { isInstalled } from "./installed.ts";

/** Whether the machine has a Python with the modules that the tests need. */
export const hasPython: boolean = await isInstalled(
  "python3",
  "-c",
  "import ssl, socket, json, hashlib",
);
if (!hasPython) console.log("no python3: programs in Python are not run");

/** Runs a Python program of this directory, with a JSON value on standard input. */
export async function python(script: string, args: readonly string[], input: unknown = null) {
  const path = new URL(script, import.meta.url).pathname;
  const child = new Deno.Command("python3", {
    args: [path, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // A program that does not read its input may have ended already.
  await writer.write(new TextEncoder().encode(JSON.stringify(input))).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout).trimEnd(), err: decoder.decode(stderr) };
}
