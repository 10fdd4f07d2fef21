/**
 * Messages in the language of the locale.
 *
 * @module
 */

import { korean } from "./korean.ts";
import type { Language } from "./language.ts";

/** The messages with `{}`, each as what finds it and its Korean. */
const templates = Object.entries(korean).filter(([text]) => text.includes("{}"))
  .map(([text, translated]) => ({
    pattern: new RegExp(`^${text.split("{}").map(escaped).join("(.*)")}$`, "s"),
    translated,
  }));

/**
 * Translates a message.
 *
 * @param text The message in English.
 * @param language The language.
 * @returns The message in that language; as it is where the table does not have it.
 */
export function translate(text: string, language: Language): string {
  if (language === "en") return text;
  if (Object.hasOwn(korean, text)) return korean[text] ?? text;
  for (const { pattern, translated } of templates) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const values = found.slice(1);
    return translated.replaceAll("{}", () => values.shift() ?? "");
  }
  return text;
}

/**
 * Whether a message is in the table, so that a page of help is in one language alone.
 *
 * @param text The message in English.
 * @param language The language.
 */
export function isTranslated(text: string, language: Language): boolean {
  return language === "en" || Object.hasOwn(korean, text);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
