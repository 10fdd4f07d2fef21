/** The atomic operations between which another thread may act. */
type Operation = "load" | "store" | "exchange" | "compareExchange" | "add" | "waitAsync";

/**
 * Runs `step`, and `other` just before the `at`th atomic operation within it, as another thread
 * might. `other` itself runs undisturbed.
 */
export function interleave<T>(
  step: () => T,
  at: number,
  other: () => void,
  operations: readonly Operation[] = ["load"],
): T {
  const atomics = Atomics as unknown as Record<Operation, (...args: unknown[]) => unknown>;
  const originals = operations.map((name) => [name, atomics[name]] as const);
  const restore = () => {
    for (const [name, original] of originals) atomics[name] = original;
  };
  let count = 0;
  for (const [name, original] of originals) {
    atomics[name] = (...args) => {
      if (count++ === at) {
        restore();
        other();
      }
      return original.apply(Atomics, args);
    };
  }
  try {
    return step();
  } finally {
    restore();
  }
}
