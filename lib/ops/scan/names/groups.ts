/**
 * The groups of key agreement (RFC 8446 section 4.2.7), by IANA's numbers and names.
 *
 * @module
 */

const groups = new Map<number, string>([
  [29, "x25519"],
  [23, "secp256r1"],
  [24, "secp384r1"],
  [25, "secp521r1"],
  [30, "x448"],
  [0x11ec, "X25519MLKEM768"],
  [0x11eb, "SecP256r1MLKEM768"],
  [0x11ed, "SecP384r1MLKEM1024"],
  [0x6399, "X25519Kyber768Draft00"],
  [0x0200, "MLKEM512"],
  [0x0201, "MLKEM768"],
  [0x0202, "MLKEM1024"],
  [256, "ffdhe2048"],
  [257, "ffdhe3072"],
  [258, "ffdhe4096"],
  [259, "ffdhe6144"],
  [260, "ffdhe8192"],
  [31, "brainpoolP256r1tls13"],
  [32, "brainpoolP384r1tls13"],
  [33, "brainpoolP512r1tls13"],
  [26, "brainpoolP256r1"],
  [27, "brainpoolP384r1"],
  [28, "brainpoolP512r1"],
  [22, "secp256k1"],
  [21, "secp224r1"],
  [20, "secp224k1"],
  [19, "secp192r1"],
  [18, "secp192k1"],
  [17, "secp160r2"],
  [16, "secp160r1"],
  [15, "secp160k1"],
  [14, "sect571r1"],
  [13, "sect571k1"],
  [12, "sect409r1"],
  [11, "sect409k1"],
  [10, "sect283r1"],
  [9, "sect283k1"],
  [8, "sect239k1"],
  [7, "sect233r1"],
  [6, "sect233k1"],
  [5, "sect193r2"],
  [4, "sect193r1"],
  [3, "sect163r2"],
  [2, "sect163r1"],
  [1, "sect163k1"],
]);

/** A group's name, or its number where it has none. */
export function nameOfGroup(group: number): string {
  return groups.get(group) ?? `0x${group.toString(16).padStart(4, "0")}`;
}

/** Groups that TLS 1.3 may use; what is common comes first. */
export const groupsOf13: readonly number[] = [...groups.keys()].filter((group) =>
  group > 28 || (group >= 23 && group <= 25)
);

/** Curves that TLS 1.2 and older may use. */
export const curvesOf12: readonly number[] = [...groups.keys()].filter((group) => group <= 30);

/** Whether a group gives less than 112 bits of security (NIST SP 800-57 part 1, section 5.6.1). */
export function isWeakGroup(group: number): boolean {
  return group <= 5 || (group >= 15 && group <= 19);
}
