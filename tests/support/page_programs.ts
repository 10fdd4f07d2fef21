import { shellExecFlags } from "../../lib/packaging/exec_permission.ts";
import { morePermissions, permissions } from "../../lib/packaging/permissions.ts";

/** The directory of this project, with a slash at its end. */
export const root: string = new URL("../../", import.meta.url).pathname;

/** The tasks load a module that only some commands need when such a command runs. */
const lateImports = "--unstable-lazy-dynamic-imports";

/** Where Deno keeps packages, which programs with a home of their own would look for there. */
export const denoDirectory: string = await denoInfo();

async function denoInfo(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

/**
 * Makes what the commands of a page find: `dari` and `deno` on the path, as a user has them, and a
 * configuration that knows `@dari/dari` without a registry.
 *
 * @param directory Gets a folder `bin`.
 * @param work Where the commands run.
 */
export async function programsFor(directory: string, work: string): Promise<void> {
  await Deno.mkdir(`${directory}/bin`);
  await writeConfiguration(work);
  const run = `"${Deno.execPath()}" run --quiet --no-check --cached-only`;
  await writeProgram(
    `${directory}/bin/deno`,
    `[ "$1" = run ] && shift && exec ${run} -A "$@"
[ "$1 $2" = "task run" ] && shift 2 && exec "${directory}/bin/dari" serve "$@"
[ "$1 $2" = "task dari" ] && shift 2 && exec "${directory}/bin/dari" "$@"
exec "${Deno.execPath()}" "$@"`,
  );
  // npx -y deno@VERSION is the same Deno here, without a registry.
  await writeProgram(`${directory}/bin/npx`, `shift 2 && exec "${directory}/bin/deno" "$@"`);
  const more = Object.entries(morePermissions)
    .map(([command, flags]) => `[ "$1" = ${command} ] && more="${flags.join(" ")}"`);
  await writeProgram(
    `${directory}/bin/dari`,
    `${more.join("\n")}
${shellExecFlags}
exec ${run} ${lateImports} --config "${work}/deno.json" ${
      permissions.join(" ")
    } $more $exec_flags "${root}cli.ts" "$@"`,
  );
}

/**
 * Writes a `deno.json` that has the imports of the tests, whatever folder it is in, and their lock
 * file beside it: without that, Deno asks the registry which versions there are, even offline.
 */
export async function writeConfiguration(work: string): Promise<void> {
  const { imports } = JSON.parse(await Deno.readTextFile(`${root}tests/import_map.json`));
  const absolute = Object.entries<string>(imports).map(([name, to]) => [
    name,
    to.startsWith("../") ? `file://${root}${to.slice(3)}` : to,
  ]);
  const std = [];
  for await (const { name } of Deno.readDir(`${root}lib/std`)) {
    const file = `${root}lib/std/${name}/deno.json`;
    const text = await Deno.readTextFile(file).catch(() => undefined);
    if (text === undefined) continue;
    const { name: package_, exports } = JSON.parse(text);
    for (const [entry, path] of Object.entries<string>(exports)) {
      std.push([`${package_}${entry.slice(1)}`, `file://${root}lib/std/${name}/${path.slice(2)}`]);
    }
  }
  const { compilerOptions } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const unstable = ["net"]; // as the deno.json of this project
  const configuration = {
    unstable,
    imports: Object.fromEntries([...absolute, ...std]),
    compilerOptions,
  };
  await Deno.writeTextFile(`${work}/deno.json`, JSON.stringify(configuration));
  await Deno.copyFile(`${root}tests/deno.lock`, `${work}/deno.lock`);
}

async function writeProgram(path: string, script: string): Promise<void> {
  await Deno.writeTextFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
