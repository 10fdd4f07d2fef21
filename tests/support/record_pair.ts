import { RecordCipher, SECRET_BYTES } from "../../lib/transport/tls/records/record_cipher.ts";
import { RecordStream } from "../../lib/transport/tls/records/record_stream.ts";
import { loadSodium } from "../../lib/transport/tls/records/sodium.ts";
import { bytePipe, type PipeEnd, type Tap } from "./byte_pipe.ts";

/** Two ends that speak in records, and the keys of each direction. */
export interface RecordPair {
  readonly near: RecordStream;
  readonly far: RecordStream;
  /** What carries them. */
  readonly ends: readonly [PipeEnd, PipeEnd];
  /** The secrets that the near end seals and opens with; it wipes them. */
  readonly secrets: readonly [Uint8Array, Uint8Array];
}

/**
 * Makes them.
 *
 * @param tap What becomes of what the near end sends.
 */
export async function recordPair(tap?: Tap): Promise<RecordPair> {
  const sodium = await loadSodium();
  const [there, back] = [secret(), secret()];
  const secrets = [there.slice(), back.slice()] as const;
  const ends = bytePipe(tap);
  const cipher = (secret: Uint8Array) => new RecordCipher(sodium, secret);
  const near = new RecordStream({
    stream: ends[0],
    peer: { transport: "memory", address: "far" },
    ciphers: { seal: cipher(secrets[0]), open: cipher(secrets[1]) },
  });
  const far = new RecordStream({
    stream: ends[1],
    peer: { transport: "memory", address: "near" },
    ciphers: { seal: cipher(back), open: cipher(there) },
  });
  return { near, far, ends, secrets };
}

/** Key and IV of one direction. */
export function secret(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
}

/** Writes all of the bytes. */
export async function writeAll(
  stream: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await stream.write(rest));
}

/** Reads to the end. */
export async function readAll(
  stream: { read(into: Uint8Array): Promise<number | null> },
  memory = new Uint8Array(50_000),
): Promise<number[]> {
  const found: number[] = [];
  for (let n = await stream.read(memory); n !== null; n = await stream.read(memory)) {
    for (let at = 0; at < n; at++) found.push(memory[at]!);
  }
  return found;
}
