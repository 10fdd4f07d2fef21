/**
 * SHA-256 of what comes piece by piece, for browsers: Web Crypto hashes only what is in memory.
 *
 * @see {@link https://nvlpubs.nist.gov/nistpubs/FIPS/NIST.FIPS.180-4.pdf | FIPS 180-4}
 * @module
 */

/** Section 4.2.2: 32 bits of the cube roots of the first 64 primes. */
const K = Uint32Array.from(rootsOfPrimes(64, Math.cbrt));
/** Section 5.3.3: 32 bits of the square roots of the first 8 primes. */
const INITIAL = rootsOfPrimes(8, Math.sqrt);

const BLOCK = 64;

/** A hash under way. */
export class Sha256 {
  readonly #state = Uint32Array.from(INITIAL);
  readonly #words = new Uint32Array(K.length);
  readonly #block = new Uint8Array(BLOCK);
  readonly #view = new DataView(this.#block.buffer);
  #length = 0;

  /** Adds a piece. */
  update(bytes: Uint8Array): this {
    for (let at = 0; at < bytes.length;) {
      const filled = this.#length % BLOCK;
      const part = bytes.subarray(at, at + BLOCK - filled);
      this.#block.set(part, filled);
      this.#length += part.length;
      at += part.length;
      if (this.#length % BLOCK === 0) this.#compress();
    }
    return this;
  }

  /**
   * Ends the hash.
   *
   * @param encoding The form; hexadecimal is the only one.
   * @returns The hash.
   */
  digest(_encoding: "hex"): string {
    // Section 5.1.1: a bit, zeros, and the length in bits.
    const bits = BigInt(this.#length) * 8n;
    this.update(Uint8Array.of(0x80));
    while (this.#length % BLOCK !== BLOCK - 8) this.update(Uint8Array.of(0));
    const length = new DataView(new ArrayBuffer(8));
    length.setBigUint64(0, bits);
    this.update(new Uint8Array(length.buffer));
    return Array.from(this.#state, (word) => word.toString(16).padStart(8, "0")).join("");
  }

  /** Section 6.2.2. */
  #compress(): void {
    const w = this.#words;
    for (let t = 0; t < 16; t++) w[t] = this.#view.getUint32(4 * t);
    for (let t = 16; t < w.length; t++) {
      const [x, y] = [w[t - 15]!, w[t - 2]!];
      const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
      const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
      w[t] = w[t - 16]! + s0 + w[t - 7]! + s1;
    }
    const state = this.#state;
    let [a, b, c, d] = [state[0]!, state[1]!, state[2]!, state[3]!];
    let [e, f, g, h] = [state[4]!, state[5]!, state[6]!, state[7]!];
    for (let t = 0; t < w.length; t++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[t]! + w[t]!) | 0;
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      // One by one: an exchange of all through an array takes ten times as long.
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    state.set([
      ...[state[0]! + a, state[1]! + b, state[2]! + c, state[3]! + d],
      ...[state[4]! + e, state[5]! + f, state[6]! + g, state[7]! + h],
    ]);
  }
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function rootsOfPrimes(count: number, root: (prime: number) => number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  }
  return primes.map((prime) => Math.floor((root(prime) % 1) * 0x1_0000_0000));
}
