/** The task of the pool's contestants: as little as possible. */
export const add = ([a, b]: [number, number]): number => a + b;
