/**
 * `promptSecret` of `@std/cli/prompt-secret`.
 *
 * @module
 */

/** How {@linkcode promptSecret} shows what is typed. */
export interface PromptSecretOptions {
  /** The character shown for each one typed; the empty text shows nothing. */
  mask?: string;
  /** Whether the prompt is wiped afterwards. */
  clear?: boolean;
}

/**
 * Asks on the terminal for a text that is not shown as it is typed.
 *
 * @param message What to ask.
 * @param options How to show what is typed.
 * @returns The text, or `null` where standard input is no terminal.
 */
export function promptSecret(
  message = "Secret",
  { mask = "*", clear = false }: PromptSecretOptions = {},
): string | null {
  const input = Deno.stdin;
  const output = Deno.stdout;
  if (!input.isTerminal()) return null;
  const write = (text: string) => output.writeSync(new TextEncoder().encode(text));
  const decoder = new TextDecoder();
  const typed: string[] = [];
  write(`${message} `);
  input.setRaw(true);
  try {
    const buffer = new Uint8Array(64);
    while (true) {
      const length = input.readSync(buffer);
      if (length === null) return finish();
      for (const character of decoder.decode(buffer.subarray(0, length), { stream: true })) {
        if (character === "\r" || character === "\n") return finish();
        if (character === "\u0003") { // Ctrl-C
          input.setRaw(false);
          write("\n");
          Deno.exit(130);
        }
        if (character === "\u0004") return finish(); // Ctrl-D
        if (character === "\u007f" || character === "\b") {
          if (typed.pop() !== undefined && mask !== "") write("\b \b");
        } else if (character >= " ") {
          typed.push(character);
          write(mask);
        }
      }
    }
  } finally {
    input.setRaw(false);
  }

  function finish(): string {
    write(clear ? "\r\x1b[K" : "\n");
    return typed.join("");
  }
}
