/** The one place of the core that knows dates: node's stats have them. They are made of given moments, never of a clock. */

/** A JavaScript `Date`. */
export type DateValue = InstanceType<DateConstructor>

/** The date of so many milliseconds since 1970, to the nearest one, as node rounds. */
export function dateOf(ms: number | bigint): DateValue {
  // biome-ignore lint/style/noRestrictedGlobals: with an argument it reads no clock
  return new Date(Math.round(Number(ms)))
}

/** Whether a value is a date, of whichever realm. */
export function isDate(value: unknown): value is DateValue {
  return Object.prototype.toString.call(value) === '[object Date]'
}
