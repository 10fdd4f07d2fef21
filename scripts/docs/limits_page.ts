/**
 * The reference of limits, made from the tables of lib/base/limits and the comments beside them.
 *
 * @module
 */

import { limits } from "../../lib/base/limits.ts";
import { DAY_MS, HOUR_MS, KiB, MiB, MINUTE_MS } from "../../lib/base/limits/units.ts";

/** The rooms' tables, and what each bounds. */
const rooms: Readonly<Record<string, string>> = {
  rpc: "Calls and servers",
  client: "Clients",
  transport: "Connections",
  auth: "Accounts and sign-in",
  cert: "Certificates",
  store: "The store",
  messages: "Messages",
  http: "HTTPS",
  programs: "Other programs",
  ipc: "Threads and processes",
  threads: "Several threads for one server",
  mcp: "Models (MCP)",
  audit: "The audit",
  ops: "Logs, and the command line",
};

const HEAD = `# Limits

Every bound and every default of dari, as this version has them. An option overrides one for a single
server, client or command where the [CLI](cli.md) or a doc comment says so. What is over a limit fails
its own call with \`resource_exhausted\`, and its connection only where that cannot be helped.`;

/** A limit as its table declares it. */
interface Declared {
  readonly name: string;
  readonly meaning: string;
}

/**
 * Writes the page.
 *
 * @param read Reads a table of lib/base/limits by its room.
 * @returns Markdown.
 */
export async function limitsPage(read: (room: string) => Promise<string>): Promise<string> {
  const parts = [HEAD];
  for (const [room, title] of Object.entries(rooms)) {
    parts.push(`## ${title}`, ...sectionsOf(await read(room)));
  }
  return parts.join("\n\n");
}

/** The tables of one room, each under the comment that stands over its limits. */
function sectionsOf(source: string): string[] {
  const sections = source.split(/^ {2}\/\/ (.+)\.$/m);
  const parts: string[] = [];
  for (let index = 0; index < sections.length; index += 2) {
    const declared = declaredIn(sections[index] ?? "");
    if (declared.length === 0) continue;
    const heading = sections[index - 1];
    if (heading !== undefined) parts.push(`### ${heading}`);
    parts.push(tableOf(declared));
  }
  return parts;
}

function declaredIn(source: string): Declared[] {
  const members = /(?: {2}\/\*\*([^]*?)\*\/\n)? {2}(\w+): /g;
  return [...source.matchAll(members)].map(([, comment = "", name = ""]) => ({
    name,
    meaning: comment.replace(/^\s*\* ?/gm, "").replaceAll("\\'", "'").replace(/\s+/g, " ").trim(),
  }));
}

function tableOf(declared: readonly Declared[]): string {
  const known: Readonly<Record<string, unknown>> = limits;
  const rows = declared.map(({ name, meaning }) =>
    `| \`${name}\` | ${formatLimit(name, known[name])} | ${meaning.replaceAll("|", "\\|")} |`
  );
  return ["| limit | value | meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

/**
 * Writes the value of a limit in the largest unit that fits.
 *
 * @param name The limit's name, whose end is its unit.
 * @param value Its value.
 * @returns Text such as `16 MiB`, `30 s` or `1,024`.
 */
export function formatLimit(name: string, value: unknown): string {
  if (typeof value !== "number") return Array.isArray(value) ? value.join(", ") : `\`${value}\``;
  const units = name.endsWith("Ms")
    ? { days: DAY_MS, h: HOUR_MS, min: MINUTE_MS, s: 1_000, ms: 1, µs: 1e-3 }
    : name.endsWith("Us")
    ? { µs: 1 }
    : /Bytes(?![a-z])/.test(name)
    ? { MiB, KiB, bytes: 1 }
    : {};
  const countOf = (size: number) => Number((value / size).toFixed(3));
  const [unit, size] =
    Object.entries(units).find(([, size]) => value >= size && Number.isInteger(countOf(size))) ??
      ["", 1];
  const count = countOf(size);
  const unitText = unit === "days" && count === 1 ? "day" : unit;
  return `${count.toLocaleString("en")} ${unitText}`.trim();
}
