/**
 * The text of a command's `--help`, made from what the command declares.
 *
 * @module
 */

import type { Command } from "./command.ts";
import { formatRows, type Row, wrap } from "./layout.ts";
import { commonOptions, labelOf, type Operand, type Option, type Options } from "./option.ts";
import { listOf } from "./value_type.ts";

/** The widest label that its meaning stands beside; a wider one has a line of its own. */
const WIDEST_LABEL = 22;

/**
 * The help of one command.
 *
 * @param name Its name: `cert issue`.
 * @param summary What it does.
 * @param command What it declares.
 * @returns Lines of at most 80 columns; they open with the examples.
 */
export function formatHelp(name: string, summary: string, command: Command): string {
  const { json, help, ...own } = { ...commonOptions, ...command.options } as Options;
  const options = { ...own, json, help } as Options;
  const operandRows = Object.values(command.operands)
    .map((operand): Row => [operand.type.placeholder, meaningOf(operand)]);
  const optionRows = Object.entries(options)
    .map(([key, option]): Row => [labelWithLetter(key, options), meaningOf(option)]);
  const rows = [...operandRows, ...optionRows];
  const width = Math.min(WIDEST_LABEL, Math.max(...rows.map(([label]) => label.length)));
  return [
    formatExamples(command),
    wrap(`${summary}.`),
    [`Usage: ${usageOf(name, command)}`],
    formatRows(operandRows, width),
    formatRows(optionRows, width),
    ...command.notes.map((note) => wrap(note)),
  ].filter((part) => part.length > 0).map((lines) => lines.join("\n")).join("\n\n");
}

function formatExamples({ examples }: Command): string[] {
  const width = Math.max(...examples.map((each) => typeof each === "string" ? 0 : each[0].length));
  return examples.map((each) =>
    typeof each === "string" ? `  ${each}` : `  ${each[0].padEnd(width)}  ${each[1]}`
  );
}

function usageOf(name: string, { operands }: Command): string {
  const words = Object.values(operands).map(({ type, isRepeatable, isRequired }) => {
    const word = `${type.placeholder}${isRepeatable ? "..." : ""}`;
    return isRequired ? word : `[${word}]`;
  });
  return ["dari", name, ...words, "[OPTION...]"].join(" ");
}

function labelWithLetter(key: string, options: Options): string {
  const letter = options[key]?.letter;
  return `${letter === undefined ? "" : `-${letter}, `}${labelOf(key, options)}`;
}

function meaningOf(item: Option<unknown> | Operand<unknown>): string {
  const completes = item.type?.completes;
  const isOption = "defaultText" in item;
  const notes = [
    isOption && item.isRequired ? "required" : "",
    isOption && item.isRepeatable ? "may be repeated" : "",
    isOption && item.defaultText !== undefined ? `default ${item.defaultText}` : "",
  ].filter(Boolean).join("; ");
  const choices = Array.isArray(completes) ? `: ${listOf(completes)}` : "";
  return `${item.help}${choices}${notes === "" ? "" : ` (${notes})`}`;
}
