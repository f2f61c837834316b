import { describe, expect, it } from "vitest";
import { sortOut } from "./sort-out";

const files = (...paths: string[]) => paths.map((path) => ({ path, blob: new Blob([]) }));

describe("what was dropped is sorted out", () => {
  it("takes IDX files and names them by what they share", () => {
    const added = sortOut(files("shapes-images-idx3-ubyte.gz", "shapes-labels-idx1-ubyte.gz"));
    expect(added).toMatchObject({ kind: "idx", name: "shapes" });
    expect(added.files).toHaveLength(2);
  });

  it("takes a folder of images by its name, other files included so that they can be named", () => {
    const added = sortOut(files("pets/cats/1.jpg", "pets/dogs/2.PNG", "pets/cats/notes.txt"));
    expect(added).toMatchObject({ kind: "images", name: "pets" });
    expect(added.files).toHaveLength(3);
  });

  it("takes a zip alone", () => {
    expect(sortOut(files("pets.zip"))).toMatchObject({ kind: "images", name: "pets" });
    expect(() => sortOut(files("pets.zip", "1.jpg"))).toThrow("pets.zip: choose a zip alone, found 2 files.");
  });

  it("says what is wrong with the rest", () => {
    expect(() => sortOut([])).toThrow("The folder is empty");
    expect(() => sortOut(files("a-labels-idx1-ubyte"))).toThrow("a-labels-idx1-ubyte holds labels only");
    expect(() => sortOut(files("notes.txt"))).toThrow("notes.txt cannot be read here");
  });
});
