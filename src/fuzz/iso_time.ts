/** Moments as text. */

const DAY = 86_400
/** Days of 400 years, and from the beginning of March of the year 0 to that of 1970. */
const ERA_DAYS = 146_097
const SHIFT_DAYS = 719_468

/** Whole seconds since 1970, as ISO 8601 text in UTC. */
export function isoOf(seconds: number): string {
  // Years that begin in March have their odd day at the end.
  const day = Math.floor(seconds / DAY) + SHIFT_DAYS
  const era = Math.floor(day / ERA_DAYS)
  const ofEra = day - era * ERA_DAYS
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / (ERA_DAYS - 1))) / 365,
  )
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * ofYear + 2) / 153)
  const date = ofYear - Math.floor((153 * shifted + 2) / 5) + 1
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const second = seconds - Math.floor(seconds / DAY) * DAY
  const time = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60].map(two).join(':')
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(date)}T${time}Z`
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
