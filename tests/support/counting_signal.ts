/** A signal that counts its listeners. */
export function countingSignal(): {
  signal: AbortSignal;
  abort(reason: unknown): void;
  count: number;
} {
  const controller = new AbortController();
  const { signal } = controller;
  const counted = { signal, abort: (reason: unknown) => controller.abort(reason), count: 0 };
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = function (...args: Parameters<typeof addEventListener>) {
    counted.count++;
    return addEventListener.apply(signal, args);
  } as typeof addEventListener;
  signal.removeEventListener = function (...args: Parameters<typeof removeEventListener>) {
    counted.count--;
    return removeEventListener.apply(signal, args);
  } as typeof removeEventListener;
  return counted;
}
