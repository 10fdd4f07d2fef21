/**
 * The beginning of a self-extracting executable: a script of the POSIX shell, which every Linux and
 * macOS has. It unpacks what follows it once, checks it at each start, and becomes it.
 *
 * It takes its tools from the system's folders alone, so that the caller's PATH may be empty, and
 * needs coreutils or busybox: sha256sum (or shasum), stat, ls, tail, mkdir, mv, rm, find, chmod. The program's
 * files are cut out and moved by the Deno binary, once its hash is right: a process of the shell for
 * each of five hundred files takes longer than all the rest of a first start.
 *
 * @module
 */

import { limits } from "../base/limits.ts";
import { shellExecFlags } from "./exec_permission.ts";
import { morePermissions, permissions } from "./permissions.ts";

/** A file inside the executable. */
export interface PackedFile {
  /** Its name in the unpacked directory. */
  readonly name: string;
  /** Where it begins, counted from the end of the script, in bytes. */
  readonly offset: number;
  /** Its length in bytes. */
  readonly length: number;
  /** Its SHA-256 in hexadecimal. */
  readonly hash: string;
}

/** The program that a launcher starts. */
export interface LauncherFacts {
  /** A description of the program, in one line. */
  readonly title: string;
  /** Identifies the content: other content is unpacked into another directory. */
  readonly id: string;
  /** The files of the program. */
  readonly files: readonly PackedFile[];
  /** The Deno binary; it is the last file. */
  readonly runtime: PackedFile;
  /** Shell words that come before the user's; $dir is the unpacked program. None for dari itself. */
  readonly words: readonly string[];
  /** Permission flags beside those of every command. */
  readonly permissions: readonly string[];
  /** Commands of dari that a service has too: they come without its words. */
  readonly commands?: readonly string[];
}

/** The script states its own length, which must not depend on the digits of that number. */
const { launcherBlockBytes: BLOCK_BYTES } = limits;

/** The environment variable that tells the program how many files it may have open. */
export const OPEN_FILES = "DARI_OPEN_FILES";
/** What the program reads of systemd. */
const NOTIFY_VARIABLES = "NOTIFY_SOCKET,WATCHDOG_USEC,WATCHDOG_PID";
/** What the program reads of the sockets that systemd hands over. */
const SOCKET_VARIABLES = "LISTEN_FDS,LISTEN_PID,LISTEN_FDNAMES";

/**
 * Writes the script.
 *
 * @param facts The program.
 * @returns Its text, in ASCII but for the title.
 */
export function launcherText(facts: LauncherFacts): string {
  const room = new TextEncoder().encode(scriptOf(facts, 0)).length + 16;
  const start = Math.ceil(room / BLOCK_BYTES) * BLOCK_BYTES;
  const text = scriptOf(facts, start);
  const length = new TextEncoder().encode(text).length;
  return `${text}${"#".repeat(start - length - 1)}\n`;
}

function scriptOf(facts: LauncherFacts, start: number): string {
  const { files, runtime, words } = facts;
  const table = (line: (file: PackedFile) => string) => files.map(line).join("\n");
  return `#!/bin/sh
# ${facts.title}
id=${facts.id} runtime=${runtime.hash}
path=\${PATH-} mask=$(umask)
PATH=/usr/bin:/bin:/usr/sbin:/sbin
umask 077

fail() { echo "\${0##*/}: $1" >&2; exit 74; }

sums() { if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }
command -v sha256sum >/dev/null || command -v shasum >/dev/null ||
  fail "cannot check what was unpacked: there is no sha256sum in $PATH; install coreutils"

# A directory that is this user's alone.
private() {
  [ -d "$1" ] || mkdir -p "$1" 2>/dev/null
  [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ] && [ -w "$1" ] || return 1
  case $(ls -ld "$1") in drwx------*) ;; *) return 1 ;; esac
}

# Inode, size and the time of the last change (ctime), which no program can set: while they are the
# same, so is the content. Hashing the runtime at each start would take longer than the start itself.
stamp() { stat -c "%d %i %s %z" "$1" 2>/dev/null || stat -f "%d %i %z %Fc" "$1" 2>/dev/null; }

program_intact() {
  (cd "$1" 2>/dev/null && sums -c >/dev/null 2>&1 <<'END'
${table(({ hash, name }) => `${hash}  ${name}`)}
END
  )
}

runtime_intact() { case $(sums "$1/deno" 2>/dev/null) in $runtime*) ;; *) return 1 ;; esac; }

intact() {
  [ -x "$1/deno" ] && program_intact "$1" || return 1
  now=$(stamp "$1/deno") old=
  [ -r "$1/checked" ] && IFS= read -r old <"$1/checked"
  [ -n "$now" ] && [ "$now" = "$old" ] && return 0
  runtime_intact "$1" && echo "$now" >"$1/checked.$$" && mv -f "$1/checked.$$" "$1/checked"
}

extract() {
  tail -c +${start + runtime.offset + 1} "$0" >"$1/deno" && chmod 700 "$1/deno" &&
    runtime_intact "$1" || return 1
  run "$1" "$0" "$1" <<'END'
${extracting(files, start)}
END
}

place() {
  run "$1" "$1" "$2" <<'END' && mv -f "$1/deno" "$2/deno"
${placing(files)}
END
}

# A program of Deno on standard input, by the runtime in a folder, with a source and a destination.
run() {
  DENO_DIR="\${DENO_DIR:-\${1%/*}/deno}" DENO_NO_UPDATE_CHECK=1 "$1/deno" run --quiet --ext=js \\
    --no-prompt --no-config --no-lock --allow-read --allow-write - "$2" "$3"
}

# Into a directory of its own, then file by file into its place. Two first starts at the same moment
# both do this and do not disturb each other, since each rename is atomic.
unpack() {
  trap 'rm -rf "$dir.$$"; exit 130' HUP INT TERM
  # Directories of starts that were killed while they unpacked.
  find "\${1%/*}" -maxdepth 1 -type d -name "*.*" -mtime +1 -exec rm -rf {} +
  rm -rf "$1.$$"
  mkdir "$1.$$" && extract "$1.$$" && program_intact "$1.$$" &&
    place "$1.$$" "$1" && [ -x "$1/deno" ] && stamp "$1/deno" >"$1/checked"
  set -- "$1" $?
  rm -rf "$1.$$"
  trap - HUP INT TERM
  return "$2"
}

usable() { private "$1" && dir=$1/$id && { intact "$dir" || unpack "$dir" 2>/dev/null; }; }

cache=
case \${XDG_CACHE_HOME-} in
  /*) cache=$XDG_CACHE_HOME/dari ;;
  *) [ -d "\${HOME-}" ] && cache=$HOME/.cache/dari ;;
esac
if [ -z "$cache" ] || ! usable "$cache"; then
  cache=\${TMPDIR:-/tmp}/dari-$(id -u)
  usable "$cache" || fail "cannot unpack into $cache: set XDG_CACHE_HOME to a directory of your \\
own that is not full and may hold programs; others must not be able to use its folder dari"
fi

${words.length === 0 ? `${shellExecFlags}\n` : ""}${startLines(facts)}
# What is typed here to start this program: its name alone where PATH finds it by that.
PATH=$path
case $(command -v "\${0##*/}" 2>/dev/null) in "$0") DARI_NAME=\${0##*/} ;; *) DARI_NAME=$0 ;; esac
export DARI_NAME DARI_SERVICE=${words.length > 0 ? 1 : ""}
# A program that may not call the system cannot ask how many files it may have open.
export ${OPEN_FILES}="$(ulimit -n)"
export DENO_NO_UPDATE_CHECK=1 DENO_DIR="\${DENO_DIR:-$cache/deno}"
# Where systemd waits for word (sd_notify(3)), Deno sends it datagrams with this flag alone.
notify=\${NOTIFY_SOCKET:+--unstable-net --allow-env=${NOTIFY_VARIABLES}}
# The process that systemd has started stays the same one, so the sockets are for it (sd_listen_fds(3)).
sockets=\${LISTEN_FDS:+--allow-env=${SOCKET_VARIABLES}}
umask "$mask"
exec "$dir/deno" run --no-prompt --no-lock --config "$dir/deno.json" $notify $sockets \\
  ${permissions.join(" ")} --allow-env=${OPEN_FILES} \${exec_flags-} "$@"
fail "cannot start $dir/deno"
`;
}

/** The program that cuts the files out of the executable. */
function extracting(files: readonly PackedFile[], start: number): string {
  const parts = files.map(({ name, offset, length }) => [name, offset, length]);
  return `const [from, to] = Deno.args, file = Deno.openSync(from), start = ${start};
for (const [name, offset, length] of ${JSON.stringify(parts)}) {
  const path = to + "/" + name, bytes = new Uint8Array(length);
  file.seekSync(start + offset, 0);
  for (let read = 0; read < length;) read += file.readSync(bytes.subarray(read)) ?? Deno.exit(1);
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  Deno.writeFileSync(path, bytes);
}`;
}

/** The program that moves the files into their place, each at once. */
function placing(files: readonly PackedFile[]): string {
  return `const [from, to] = Deno.args;
for (const name of ${JSON.stringify(files.map(({ name }) => name))}) {
  const path = to + "/" + name;
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  Deno.renameSync(from + "/" + name, path);
}`;
}

/**
 * A service has fixed words and permissions, and serves unless it is told another command; dari gives
 * single commands more permissions.
 */
function startLines({ words, permissions, commands = [] }: LauncherFacts): string {
  const start = (flags: readonly string[], own = words) =>
    `set -- ${[...flags.map(quote), '"$dir/cli.js"', ...own].join(" ")} "$@"`;
  const single = Object.entries(morePermissions);
  const cases = words.length === 0
    ? single.map(([name, more]) => `${name}) ${start([...permissions, ...more])}`)
    : [
      ...single.filter(([name]) => commands.includes(name))
        .map(([name, more]) => `${name}) ${start(more, [])}`),
      `${[...commands, "help", "version"].join("|")}) ${start([], [])}`,
      `serve) shift; ${start(permissions)}`,
    ];
  const lines = [...cases, `*) ${start(permissions)}`].map((each) => `  ${each} ;;`);
  return ["case ${1-} in", ...lines, "esac"].join("\n");
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
