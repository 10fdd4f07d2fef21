/**
 * The reference of the command line, made from what the commands declare.
 *
 * @module
 */

import type { Command, CommandTable } from "../../lib/cli/app/command.ts";
import { labelOf, type Operand, type Option } from "../../lib/cli/app/option.ts";
import { listOf } from "../../lib/cli/app/value_type.ts";

const HEAD = `# The command line

\`dari COMMAND --help\` shows the same. Every command takes \`--json\`, which prints one JSON value, and
\`--help\`; both together print the help as data. A command that fails prints one line and ends with an [exit code](errors.md). Secrets come
from a prompt, from standard input or from a file with mode 0600, and never from arguments.`;

/**
 * Writes the page.
 *
 * @param table All commands.
 * @returns Markdown.
 */
export async function cliPage(table: CommandTable): Promise<string> {
  const parts: string[] = [];
  for (const [name, { summary, load }] of Object.entries(table)) {
    const { command } = await load();
    parts.push(commandPart(name, summary, command));
  }
  return [HEAD, indexOf(table), ...parts].join("\n\n");
}

function indexOf(table: CommandTable): string {
  const rows = Object.entries(table).map(([name, { summary }]) =>
    `| [\`dari ${name}\`](#dari-${name.replaceAll(" ", "-")}) | ${summary} |`
  );
  return ["| command | what it does |", "| --- | --- |", ...rows].join("\n");
}

function commandPart(name: string, summary: string, command: Command): string {
  const { examples, operands, options, notes } = command;
  const words = Object.values(operands).map(({ type, isRepeatable, isRequired }) => {
    const word = `${type.placeholder}${isRepeatable ? "..." : ""}`;
    return isRequired ? word : `[${word}]`;
  });
  const lines = examples.map((example) =>
    typeof example === "string" ? example : `${example[0]}  # ${example[1]}`
  );
  const rows = [
    ...Object.values(operands).map((operand) => rowOf(operand.type.placeholder, operand)),
    ...Object.entries(options).filter(([key]) => key !== "json").map(([key, option]) =>
      rowOf(`${option.letter ? `-${option.letter}, ` : ""}${labelOf(key, options)}`, option)
    ),
  ];
  return [
    `## dari ${name}`,
    `${summary}. Usage: \`${["dari", name, ...words, "[OPTION...]"].join(" ")}\``,
    `\`\`\`sh\n${lines.join("\n")}\n\`\`\``,
    ...(rows.length === 0 ? [] : [["| | |", "| --- | --- |", ...rows].join("\n")]),
    ...notes.map(escapeMarkdown),
  ].join("\n\n");
}

function rowOf(label: string, item: Option<unknown> | Operand<unknown>): string {
  const { help, type } = item;
  const isOption = "defaultText" in item;
  const choices = Array.isArray(type?.completes) ? `: ${listOf(type.completes)}` : "";
  const remarks = [
    isOption && item.isRequired ? "required" : "",
    isOption && item.isRepeatable ? "may be repeated" : "",
    isOption && item.defaultText !== undefined ? `default \`${item.defaultText}\`` : "",
  ].filter(Boolean).join("; ");
  const meaning = `${escapeMarkdown(help.trim())}${choices}${
    remarks === "" ? "" : ` (${remarks})`
  }`;
  return `| \`${label}\` | ${meaning.replaceAll("|", "\\|")} |`;
}

/** What Markdown would read as markup stands for itself. */
function escapeMarkdown(text: string): string {
  return text.replace(/[*<_]/g, "\\$&");
}
