/**
 * Waiting that ends.
 *
 * @module
 */

/**
 * Waits for the first of several promises, but no longer than told.
 *
 * @param timeoutMs The longest wait, in milliseconds.
 * @param promises What is waited for.
 */
export async function within(
  timeoutMs: number,
  ...promises: readonly Promise<unknown>[]
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<void>((resolve) => timer = setTimeout(resolve, timeoutMs));
  try {
    await Promise.race([...promises, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
