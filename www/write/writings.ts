/** What a model wrote, and how far it was then. */
export interface Writing {
  id: number;
  /** What it was to begin with. */
  prompt: string;
  /** What came behind. */
  text: string;
  temperature: number;
  /** Whether the prompt has characters that the model does not know. */
  unknown?: boolean;
  /** How far the training was; without it, it was over. */
  at?: { epoch: number; loss: number | undefined; held: number | undefined };
}

/** The most that are kept: enough to see how it came, few enough to look through. */
const MOST = 24;

/**
 * The older writings with one more. Where there are too many, every second of the older half goes: the
 * beginning stays to be seen.
 */
export function withOlder(older: readonly Writing[], writing: Writing): readonly Writing[] {
  const all = [...older, writing];
  if (all.length <= MOST) return all;
  return all.filter((_, i) => i >= MOST / 2 || i % 2 === 0);
}
