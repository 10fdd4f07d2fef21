import { DariError } from "../../base/errors.ts";
import type { Command } from "../app/command.ts";

const bash = `_dari() {
  local words
  if [ "$COMP_CWORD" -eq 1 ]; then
    words=$(dari completions --commands)
  elif [ "\${COMP_WORDS[1]}" = call ] && [ "$COMP_CWORD" -eq 2 ]; then
    words=$(dari discover --names 2>/dev/null)
  else
    words=$(dari completions --verbs "\${COMP_WORDS[1]}")
  fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _dari dari`;

const zsh = `#compdef dari
_dari() {
  local -a names
  if (( CURRENT == 2 )); then
    names=(\${(f)"$(dari completions --commands)"})
  elif (( CURRENT == 3 )) && [[ $words[2] == call ]]; then
    names=(\${(f)"$(dari discover --names 2>/dev/null)"})
  else
    names=(\${(f)"$(dari completions --verbs $words[2])"})
  fi
  compadd -a names
}
compdef _dari dari`;

const fish = `complete -c dari -f -n __fish_use_subcommand -a '(dari completions --commands)'
complete -c dari -f -n '__fish_seen_subcommand_from call' -a '(dari discover --names 2>/dev/null)'
for noun in (dari completions --commands)
  complete -c dari -f -n "__fish_seen_subcommand_from $noun" -a "(dari completions --verbs $noun)"
end
complete -c dari -F -n '__fish_seen_subcommand_from serve'`;

const scripts = new Map([["bash", bash], ["zsh", zsh], ["fish", fish]]);

/**
 * `dari completions`
 *
 * @param names The names of all commands.
 */
export const completionsOf = (names: readonly string[]): Command => ({
  summary: "Print a completion script for bash, zsh or fish",
  help: `
Print a completion script. It completes commands, and the methods of a running server.

  source <(dari completions bash)
  dari completions zsh > ~/.zfunc/_dari
  dari completions fish > ~/.config/fish/completions/dari.fish

  --commands         print the names of the commands
  --verbs NOUN       print the verbs of a noun`,
  flags: { boolean: ["commands"], string: ["verbs"] },
  run(args, io) {
    const noun = args.option("verbs");
    if (args.flag("commands")) {
      for (const name of new Set(names.map((name) => name.split(" ")[0]))) io.print(name ?? "");
      return Promise.resolve(0);
    }
    if (noun !== undefined) {
      for (const name of names) {
        if (name.startsWith(`${noun} `)) io.print(name.slice(noun.length + 1));
      }
      return Promise.resolve(0);
    }
    const script = scripts.get(args.words[0] ?? "");
    if (script === undefined) {
      throw new DariError("usage", "For which shell? bash, zsh or fish: dari completions bash");
    }
    io.print(script);
    return Promise.resolve(0);
  },
});
