/**
 * The permission to start the program of `dari serve --exec`, and no other: a program of Deno cannot ask
 * for it once it runs, so the launchers read it from the command line. A program whose name could
 * stand for several, or for a flag, gets none.
 *
 * @module
 */

/** What a program may read of its environment to pass it on to another. */
const PASSED_ON = "PATH,TZ,TMPDIR,USER";

/** For launchers in the POSIX shell: sets `exec_flags`, whose words hold no space and no quote. */
export const shellExecFlags = `exec_flags= exec_names= exec_program= last=
[ "\${1-}" = serve ] && for word in "$@"; do
  case $last in
  --exec) exec_program=\${word%% *} ;;
  --exec-env) exec_names=$exec_names,$word ;;
  esac
  case $word in
  --exec=*) word=\${word#--exec=} exec_program=\${word%% *} ;;
  --exec-env=*) exec_names=$exec_names,\${word#--exec-env=} ;;
  esac
  last=$word
done
case $exec_names in *[!A-Za-z0-9_,]*) exec_names= ;; esac
case $exec_program in
"" | -* | *[!A-Za-z0-9_./+-]*) ;;
*) exec_flags="--allow-run=$exec_program --allow-env=${PASSED_ON}$exec_names" ;;
esac`;

/** For launchers in JavaScript: a function from the words of a command line to flags. */
export const scriptExecFlags = `function execFlags(words) {
  if (words[0] !== "serve") return [];
  const valuesOf = (name) =>
    words.flatMap((word, at) =>
      word === name ? words.slice(at + 1, at + 2) : word.startsWith(name + "=") ? [word.slice(name.length + 1)] : []
    );
  const program = (valuesOf("--exec").at(-1) ?? "").split(" ", 1)[0];
  if (!/^[A-Za-z0-9_./+][A-Za-z0-9_./+-]*$/.test(program)) return [];
  const names = valuesOf("--exec-env").filter((name) => /^[A-Za-z0-9_]+$/.test(name));
  return ["--allow-run=" + program, "--allow-env=" + ["${PASSED_ON}", ...names].join(",")];
}`;
