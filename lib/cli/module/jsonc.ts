/**
 * JSON with comments and trailing commas, as configuration files have it.
 *
 * @module
 */

/** A string, a comment, or a comma with nothing but room and comments before its bracket. */
const TOKENS =
  /"(?:\\.|[^"\\])*"|\/\/[^\n]*|\/\*.*?\*\/|,(?=(?:\s|\/\/[^\n]*\n|\/\*.*?\*\/)*[\]}])/gs;

/**
 * Reads a configuration file.
 *
 * @param text Its text.
 * @returns The value.
 * @throws {SyntaxError} For text that is not JSON but for comments and trailing commas.
 */
export function parseJsonc(text: string): unknown {
  return JSON.parse(text.replace(TOKENS, (token) => token.startsWith('"') ? token : " "));
}
