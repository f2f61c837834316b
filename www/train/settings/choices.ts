/** Things of a sort that one of is chosen: found by a word, shown by group. */

export interface Choice {
  /** As the package calls it. */
  type: string;
  name: string;
  group: string;
  /** What it does, in a line. */
  help: string;
}

export interface ChoiceGroup {
  name: string;
  choices: Choice[];
}

/** Neighbours of the same group together. */
export function byGroup(choices: readonly Choice[]): ChoiceGroup[] {
  const groups: ChoiceGroup[] = [];
  for (const choice of choices) {
    const last = groups.at(-1);
    if (last?.name === choice.group) last.choices.push(choice);
    else groups.push({ name: choice.group, choices: [choice] });
  }
  return groups;
}

/** Whether a choice is meant: each word of the search is in its names, its explanation or the name of its group. */
export function isMeant({ type, name, help, group }: Choice, search: string): boolean {
  const text = `${type} ${name} ${help} ${group}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
