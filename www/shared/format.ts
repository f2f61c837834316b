const whole = new Intl.NumberFormat("en");

/** 41200 -> "41,200" */
export function count(value: number): string {
  return whole.format(Math.round(value));
}

/** A count with its noun: "1 image", "2 images", "2 classes". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${Math.round(value) === 1 ? one : many}`;
}

/** 0.992 -> "99.2%"; 100% is only said of a whole. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return "–";
  if (share >= 1) return "100%";
  return `${Math.min(99.9, share * 100).toFixed(1)}%`;
}

/** Accuracy over `total` samples: as many digits as that many samples can carry. */
export function accuracy(share: number, total: number): string {
  if (!Number.isFinite(share)) return "–";
  if (share >= 1) return "100%";
  const digits = total >= 5000 ? 2 : total >= 200 ? 1 : 0;
  const floor = 10 ** digits;
  return `${(Math.floor(share * 100 * floor + 1e-6) / floor).toFixed(digits)}%`;
}

/** 41234 -> "41,200 images/s": three figures are what a running mean is worth. */
export function rate(perSecond: number): string {
  if (!Number.isFinite(perSecond) || perSecond <= 0) return "–";
  const scale = 10 ** Math.max(0, Math.floor(Math.log10(perSecond)) - 2);
  return whole.format(Math.round(perSecond / scale) * scale);
}

export function bytes(size: number): string {
  if (size < 1000) return counted(size, "byte");
  if (size < 1e6) return `${Math.round(size / 1000)} KB`;
  if (size < 1e9) return `${(size / 1e6).toFixed(size < 1e7 ? 1 : 0)} MB`;
  return `${(size / 1e9).toFixed(1)} GB`;
}

/** A time span in seconds: "3.1 s", "42 s", "2 min 05 s", "1 h 12 min". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const round = Math.round(seconds);
  if (round < 60) return `${round} s`;
  if (round < 3600) return `${Math.floor(round / 60)} min ${String(round % 60).padStart(2, "0")} s`;
  return `${Math.floor(round / 3600)} h ${Math.floor((round % 3600) / 60)} min`;
}

export function loss(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return value >= 10 ? value.toFixed(1) : value >= 0.1 ? value.toFixed(3) : value.toFixed(4);
}

const fourDigits = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const power = new Intl.NumberFormat("en", { maximumSignificantDigits: 3, notation: "scientific" });

/** A measured number in whatever unit, with four digits: "208.3", "1,204,000", "2.5E-7". */
export function measure(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e12) ? power.format(value) : fourDigits.format(value);
}

/** How long ago, in words: "just now", "12 minutes ago", "3 Nov 2026". */
export function when(date: Date, now = new Date()): string {
  const seconds = (now.getTime() - date.getTime()) / 1000;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${counted(Math.floor(seconds / 60), "minute")} ago`;
  if (seconds < 86_400) return `${counted(Math.floor(seconds / 3600), "hour")} ago`;
  return date.toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" });
}

/** How long ago, as long as that is less than a minute to the second: "4 s ago", "12 minutes ago". */
export function ago(date: Date, now = new Date()): string {
  const seconds = Math.max(0, Math.floor((now.getTime() - date.getTime()) / 1000));
  return seconds < 60 ? `${seconds} s ago` : when(date, now);
}

/** Powers of ten stay readable: 1.26M, 41.2k, 830. */
export function short(value: number): string {
  if (value >= 999_500_000) return `${(value / 1e9).toPrecision(3)}G`;
  if (value >= 999_500) return `${(value / 1e6).toPrecision(3)}M`;
  if (value >= 9_995) return `${(value / 1e3).toPrecision(3)}k`;
  return whole.format(value);
}

/** [28, 28, 1] -> "28 × 28 × 1" */
export function shape(dims: readonly (number | null)[]): string {
  return dims.map((size) => size ?? "?").join(" × ");
}
