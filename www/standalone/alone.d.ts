/** The package's engine in a page's own thread (js/worker/alone.ts), as scripts/standalone.mjs puts it in. */
declare module "tabgrad/alone" {
  import type { Model, Row, Tensor } from "tabgrad";

  export type AloneSample =
    | { image: Blob | ImageData }
    | { row: Row }
    | { text: string }
    | { numbers: Float32Array };

  export interface AloneModel {
    info: Pick<Model, "spec" | "classNames" | "preprocessing">;
    ask(sample: AloneSample): Promise<{ [output: string]: Tensor }>;
  }

  export function openAlone(files: {
    first: Uint8Array;
    rest: Uint8Array;
    model: Uint8Array;
  }): Promise<AloneModel>;
}
