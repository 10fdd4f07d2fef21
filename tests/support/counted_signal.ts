/** A signal that counts the listeners on it. */
export interface CountedSignal {
  readonly signal: AbortSignal;
  readonly listeners: number;
  abort(reason?: unknown): void;
}

/** Makes a signal that counts the listeners on it. */
export function countedSignal(): CountedSignal {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Map<unknown, boolean>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (
    type: string,
    listener: EventListener,
    options?: AddEventListenerOptions,
  ) => {
    listeners.set(listener, options?.once === true);
    addEventListener.call(signal, type, listener, options);
  };
  signal.removeEventListener = (type: string, listener: EventListener) => {
    listeners.delete(listener);
    removeEventListener.call(signal, type, listener);
  };
  return {
    signal,
    abort(reason) {
      controller.abort(reason);
      for (const [listener, isOnce] of listeners) if (isOnce) listeners.delete(listener);
    },
    get listeners() {
      return listeners.size;
    },
  };
}
