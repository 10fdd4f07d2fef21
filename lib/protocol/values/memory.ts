/**
 * Typed arrays and buffers as bytes. The bytes are those of the memory, little-endian, as on every
 * processor that runs Deno.
 *
 * @module
 */

/** What is made of bytes: the table's word for it, the size of an element, and how it is made. */
interface MemoryType {
  readonly bytesPerElement: number;
  readonly make: (memory: ArrayBuffer) => object;
}

/** The types of the wire that are memory. */
const memoryTypes: ReadonlyMap<string, MemoryType> = new Map([
  ["bytes", { bytesPerElement: 1, make: (memory) => new Uint8Array(memory) }],
  ["int8array", { bytesPerElement: 1, make: (memory) => new Int8Array(memory) }],
  ["uint8clampedarray", { bytesPerElement: 1, make: (memory) => new Uint8ClampedArray(memory) }],
  ["int16array", { bytesPerElement: 2, make: (memory) => new Int16Array(memory) }],
  ["uint16array", { bytesPerElement: 2, make: (memory) => new Uint16Array(memory) }],
  ["int32array", { bytesPerElement: 4, make: (memory) => new Int32Array(memory) }],
  ["uint32array", { bytesPerElement: 4, make: (memory) => new Uint32Array(memory) }],
  ["bigint64array", { bytesPerElement: 8, make: (memory) => new BigInt64Array(memory) }],
  ["biguint64array", { bytesPerElement: 8, make: (memory) => new BigUint64Array(memory) }],
  ["float32array", { bytesPerElement: 4, make: (memory) => new Float32Array(memory) }],
  ["float64array", { bytesPerElement: 8, make: (memory) => new Float64Array(memory) }],
  ["arraybuffer", { bytesPerElement: 1, make: (memory) => memory }],
  ["dataview", { bytesPerElement: 1, make: (memory) => new DataView(memory) }],
]);

/** The names of the types that are memory. */
export const memoryTypeNames: readonly string[] = [...memoryTypes.keys()];

/**
 * The type of memory.
 *
 * @param value A view or a buffer.
 * @returns Its name on the wire; `undefined` for what is not memory, or has no name there.
 */
export function memoryTypeOf(value: object): string | undefined {
  if (!ArrayBuffer.isView(value)) return value instanceof ArrayBuffer ? "arraybuffer" : undefined;
  // Its tag is the built-in type's own, also for a subclass such as Buffer.
  const name = (value as Uint8Array | DataView)[Symbol.toStringTag].toLowerCase();
  return name === "uint8array" ? "bytes" : memoryTypes.has(name) ? name : undefined;
}

/**
 * The bytes of memory, not copied unless the memory is shared with other threads.
 *
 * @param value A view or a buffer.
 * @returns Its bytes.
 */
export function bytesOf(value: ArrayBufferView | ArrayBuffer): Uint8Array<ArrayBuffer> {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  const { buffer, byteOffset, byteLength } = value;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return buffer instanceof ArrayBuffer ? bytes as Uint8Array<ArrayBuffer> : new Uint8Array(bytes);
}

/**
 * Makes a value of bytes.
 *
 * @param type The name of its type on the wire.
 * @param bytes Its bytes. Where they fill their buffer they are not copied.
 * @returns The value; `undefined` where the bytes are no whole number of elements.
 */
export function fromBytes(type: string, bytes: Uint8Array): object | undefined {
  const found = memoryTypes.get(type);
  if (found === undefined || bytes.length % found.bytesPerElement !== 0) return undefined;
  const { buffer } = bytes;
  const fills = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length;
  return found.make(fills ? buffer : new Uint8Array(bytes).buffer);
}
