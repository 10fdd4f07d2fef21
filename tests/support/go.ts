import { keptFolder } from "../../scripts/kept.ts";
import { isInstalled } from "./installed.ts";

/** Whether the machine has a Go toolchain. */
export const hasGo: boolean = await isInstalled("go", "version");
if (!hasGo) console.log("no go: programs in Go are not run");

/** Go keeps what it has compiled here, so that only the first build takes seconds. */
const CACHE = `${keptFolder()}/dari-go-cache`;

/** The environment of the compiler: no modules, no C. */
export const goEnvironment = { GOCACHE: CACHE, GO111MODULE: "off", CGO_ENABLED: "0" };

/**
 * Compiles a program of one file.
 *
 * @param source The file, by its path.
 * @returns The program's path, in a folder of its own, and what removes it.
 */
export async function compileGo(source: string): Promise<AsyncDisposable & { program: string }> {
  const folder = await Deno.makeTempDir();
  const program = `${folder}/program`;
  const { success, stderr } = await new Deno.Command("go", {
    args: ["build", "-o", program, source],
    env: goEnvironment,
  }).output();
  if (!success) throw new Error(`go build ${source}: ${new TextDecoder().decode(stderr)}`);
  return { program, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}
