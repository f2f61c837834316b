import type { Model, Row } from "tabgrad";

/** A column of a row that a model is asked about. */
export interface Field {
  name: string;
  kind: "number" | "boolean" | "category" | "date" | "text";
  /** Of a category, those that the model knows. */
  choices: readonly string[];
  /** What stands for a missing value, as it is typed; empty where nothing does. */
  usual: string;
}

/** What a model is asked about that is no picture. */
export function asksAbout({ preprocessing }: Model): "rows" | "texts" | "sounds" | undefined {
  if (preprocessing?.table) return "rows";
  if (preprocessing?.text) return "texts";
  return preprocessing?.audio ? "sounds" : undefined;
}

/** The columns that a model of rows takes. */
export function fieldsOf({ preprocessing }: Pick<Model, "preprocessing">): Field[] {
  return (preprocessing?.table?.columns ?? []).map((column) => {
    const field = { name: column.name ?? "", kind: column.type, choices: [], usual: "" };
    switch (column.type) {
      case "number":
        return { ...field, usual: column.fitted ? String(Number(column.fitted.fill.toPrecision(4))) : "" };
      case "boolean":
        return { ...field, usual: column.fitted ? String(column.fitted.fill > 0.5) : "" };
      case "date":
        return {
          ...field,
          usual: column.fitted ? new Date(column.fitted.fill).toISOString().slice(0, 10) : "",
        };
      case "category": {
        const choices = column.categories ?? [];
        return { ...field, choices, usual: column.fill ?? choices[0] ?? "" };
      }
      default:
        return field;
    }
  });
}

/** What was typed, as the row that a model takes: what is empty is missing. */
export function rowOf(fields: readonly Field[], typed: ReadonlyMap<string, string>): Row {
  const entries = fields.map(({ name, kind }) => {
    const text = (typed.get(name) ?? "").trim();
    if (text === "") return [name, null] as const;
    return [name, kind === "boolean" ? text === "true" : text] as const;
  });
  return Object.fromEntries(entries);
}
