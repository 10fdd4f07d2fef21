/**
 * The definitions of another server's tools, as they were accepted. A model does what a definition tells
 * it to, so a definition that changes is a program that changes.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { readOwnFile, writeFileAtomic } from "../base/file/files.ts";
import { limits } from "../base/limits.ts";
import type { WriteLog } from "../base/text/write_log.ts";

/** A tool as its server defines it: whatever stands there is part of the definition. */
export type ToolDefinition = Readonly<Record<string, unknown>> & { readonly name: string };

/** What became of the tools of a server. */
export interface CheckedTools {
  /** Those that were accepted before and are still there, as they were accepted. */
  readonly known: readonly ToolDefinition[];
  /** The names of those whose definition was not accepted: it is new, or another one. */
  readonly refused: ReadonlySet<string>;
}

/** A definition that waits to be accepted, beside the one that was. */
export interface ChangedTool {
  readonly name: string;
  readonly before: ToolDefinition | undefined;
  readonly after: ToolDefinition;
}

type Definitions = Readonly<Record<string, ToolDefinition>>;

interface Content {
  readonly accepted: Definitions;
  readonly changed: Definitions;
}

/** The file of a data directory that keeps the definitions. */
export class PinFile {
  readonly #path: string;
  readonly #tell: WriteLog;
  /** Of two copies of a program that start at once, one looks after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param data The data directory.
   * @param tell Hears what was pinned, and what has changed.
   */
  constructor(data: string, tell: WriteLog = () => {}) {
    this.#path = `${data}/${limits.mcpPinFile}`;
    this.#tell = tell;
  }

  /**
   * Compares the tools of a server with what was accepted. The first time all are.
   *
   * @param tools The tools.
   * @returns Which are known, and which are refused.
   * @throws {DariError} `data` for a file that is damaged, `io` for one that cannot be used.
   */
  check(tools: readonly ToolDefinition[]): Promise<CheckedTools> {
    const checked = this.#turn.then(() => this.#check(tools));
    this.#turn = checked.catch(() => {});
    return checked;
  }

  /** Lists the definitions that wait to be accepted. */
  async changed(): Promise<ChangedTool[]> {
    const { accepted, changed } = await this.#read() ?? NOTHING;
    return Object.values(changed).map((after) => ({
      name: after.name,
      before: ownOf(accepted, after.name),
      after,
    }));
  }

  /**
   * Accepts definitions.
   *
   * @param names The tools.
   * @throws {DariError} `usage` for a tool whose definition has not changed.
   */
  async accept(names: readonly string[]): Promise<void> {
    const { accepted, changed } = await this.#read() ?? NOTHING;
    const unknown = names.find((name) => ownOf(changed, name) === undefined);
    if (unknown !== undefined) {
      throw new DariError("usage", `No definition of "${unknown}" waits to be accepted`);
    }
    const taken = names.map((name) => changed[name]!);
    await this.#write({
      accepted: { ...accepted, ...byName(taken) },
      changed: byName(Object.values(changed).filter(({ name }) => !names.includes(name))),
    });
  }

  async #check(tools: readonly ToolDefinition[]): Promise<CheckedTools> {
    const before = await this.#read();
    if (before === undefined) {
      await this.#write({ accepted: byName(tools), changed: {} });
      this.#tell(`definitions of tools pinned: ${tools.length}`, "info");
      return { known: tools, refused: new Set() };
    }
    const { accepted, changed } = before;
    const differing = tools.filter((tool) => !isSame(ownOf(accepted, tool.name), tool));
    // A tool that is again what was accepted has nothing to wait for.
    const settled = new Set(
      tools.filter((tool) => !differing.includes(tool)).map(({ name }) => name),
    );
    const others = Object.values(changed).filter(({ name }) => !settled.has(name));
    const waiting = { ...byName(others), ...byName(differing) };
    if (canonical(waiting) !== canonical(changed)) {
      await this.#write({ accepted, changed: waiting });
    }
    for (const { name } of differing) {
      const what = ownOf(accepted, name) === undefined ? "is new" : "has changed";
      this.#tell(`the definition of the tool "${name}" ${what}: dari mcp accept ${name}`, "warn");
    }
    return {
      known: tools.flatMap(({ name }) => ownOf(accepted, name) ?? []),
      refused: new Set(differing.map(({ name }) => name)),
    };
  }

  async #read(): Promise<Content | undefined> {
    let text: string;
    try {
      text = await readOwnFile(this.#path);
    } catch (error) {
      if (await Deno.lstat(this.#path).then(() => true, () => false)) throw error;
      return undefined;
    }
    try {
      const { accepted, changed } = JSON.parse(text) as Content;
      if (isDefinitions(accepted) && isDefinitions(changed)) return { accepted, changed };
    } catch {
      // The error below covers text that is not JSON as well.
    }
    throw new DariError(
      "data",
      `${this.#path} is damaged; remove it to accept all tools as they are at the next start`,
    );
  }

  async #write(content: Content): Promise<void> {
    await writeFileAtomic(this.#path, `${JSON.stringify(content, undefined, 2)}\n`);
  }
}

const NOTHING: Content = { accepted: {}, changed: {} };

function byName(tools: readonly ToolDefinition[]): Definitions {
  return Object.fromEntries(tools.map((tool) => [tool.name, tool]));
}

function ownOf(definitions: Definitions, name: string): ToolDefinition | undefined {
  return Object.hasOwn(definitions, name) ? definitions[name] : undefined;
}

function isDefinitions(value: unknown): value is Definitions {
  return typeof value === "object" && value !== null &&
    Object.entries(value).every(([name, tool]) => tool?.name === name);
}

/** Whether two definitions are equal, whatever the order of their members. */
function isSame(left: ToolDefinition | undefined, right: ToolDefinition): boolean {
  return left !== undefined && canonical(left) === canonical(right);
}

function canonical(value: unknown): string {
  const sorted = (_: string, member: unknown): unknown =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => a < b ? -1 : 1))
      : member;
  return JSON.stringify(value, sorted);
}
