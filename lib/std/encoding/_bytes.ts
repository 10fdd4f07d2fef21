/** Bytes in a buffer of their own, as upstream names the type. */
export type Uint8Array_ = ReturnType<Uint8Array["slice"]>;

/** The bytes of a text (as UTF-8) or of a buffer, without a copy where there is one already. */
export function bytesOf(source: string | Uint8Array | ArrayBuffer): Uint8Array {
  if (typeof source === "string") return new TextEncoder().encode(source);
  return source instanceof Uint8Array ? source : new Uint8Array(source);
}
