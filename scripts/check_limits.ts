/**
 * Checks that bounds and defaults stand in `lib/base/limits/` and nowhere else.
 *
 * @module
 */

import { listSources } from "./module_graph.ts";

/** Numbers that look like bounds, but are fixed by a specification or lay out memory. */
const fixedElsewhere: Readonly<Record<string, string>> = {
  "form.ts MAX_PORT": "TCP counts ports in 16 bits",
  "form.ts MAX_SOCKET_PATH_BYTES": "the kernel keeps the path of a Unix socket in 108 bytes",
  "datagrams.ts MAX_PATH_BYTES": "the kernel keeps the path of a Unix socket in 108 bytes",
  "record_ciphers.ts TAG_BYTES": "RFC 5116 section 5.1",
  "record_ciphers.ts EXPLICIT_NONCE_BYTES": "RFC 5288 section 3",
  "sodium.ts TAG_BYTES": "RFC 8439 section 2.8",
  "record_cipher.ts HEADER_BYTES": "RFC 8446 section 5.2",
  "record_cipher.ts KEY_BYTES": "RFC 8439 section 2.8",
  "record_cipher.ts IV_BYTES": "RFC 8446 section 5.3",
  "key_pair.ts P256_POINT_BYTES": "SEC 1 section 2.3.3",
  "decode.ts MAX_FAST_DIGITS": "numbers of 15 digits are exact in a double",
  "distinguished_name.ts MAX_ATTRIBUTE_LENGTH": "RFC 5280 appendix A.1",
  "record_line.ts NONCE_BYTES": "NIST SP 800-38D section 8.2",
  "sqlite_errors.ts SHARED_BYTES": "https://sqlite.org/walformat.html#the_wal_index_file_format",
  "stream_config.ts STREAM_NOT_FOUND": "errors of JetStream",
  "stream_config.ts NAME_IN_USE": "errors of JetStream",
  "stream_config.ts NOT_CLUSTERED": "errors of JetStream",
  "stream_config.ts NO_PEERS": "errors of JetStream",
  "stream_config.ts NO_LEADER": "errors of JetStream",
  "stream_config.ts NOT_LEADER": "errors of JetStream",
  "jetstream_api.ts MESSAGE_NOT_FOUND": "errors of JetStream",
  "jetstream_api.ts SEQUENCE_NOT_FOUND": "errors of JetStream",
  "seal.ts NONCE_BYTES": "NIST SP 800-38D section 8.2",
  "record_cipher.ts TAG_BYTES": "RFC 5116 section 5.1",
  "parts.ts HEAD_BYTES": "layout of a part",
  "rsa_encryption.ts OAEP_OVERHEAD_BYTES": "RFC 8017 section 7.1.1",
  "detached.ts P256_COORDINATE_BYTES": "SEC 1 section 2.3.5",
  "segment.ts UPPER_HALF": "a number of 8 bytes is two of 4",
  "line_length.ts BYTES_PER_UNIT": "UTF-8: a UTF-16 unit is three bytes at most",
  "pipe_core.ts LIVENESS_BYTES": "layout of shared memory",
  "frames.ts MAX_HEADER_BYTES": "layout of a frame",
  "frame.ts REPLY_HEADER_BYTES": "layout of a frame",
  "frame.ts REQUEST_HEADER_BYTES": "layout of a frame",
  "frame.ts WINDOW_BYTES": "docs/wire.md, NATS",
  "frame.ts FRAME_HEAD_BYTES": "RFC 9113 section 4.1",
  "frame.ts MAX_FRAME_BYTES": "RFC 9113 section 4.2",
  "frame.ts DEFAULT_WINDOW_BYTES": "RFC 9113 section 6.9.2",
  "frame.ts MAX_WINDOW_BYTES": "RFC 9113 section 6.9.1",
  "frame_writer.ts SETTING_BYTES": "RFC 9113 section 6.5.1",
  "settings.ts SETTING_BYTES": "RFC 9113 section 6.5.1",
  "settings.ts MAX_FRAME_SETTING": "RFC 9113 section 6.5.2",
  "decoder.ts HEADER_OVERHEAD_BYTES": "RFC 9113 section 6.5.2",
  "dynamic_table.ts ENTRY_OVERHEAD_BYTES": "RFC 7541 section 4.1",
  "huffman.ts MAX_BITS": "RFC 7541 appendix B",
  "slots.ts CODE_BITS": "layout of a word",
  "sealed_memory.ts STATX_BYTES": "layout of struct statx",
  "sealed_memory.ts STATX_SIZE_AT": "layout of struct statx",
  "sealed_memory.ts STATX_UID_AT": "layout of struct statx",
  "core.ts CORE_SET_BYTES": "layout of cpu_set_t",
  "core_times.ts LINE_BYTES": "layout of lines in /proc",
  "segment.ts PAGE_BYTES": "the processor's page",
  "segment.ts TOKEN_BYTES": "layout of shared memory",
  "segment.ts TOKEN_AT": "layout of shared memory",
  "segment.ts MAX_PID": "the system counts processes and descriptors in 31 bits",
  "records.ts PAGE": "the processor's page",
  "records.ts CONTROL_BYTES": "layout of shared memory",
  "records.ts MAX_SKIPS": "layout: one skip at the end, two before a page",
  "ring.ts BYTES": "names a kind of ring",
  "versioned_message.ts MIN_MESSAGE_MEMORY_BYTES": "layout: length, version, and 8 bytes",
  "versioned_message.ts PREFIX_BYTES": "layout of shared memory",
  "versioned_message.ts VERSION_BYTES": "layout of shared memory",
};

/** The runtime of generated clients stands alone; a test compares its bounds with those of the limits. */
const EXEMPT = /^lib\/(?:base\/limits|std\/|cli\/demo\/|codegen\/typescript\/runtime\/)/;
const CONSTANT = /^(?:export )?const (\w+)(?:: number)? = ([\d\s_.+*/()<-]+);/;
const BOUND_WORDS = "MAX|MIN|MS|SECONDS|DAYS|BYTES|BITS|LENGTH|SIZE|COUNT|LIMIT|TRIES|ATTEMPTS|" +
  "RETRIES|RETRY|RENEW|LIFE|AFTER|PAUSES?|CALLS|ITERATIONS|SHARE|SHOWN|SKIPS";
const BOUND_NAME = new RegExp(`(?:^|_)(?:${BOUND_WORDS})(?:_|$)`);
/** 1_000 by itself is allowed: it converts between seconds and milliseconds. */
const INLINE = /(?<![\w.])(?!1_000\b)\d{1,3}(?:_\d{3})+\b|2 \*\* \d\d|1 << [12]\d|\* ?1024\b/;
const TIMER = /\b(?:setTimeout|setInterval|delay|deadline|settlesWithin)\(.*, \d+\)|\bdelay\(\d+/;

/**
 * Checks one file.
 *
 * @param path The file, relative to the project's root.
 * @param text Its content.
 * @returns One line for each number that belongs in the limits.
 */
export function checkLimits(path: string, text: string): string[] {
  if (!path.startsWith("lib/") || EXEMPT.test(path)) return [];
  const file = path.slice(path.lastIndexOf("/") + 1);
  return withoutTextAndComments(text).split("\n").flatMap((line, index) => {
    const [, name, value] = CONSTANT.exec(line) ?? [];
    if (name !== undefined && `${file} ${name}` in fixedElsewhere) return [];
    const shout = name?.replace(/([a-z])([A-Z])/g, "$1_$2").toUpperCase() ?? "";
    const found = BOUND_NAME.test(shout) ? value : (INLINE.exec(line) ?? TIMER.exec(line))?.[0];
    if (found === undefined) return [];
    return [
      `${path}:${index + 1}: "${found}" is a bound or a default; give it a name with its unit in ` +
      "lib/base/limits/, or list it in scripts/check_limits.ts with who fixes it",
    ];
  });
}

/**
 * Finds limits that two tables name: the later one would silently take the place of the other.
 *
 * @param tables The text of each table, by its path.
 * @returns One line for each name that is taken.
 */
export function checkNamedOnce(tables: ReadonlyMap<string, string>): string[] {
  const takenBy = new Map<string, string>();
  return [...tables].flatMap(([path, text]) =>
    [...withoutTextAndComments(text).matchAll(/^ {2}(\w+):/gm)].flatMap(([, name = ""]) => {
      const other = takenBy.get(name);
      takenBy.set(name, path);
      return other === undefined ? [] : [`${path}: "${name}" is a limit of ${other} already`];
    })
  );
}

/** Blanks comments and text out, and keeps every line where it was. */
export function withoutTextAndComments(text: string): string {
  return text.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|`(?:\\[\s\S]|[^`\\])*`|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g,
    (part) => part.replace(/[^\n]/g, " "),
  );
}

if (import.meta.main) {
  const sources = await listSources(Deno.cwd(), ["lib"]);
  const found: string[] = [];
  const tables = new Map<string, string>();
  for (const path of sources) {
    const text = await Deno.readTextFile(path);
    if (path.startsWith("lib/base/limits/")) tables.set(path, text);
    found.push(...checkLimits(path, text));
  }
  found.push(...checkNamedOnce(tables));
  for (const line of found) console.error(line);
  if (found.length > 0) Deno.exit(1);
  console.log(`${sources.length} files keep their bounds in lib/base/limits`);
}
