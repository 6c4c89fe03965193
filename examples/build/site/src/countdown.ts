/** The days between two moments, in words. */
export function countdown(from: Date, to: Date): string {
  const days = Math.floor((to.getTime() - from.getTime()) / 86_400_000)
  return days === 1 ? 'one day' : `${days} days`
}
