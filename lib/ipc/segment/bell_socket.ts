/**
 * The socket beside the memory that two ends share.
 *
 * @module
 */

/** The part of a Unix socket that this needs. */
export interface BellSocket {
  /** Reads into the memory; gives the number of bytes, or `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes and gives their number. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the writing side. */
  closeWrite(): Promise<void>;
  /** Ends both sides. */
  close(): void;
}
