import { expect, it } from "vitest";
import { isImageIdx, nameOf } from "./sort-out";

const named = (...paths: string[]) => nameOf(paths.map((path) => ({ path, blob: new Blob([]) })));

it("files that belong together are named by their folder, or by what they share", () => {
  expect(named("pets/cats/1.jpg", "pets/dogs/2.PNG")).toBe("pets");
  expect(named("pets.zip")).toBe("pets");
  expect(named("birds.tar.gz")).toBe("birds");
  expect(named("shapes-images-idx3-ubyte.gz", "shapes-labels-idx1-ubyte.gz")).toBe("shapes");
  expect(named("train-images.idx3-ubyte")).toBe("train");
  expect(named("wine.csv")).toBe("wine");
  expect(named("bark.flac")).toBe("bark");
  expect(named("v1.2 notes")).toBe("v1.2 notes");
  expect(named(".zip")).toBe("Data");
});

it("images of IDX files are known by their names", () => {
  expect(isImageIdx("a/train-images-idx3-ubyte.gz")).toBe(true);
  expect(isImageIdx("train-labels-idx1-ubyte")).toBe(false);
  expect(isImageIdx("images.zip")).toBe(false);
});
