/**
 * Okabe and Ito's eight colour-blind-safe colours without black, extended by three of
 * Paul Tol's "muted" set. Used for marks beside text, never for text itself.
 */
const CLASS_COLORS = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
  "#d55e00",
  "#f0e442",
  "#882255",
  "#999933",
  "#7570b3",
] as const;

export function classColor(index: number): string {
  return CLASS_COLORS[index % CLASS_COLORS.length] ?? CLASS_COLORS[0];
}

/** Nine samples of viridis (Smith and van der Walt, CC0), interpolated in sRGB. */
const VIRIDIS: readonly (readonly [number, number, number])[] = [
  [68, 1, 84],
  [71, 45, 123],
  [59, 82, 139],
  [44, 114, 142],
  [33, 145, 140],
  [40, 174, 128],
  [94, 201, 98],
  [173, 220, 48],
  [253, 231, 37],
];

export type Rgb = readonly [number, number, number];

/** `t` in 0..1, else clamped. */
export function viridis(t: number): Rgb {
  const position = Math.min(1, Math.max(0, t)) * (VIRIDIS.length - 1);
  const low = Math.min(VIRIDIS.length - 2, Math.floor(position));
  const a = VIRIDIS[low] as Rgb;
  const b = VIRIDIS[low + 1] as Rgb;
  const f = position - low;
  return [a[0] + (b[0] - a[0]) * f, a[1] + (b[1] - a[1]) * f, a[2] + (b[2] - a[2]) * f];
}

export function rgb([r, g, b]: Rgb): string {
  return `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)})`;
}

/** Black or white, whichever has the higher WCAG contrast on the colour. */
export function textOn([r, g, b]: Rgb): string {
  const linear = [r, g, b].map((v) => {
    const c = v / 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return luminance > 0.179 ? "#000" : "#fff";
}

/** The colour a custom property has right now, for painting on a canvas. */
export function cssColor(element: Element, property: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${property})`;
  element.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}
