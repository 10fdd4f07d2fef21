/**
 * IP addresses as octets, the form in which certificates hold them.
 *
 * @module
 */

/**
 * Reads an IP address.
 *
 * @param text For instance `127.0.0.1` or `fd00::1`; no brackets, no zone.
 * @returns 4 or 16 octets; `undefined` where the text is not an address.
 */
export function parseIp(text: string): Uint8Array<ArrayBuffer> | undefined {
  return text.includes(":") ? parseV6(text) : parseV4(text);
}

/**
 * Writes an IP address, IPv6 in the form of RFC 5952.
 *
 * @param octets 4 or 16 octets.
 */
export function formatIp(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join(".");
  const groups: number[] = [];
  for (let i = 0; i < octets.length; i += 2) groups.push(octets[i]! * 256 + octets[i + 1]!);
  const { start, length } = longestZeros(groups);
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

/**
 * Reads a range of addresses.
 *
 * @param text For instance `127.0.0.0/8`; one address stands for the range of itself alone.
 * @returns Address and mask, as a name constraint holds them (8 or 32 octets); `undefined` where
 * the text is not a range, or has address bits outside its mask.
 */
export function parseIpRange(text: string): Uint8Array<ArrayBuffer> | undefined {
  const [address, prefix, ...rest] = text.split("/");
  const octets = parseIp(address!);
  if (octets === undefined || rest.length > 0) return undefined;
  const bits = octets.length * 8;
  if (prefix !== undefined && !/^(0|[1-9]\d{0,2})$/.test(prefix)) return undefined;
  const length = prefix === undefined ? bits : Number(prefix);
  if (length > bits) return undefined;
  const mask = octets.map((_, i) => 0xff & ~(0xff >> Math.min(Math.max(length - i * 8, 0), 8)));
  if (octets.some((octet, i) => (octet & ~mask[i]!) !== 0)) return undefined;
  return Uint8Array.of(...octets, ...mask);
}

/**
 * Writes a range of addresses as `address/prefix`, or as `address/mask` where the mask has holes.
 *
 * @param range 8 or 32 octets.
 */
export function formatIpRange(range: Uint8Array): string {
  const half = range.length / 2;
  const mask = range.subarray(half);
  const bits = Array.from(mask, (octet) => octet.toString(2).padStart(8, "0")).join("");
  const end = /^1*0*$/.test(bits) ? bits.replace(/0+$/, "").length : formatIp(mask);
  return `${formatIp(range.subarray(0, half))}/${end}`;
}

/**
 * Whether an address lies in a range (RFC 5280 section 4.2.1.10).
 *
 * @param octets 4 or 16 octets.
 * @param range 8 or 32 octets.
 */
export function ipInRange(octets: Uint8Array, range: Uint8Array): boolean {
  if (range.length !== octets.length * 2) return false;
  return octets.every((octet, i) => ((octet ^ range[i]!) & range[octets.length + i]!) === 0);
}

function parseV4(text: string): Uint8Array<ArrayBuffer> | undefined {
  const parts = text.split(".");
  // "010" is 8 to some readers and 10 to others: refused.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) {
    return undefined;
  }
  const numbers = parts.map(Number);
  return numbers.every((number) => number < 256) ? Uint8Array.from(numbers) : undefined;
}

function parseV6(text: string): Uint8Array<ArrayBuffer> | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = v6Octets(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? v6Octets(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined;
  return Uint8Array.from([...head, ...Array<number>(missing).fill(0), ...tail]);
}

/** The octets of groups between colons; the last may be an IPv4 address. */
/** An IPv4 address may stand at the end alone (RFC 4291 section 2.2). */
function v6Octets(text: string, isEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const groups = text.split(":");
  const octets: number[] = [];
  for (const [i, group] of groups.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = parseInt(group, 16);
      octets.push(value >> 8, value & 0xff);
      continue;
    }
    const v4 = isEnd && i === groups.length - 1 ? parseV4(group) : undefined;
    if (v4 === undefined) return undefined;
    octets.push(...v4);
  }
  return octets;
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  return best;
}
