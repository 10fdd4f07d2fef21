/**
 * The scripts that make shells complete. Each asks `dari completions --line -- WORD...` what to offer
 * for the last word: a line for each candidate, behind a tab what it means; or `:file` or
 * `:directory`, which the shell finds itself.
 *
 * @module
 */

// What is offered is never expanded: names of methods come from servers.
const bash = `_dari() {
  local current=\${COMP_WORDS[COMP_CWORD]} answer line
  [ "$current" = "=" ] && current=
  answer=$(dari completions --line -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  COMPREPLY=()
  case $answer in
    "") ;;
    :file | :directory)
      local kind=f
      [ "$answer" = :directory ] && kind=d
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do
        COMPREPLY+=("$line")
      done < <(compgen -$kind -- "$current")
      ;;
    *)
      while IFS= read -r line; do
        COMPREPLY+=("\${line%%$'\\t'*}")
      done <<< "$answer"
      # The value of a param follows at once.
      [[ \${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
      ;;
  esac
}
complete -F _dari dari`;

const zsh = `#compdef dari
_dari() {
  local answer line
  local -a offered shown
  answer="$(dari completions --line -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"
  case $answer in
    "") ;;
    :file) _files ;;
    :directory) _files -/ ;;
    *)
      for line in "\${(@f)answer}"; do
        offered+=("\${line%%$'\\t'*}")
        shown+=("\${line/$'\\t'/  }")
      done
      local -a end
      [[ "\${offered[1]}" = *= ]] && end=(-S '')
      compadd $end -l -d shown -a offered
      ;;
  esac
}
# Run by compinit from a folder of functions, or sourced.
if [[ "\${funcstack[1]-}" = _dari ]]; then _dari "$@"; else compdef _dari dari; fi`;

const fish = `function __dari_complete
  set -l current (commandline -ct)
  set -l words (commandline -opc) "$current"
  set -l answer (dari completions --line -- $words[2..-1] 2>/dev/null)
  switch "$answer[1]"
    case ''
    case :file
      __fish_complete_path "$current"
    case :directory
      __fish_complete_directories "$current"
    case '*'
      printf '%s\\n' $answer
  end
end
complete -c dari -f -a '(__dari_complete)'`;

/** The shells that dari completes in. */
export type Shell = "bash" | "zsh" | "fish";

/** The script of each shell. */
export const completionScripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
