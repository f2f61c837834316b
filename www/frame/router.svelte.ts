export const places = ["draw", "data", "train", "rebuild", "write", "models"] as const;
export type Place = (typeof places)[number];

/** The address behind the #: a place, and what is open there. */
function read(): { place: Place; path: string[] } {
  const [name, ...path] = location.hash.replace(/^#\/?/, "").split("/");
  return { place: places.find((place) => place === name) ?? "draw", path: path.map(decoded) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // An address that someone typed: nothing is called so, and the place shows what there is.
    return part;
  }
}

/** The address of a place and of what is open there. */
export function address(place: Place, ...path: string[]): string {
  return `#/${[place, ...path.map(encodeURIComponent)].join("/")}`;
}

class Router {
  place = $state<Place>(read().place);
  path = $state.raw<readonly string[]>(read().path);

  constructor() {
    addEventListener("hashchange", () => {
      const { place, path } = read();
      this.place = place;
      this.path = path;
    });
  }

  go(place: Place, ...path: string[]): void {
    location.hash = address(place, ...path);
  }
}

export const router = new Router();
