// What only a program in Python can check, where there is one with the packages that it takes.

import { capture, run, which } from "./process.mjs";

const PACKAGES = ["numpy", "onnxruntime", "PIL"];

/** The script that "Take it away" puts beside a model answers as the engine does. */
export async function checkPredict() {
  const python = process.env.TABGRAD_PYTHON ?? which("python3");
  const missing = `there is no python3 with ${PACKAGES.join(", ")} (TABGRAD_PYTHON may name one)`;
  if (!python) return missing;
  const { code } = await capture(python, ["-c", `import ${PACKAGES.join(", ")}`]);
  if (code !== 0) return missing;
  await run(python, ["tests/interchange/predict/check_predict.py"]);
  return undefined;
}
