export const places = ["draw", "data", "train", "models"] as const;
export type Place = (typeof places)[number];

function read(): Place {
  const name = location.hash.replace(/^#\/?/, "");
  return places.find((place) => place === name) ?? "draw";
}

class Router {
  place = $state<Place>(read());

  constructor() {
    addEventListener("hashchange", () => {
      this.place = read();
    });
  }

  go(place: Place): void {
    location.hash = `#/${place}`;
  }
}

export const router = new Router();
