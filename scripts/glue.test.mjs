import { afterEach, describe, expect, it } from "vitest";
import { divide } from "./glue.mjs";

/** As wasm-bindgen writes it. */
const GLUE = `
export class Model {
    static __wrap(ptr) {
        const obj = Object.create(Model.prototype);
        obj.__wbg_ptr = ptr;
        ModelFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() { const ptr = this.__wbg_ptr; this.__wbg_ptr = 0; return ptr; }
    free() { wasm.__wbg_model_free(this.__destroy_into_raw()); }
    /** Takes {@link Rows}. */
    predict() { return wasm.model_predict(this.__wbg_ptr); }
    get size() { return wasm.model_size(this.__wbg_ptr); }
    static restore(ptr) { return Model.__wrap(wasm.model_restore(ptr)); }
    train(rows) { _assertClass(rows, Rows); return wasm.model_train(this.__wbg_ptr, rows.__wbg_ptr); }
}
if (Symbol.dispose) Model.prototype[Symbol.dispose] = Model.prototype.free;
export class Rows {
    free() { wasm.__wbg_rows_free(this.__wbg_ptr); }
    constructor() { this.__wbg_ptr = wasm.rows_new(); RowsFinalization.register(this, this.__wbg_ptr, this); }
}
if (Symbol.dispose) Rows.prototype[Symbol.dispose] = Rows.prototype.free;
export function isRelaxed() { return wasm.isRelaxed() !== 0; }
export function shardCount(size) { return wasm.shardCount(size); }
export function __wbg_model_new(ptr) { return Model.__wrap(ptr); }
const ModelFinalization = new FinalizationRegistry(ptr => wasm.__wbg_model_free(ptr));
const RowsFinalization = new FinalizationRegistry(ptr => wasm.__wbg_rows_free(ptr));
function _assertClass(instance, klass) {
    if (!(instance instanceof klass)) throw new Error(\`expected instance of \${klass.name}\`);
}
let wasm;
export function __wbg_set_wasm(val) { wasm = val; }
`;

const load = (/** @type {string} */ code) => import(`data:text/javascript,${encodeURIComponent(code)}`);

describe("divide", () => {
  const { first, rest } = divide(GLUE, "Model.predict(); isRelaxed();");

  afterEach(() => {
    Reflect.deleteProperty(globalThis, "tabgradGlue");
  });

  it("leaves in the first part what is named, and what the engine calls", () => {
    expect(first).toMatch(/predict\(\)/);
    expect(first).toMatch(/__wbg_model_new/);
    expect(first).not.toMatch(/train|class Rows|RowsFinalization|shardCount|restore/);
    expect(rest).not.toMatch(/predict\(\)|ModelFinalization|class Model/);
  });

  it("makes one of both", async () => {
    const one = await load(first);
    Object.assign(globalThis, { tabgradGlue: one });
    one.__wbg_set_wasm({ isRelaxed: () => 1, model_predict: (/** @type {number} */ ptr) => ptr + 1 });
    const model = one.__wbg_model_new(5);
    expect([model.predict(), one.isRelaxed()]).toEqual([6, true]);
    expect(model.train).toBeUndefined();

    const other = await load(rest);
    expect(other.Model).toBe(one.Model);
    // The rest of the engine is there later than that of the glue.
    one.__wbg_set_wasm({
      model_size: () => 3,
      model_restore: () => 9,
      model_train: (/** @type {number[]} */ ...ptrs) => ptrs,
      rows_new: () => 7,
      shardCount: (/** @type {number} */ size) => size / 16,
    });
    expect(model.train(new other.Rows())).toEqual([5, 7]);
    expect(() => model.train(model)).toThrow("expected instance of Rows");
    expect([model.size, other.Model.restore(1).__wbg_ptr, other.shardCount(64)]).toEqual([3, 9, 4]);
    expect(one.Model.restore(1)).toBeInstanceOf(other.Model);
    expect(one.Model.name).toBe("Model");
  });

  it("keeps a class that only the first part's own code names", () => {
    const glue = GLUE.replace("return Model.__wrap(ptr)", "return new Rows()");
    expect(divide(glue, "").first).toMatch(/class Rows/);
  });
});
