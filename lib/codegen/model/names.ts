/**
 * Names of a document as names of a language.
 *
 * @module
 */

/**
 * Letters that every language here has had in its names for ten years: Latin, Greek, Cyrillic,
 * Armenian, Hebrew, Kana, Han and Hangul. Others would hang on the version of a compiler.
 */
const PORTABLE =
  /[a-zA-Z0-9\u00c0-\u024f\u0370-\u03ff\u0400-\u052f\u0531-\u0556\u0561-\u0586\u05d0-\u05ea\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fa5\uac00-\ud7a3]/u;

/**
 * Cuts a text into words: at what is no letter or digit, and where small letters turn to capitals.
 *
 * @param text A name of a document: `orders.getById`, `HTTP_status`.
 * @returns The words in lower case: `orders`, `get`, `by`, `id`. At least one.
 */
export function wordsOf(text: string): string[] {
  const letters = Array.from(
    text.normalize("NFKC"),
    (letter) => PORTABLE.test(letter) && /[\p{L}\p{Nd}]/u.test(letter) ? letter : " ",
  ).join("");
  const words = letters
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .split(" ").filter((word) => word !== "").map((word) => word.toLowerCase().normalize("NFKC"));
  return words.length === 0 ? ["unnamed"] : words;
}

/** `ordersCreate` */
export function camelCase(text: string): string {
  const [first = "", ...rest] = wordsOf(text);
  return startingWithLetter(first + rest.map(capitalized).join(""), "n");
}

/** `OrdersCreate` */
export function pascalCase(text: string): string {
  return startingWithLetter(wordsOf(text).map(capitalized).join(""), "N");
}

/** `orders_create` */
export function snakeCase(text: string): string {
  return startingWithLetter(wordsOf(text).join("_"), "n");
}

function capitalized(word: string): string {
  const [first = "", ...rest] = word;
  const capital = first.toUpperCase();
  // ŉ and its like become two letters, of which one is no letter of a name.
  return (capital.length === first.length ? capital : first) + rest.join("");
}

function startingWithLetter(name: string, letter: string): string {
  return /^\d/.test(name) ? `${letter}${name}` : name;
}

/** Gives out names of one scope, each once. */
export class Names {
  readonly #reserved: ReadonlySet<string>;
  readonly #taken = new Set<string>();
  readonly #suffix: string;

  /**
   * @param reserved Names that nobody gets: keywords, and what the client has itself.
   * @param suffix What is put behind such a name where it is wanted.
   */
  constructor(reserved: Iterable<string>, suffix = "") {
    this.#reserved = new Set(reserved);
    this.#suffix = suffix;
  }

  /**
   * Takes a name.
   *
   * @param wanted The name as it should be.
   * @returns It, or with a suffix or the lowest number behind it that makes it one of its own.
   */
  take(wanted: string): string {
    const first = this.#reserved.has(wanted) ? wanted + this.#suffix : wanted;
    let name = first;
    for (let number = 2; this.#reserved.has(name) || this.#taken.has(name); number++) {
      name = `${first}${number}`;
    }
    this.#taken.add(name);
    return name;
  }
}
