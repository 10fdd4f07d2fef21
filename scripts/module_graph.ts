/**
 * Reads which file imports which from `deno info --json`, so that Deno's own parser tells imports
 * from comments and text.
 *
 * @module
 */

/** Tests have libraries of their own, which `deno task run` must not fetch. */
export const FLAGS_FOR_TESTS: readonly string[] = [
  "--import-map=tests/import_map.json",
  "--lock=tests/deno.lock",
];

/** One import of one file. */
export interface ImportEdge {
  /** The importing file, relative to the project's root. */
  readonly from: string;
  /** The specifier as it is written. */
  readonly written: string;
  /** The imported file, relative to the root; the specifier if it is not a file of the project. */
  readonly to: string;
  /** `type` if the import is erased before the program runs. */
  readonly kind: "value" | "type";
  /** Whether it is an `import()` that runs only when it is reached. */
  readonly dynamic: boolean;
  /** The line of the import, from 1. */
  readonly line: number;
}

/** The part of `deno info --json` that is read here. */
interface Resolution {
  specifier?: string;
  error?: string;
  span: { start: { line: number } };
}

interface InfoModule {
  specifier: string;
  error?: string;
  dependencies?: {
    specifier: string;
    code?: Resolution;
    type?: Resolution;
    isDynamic?: boolean;
  }[];
}

/** The output of `deno info --json`, as far as it is read here. */
export interface InfoOutput {
  /** The modules of the graph. */
  modules: InfoModule[];
}

/**
 * Lists the project's source files.
 *
 * @param root The project's root, without a slash at its end.
 * @param folders Folders under the root; absent ones count as empty.
 * @returns Paths relative to the root, sorted.
 */
export async function listSources(root: string, folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for await (const entry of Deno.readDir(`${root}/${folder}`)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory && entry.name !== "node_modules") await walk(path);
      else if (entry.isFile && entry.name.endsWith(".ts")) found.push(path);
    }
  };
  for (const folder of folders) {
    await walk(folder).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
  return found.sort();
}

/**
 * Turns one graph of `deno info` into edges.
 *
 * @param info The parsed output.
 * @param root The project's root, without a slash at its end.
 * @returns The edges that start in project files, by file.
 * @throws {Error} If a module of the project does not load or an import does not resolve.
 */
export function edgesOf(info: InfoOutput, root: string): Map<string, ImportEdge[]> {
  const prefix = `file://${root}/`;
  const relative = (url: string) => url.startsWith(prefix) ? url.slice(prefix.length) : url;
  const files = new Map<string, ImportEdge[]>();
  for (const module of info.modules) {
    if (module.error !== undefined) throw new Error(module.error);
    if (!module.specifier.startsWith(prefix)) continue;
    const from = relative(module.specifier);
    files.set(
      from,
      (module.dependencies ?? []).map(({ specifier, code, type, isDynamic = false }) => {
        const target = code ?? type;
        if (target?.specifier === undefined) {
          throw new Error(`${from}: ${target?.error ?? `cannot resolve "${specifier}"`}`);
        }
        return {
          from,
          written: specifier,
          to: relative(target.specifier),
          kind: code ? "value" : "type",
          dynamic: isDynamic,
          line: target.span.start.line + 1,
        };
      }),
    );
  }
  return files;
}

/**
 * Reads the imports of files and of everything in the project that they reach.
 *
 * @param root The project's root, without a slash at its end.
 * @param paths Files relative to the root.
 * @param flags Further flags of `deno info`.
 * @returns Every edge, by importing file.
 * @throws {Error} If a file does not parse or an import does not resolve.
 */
export async function readModuleGraph(
  root: string,
  paths: readonly string[],
  flags: readonly string[] = [],
): Promise<Map<string, ImportEdge[]>> {
  // One graph of all costs half a second, and one for each file a minute.
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const imports = paths.map((path) => `import ${JSON.stringify(`file://${root}/${path}`)};\n`);
    await Deno.writeTextFile(entry, imports.join(""));
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", ...flags, entry],
      cwd: root,
    }).output();
    if (!success) throw new Error(`deno info: ${new TextDecoder().decode(stderr)}`);
    return edgesOf(JSON.parse(new TextDecoder().decode(stdout)), root);
  } finally {
    await Deno.remove(entry);
  }
}
