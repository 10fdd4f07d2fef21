/**
 * What becomes a stream when it is sent.
 *
 * @module
 */

/** What is known of a file before it is read. */
export interface FileInfo {
  /** Its name without folders. */
  readonly name?: string | undefined;
  /** Its length in bytes. */
  readonly size: number;
  /** Its media type. */
  readonly type?: string | undefined;
}

/** The member by which an object says that it is sent as a file. */
export const fileInfo: unique symbol = Symbol("dari.fileInfo");

/** A file that is read piece by piece when it is sent. */
export interface FileSource {
  /** What is known of it. */
  readonly [fileInfo]: FileInfo;
  /** Reads it from its beginning; called again where it is sent again. */
  read(): AsyncIterable<Uint8Array>;
  /** Ends it where nobody has begun to read it, and nobody will. */
  end?(): void;
}

/**
 * What is known of a value that is sent as a file.
 *
 * @param value Any object.
 * @returns What is known of it; `undefined` for what is not sent as a file.
 */
export function fileInfoOf(value: object): FileInfo | undefined {
  if (fileInfo in value) return value[fileInfo] as FileInfo;
  if (!(value instanceof Blob)) return undefined;
  const { size, type } = value;
  const name = value instanceof File && value.name !== "" ? value.name : undefined;
  return { name, size, type: type === "" ? undefined : type };
}

/** Whether a value that is no file is sent as a stream: one that gives its items one by one. */
export function isStreamSource(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value && typeof value[Symbol.asyncIterator] === "function";
}
