/** Bytes in a buffer of their own, as upstream names the type. */
export type Uint8Array_ = ReturnType<Uint8Array["slice"]>;

/** The bytes of a text (as UTF-8) or of a buffer, without a copy where there is one already. */
export function bytesOf(source: string | Uint8Array | ArrayBuffer): Uint8Array {
  if (typeof source === "string") return new TextEncoder().encode(source);
  return source instanceof Uint8Array ? source : new Uint8Array(source);
}

/**
 * Refuses a text as upstream does: by its length in UTF-8 first, then by its first character that
 * is not of the alphabet.
 *
 * @param text The text without its padding.
 * @param encoding What it should be, for the message.
 * @param alphabet Matches one character of it.
 * @param isLength Whether a length is possible.
 * @throws {RangeError} For a length that no encoding has.
 * @throws {TypeError} For a character that is not of the alphabet.
 */
export function checkEncoded(
  text: string,
  encoding: string,
  alphabet: RegExp,
  isLength: (length: number) => boolean,
): void {
  const { length } = bytesOf(text);
  if (!isLength(length)) {
    throw new RangeError(`Cannot decode input as ${encoding}: ${length} is no length of it`);
  }
  const wrong = [...text].find((character) => !alphabet.test(character));
  if (wrong === undefined) return;
  throw new TypeError(`Cannot decode input as ${encoding}: Invalid character (${wrong})`);
}
