/**
 * Errors that nobody has caught.
 *
 * @module
 */

/**
 * Hears of errors that would end a program.
 *
 * @param heard Takes each.
 * @returns Ends this when disposed.
 */
export function watchErrors(heard: (error: unknown) => void): Disposable {
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    heard(event.reason);
  };
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    heard(event.error);
  };
  addEventListener("unhandledrejection", onRejection);
  addEventListener("error", onError);
  return {
    [Symbol.dispose]() {
      removeEventListener("unhandledrejection", onRejection);
      removeEventListener("error", onError);
    },
  };
}
