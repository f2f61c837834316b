/** The end of a network: what makes its answer. */
import { type Answer, isNumber } from "../../data/answer";
import type { EditedLayer } from "./presets";

/** How many values it ends in. */
export function outputsOf(answer: Answer): number {
  return isNumber(answer) ? 1 : answer.classes;
}

/** What stands behind the last dense layer: probabilities, or the unit of the numbers. */
function tail(answer: Answer): EditedLayer {
  return isNumber(answer)
    ? { type: "rescaling", scale: answer.deviation, offset: answer.mean }
    : { type: "activation", activation: "softmax" };
}

/** The last layers of a network; `from` says how the weights begin. */
export function head(answer: Answer, from: Omit<EditedLayer, "type"> = {}): EditedLayer[] {
  return [{ type: "dense", units: outputsOf(answer), ...from }, tail(answer)];
}

const isTail = ({ type, activation }: EditedLayer) =>
  type === "rescaling" || (type === "activation" && activation === "softmax");

/** These layers with an end for another answer; what someone put there besides stays. */
export function refit(layers: readonly EditedLayer[], answer: Answer): EditedLayer[] {
  const last = layers.findLastIndex(({ type }) => type === "dense");
  const end = layers.findLastIndex(isTail);
  return layers.flatMap((layer, i) => {
    if (i < last || last < 0) return [layer];
    if (i === last)
      return [{ ...layer, units: outputsOf(answer) }, ...(hasTail(layers, last) ? [] : [tail(answer)])];
    const { node } = layer;
    return i === end ? [{ ...tail(answer), ...(node ? { node } : {}) }] : [layer];
  });
}

/** Who ends in a dense layer with an activation of its own wants no other. */
function hasTail(layers: readonly EditedLayer[], last: number): boolean {
  return layers.slice(last + 1).some(isTail) || (layers[last]?.activation ?? "linear") !== "linear";
}
