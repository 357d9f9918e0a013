/** Numbers, sizes, times and lists as people read them. Pure: the clock comes in. */

const LOCALE = 'en';
const UNITS = ['kB', 'MB', 'GB', 'TB'] as const;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto' });
const sameYear = new Intl.DateTimeFormat(LOCALE, { day: 'numeric', month: 'short' });
const otherYear = new Intl.DateTimeFormat(LOCALE, {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});
const both = new Intl.ListFormat(LOCALE, { type: 'conjunction' });
const either = new Intl.ListFormat(LOCALE, { type: 'disjunction' });
const whole = new Intl.NumberFormat(LOCALE);

/** Decimal units, as disks are sold: `0 bytes`, `812 bytes`, `4.2 MB`, `18 GB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return count(bytes, 'byte');
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const rounded = value < 9.95 ? Math.round(value * 10) / 10 : Math.round(value);
  return `${String(rounded)} ${UNITS[unit] ?? ''}`;
}

/** Both Unix seconds: `just now`, `5 minutes ago`, `yesterday`, `12 Mar`, `12 Mar 2023`. */
export function formatAgo(then: number, now: number): string {
  const age = now - then;
  if (age < MINUTE) return 'just now';
  if (age < HOUR) return relative.format(-Math.floor(age / MINUTE), 'minute');
  if (age < DAY) return relative.format(-Math.floor(age / HOUR), 'hour');
  if (age < WEEK) return relative.format(-Math.floor(age / DAY), 'day');
  return formatDate(then, now);
}

/** Both Unix seconds: `in 7 days`, `in 3 hours`. */
export function formatIn(then: number, now: number): string {
  const rest = then - now;
  if (rest < HOUR) return relative.format(Math.max(1, Math.round(rest / MINUTE)), 'minute');
  if (rest < 2 * DAY) return relative.format(Math.round(rest / HOUR), 'hour');
  return relative.format(Math.round(rest / DAY), 'day');
}

function formatDate(then: number, now: number): string {
  const date = new Date(then * 1000);
  const format = date.getFullYear() === new Date(now * 1000).getFullYear() ? sameYear : otherYear;
  return format.format(date);
}

/** `2,000`. */
export function formatNumber(n: number): string {
  return whole.format(n);
}

/** `1 file`, `2,000 files`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${whole.format(n)} ${n === 1 ? one : many}`;
}

/** `Ana, Ben, and Mei`. */
export function listAnd(names: readonly string[]): string {
  return both.format(names);
}

/** `Ana, Ben, or Mei`. */
export function listOr(names: readonly string[]): string {
  return either.format(names);
}

export function formatPercent(fraction: number): string {
  return `${String(Math.floor(Math.min(1, Math.max(0, fraction)) * 100))}%`;
}

/** Seconds still to go: `under a minute`, `about 3 min`, `a while`. */
export function formatLeft(seconds: number): string {
  if (seconds > HOUR) return 'a while';
  if (seconds < MINUTE) return 'under a minute';
  return `about ${String(Math.round(seconds / MINUTE))} min`;
}
