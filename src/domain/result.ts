/** An expected outcome as a value; broken invariants throw instead. */
export type Result<T, E> = Ok<T> | Failure<E>;
export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}
export interface Failure<E> {
  readonly ok: false;
  readonly error: E;
}

export function ok(): Ok<undefined>;
export function ok<T>(value: T): Ok<T>;
export function ok<T>(value?: T): Ok<T | undefined> {
  return { ok: true, value };
}

export function fail<E>(error: E): Failure<E> {
  return { ok: false, error };
}
