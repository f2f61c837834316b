// The page that a system runs in: `?system=` names it. `call` is for the benchmark; `?visit=` with a workload's
// address makes the page do what a visitor waits for by itself: load, open, predict one image.

const query = new URLSearchParams(location.search);
const module = import(`/systems/${query.get("system")}/system.js`);
let system;

globalThis.call = async (method, args) => {
  if (method === "open") system = await (await module).open(...args);
  else return system[method](...args);
};

/** Milliseconds from the navigation to the first prediction. */
globalThis.visit = (async () => {
  const url = query.get("visit");
  if (url === null) return undefined;
  await globalThis.call("open", [{ url, workers: Number(query.get("workers")), batch: 64 }]);
  await globalThis.call("outputs", [1]);
  return performance.now();
})();
