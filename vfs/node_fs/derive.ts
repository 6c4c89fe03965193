/**
 * The promise and callback forms of the sync calls, made in one place. Each does its work when it is called, so that
 * the order of effects is the order of calls; only the result comes later, in a microtask.
 */

import type { NodeError } from './errors.ts'

/** Any function, whose arguments are for its callers to know. */
type AnyFunction = (...args: never[]) => unknown

/** A sync call as a promise gives it. */
export type Promised<F> = F extends (...args: infer A) => infer R ? (...args: A) => Promise<R> : never

/** A sync call that takes a callback after whatever arguments it was given. */
export type CalledBack<F> = F extends (...args: infer A) => infer R ? (...args: WithCallback<A, R>) => void : never

type Callback<R> = (error: NodeError | null, result: R) => void

type WithCallback<A extends readonly unknown[], R> = number extends A['length']
  ? [...A, callback: Callback<R>]
  : A extends readonly []
    ? [callback: Callback<R>]
    : A extends readonly [infer First, ...infer Rest]
      ? [First, ...WithCallback<Rest, R>]
      : A extends readonly [(infer First)?, ...infer Rest]
        ? [callback: Callback<R>] | [First | undefined, ...WithCallback<Rest, R>]
        : never

/** `call` with its result, or what it throws, in a promise. */
export function promised<F extends AnyFunction>(call: F): Promised<F> {
  return (async (...args: unknown[]) => call(...(args as never[]))) as unknown as Promised<F>
}

/**
 * `call` with a callback as the last argument. As in node, wrong arguments are thrown at once and the callback gets
 * the errors of the file system; with `echo` it also gets the second argument back (`read` and `write` do that).
 */
export function calledBack<F extends AnyFunction>(call: F, name: string, echo: boolean): CalledBack<F> {
  const wrapped = (...args: unknown[]): void => {
    const callback = args.findLast((arg) => arg !== undefined)
    if (typeof callback !== 'function') {
      const message = `The "cb" argument must be of type function. Received ${String(callback)}: ${name} takes a callback`
      throw Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' })
    }
    args.length = args.lastIndexOf(callback)
    let outcome: unknown[]
    try {
      const result = call(...(args as never[]))
      outcome = echo ? [null, result, args[1]] : [null, result]
    } catch (error) {
      if (error instanceof TypeError || error instanceof RangeError) throw error
      outcome = [error]
    }
    void Promise.resolve().then(() => callback(...outcome))
  }
  return wrapped as unknown as CalledBack<F>
}
