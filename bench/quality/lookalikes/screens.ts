import { imageOf, pixelsOf, svgOf } from "../picture.ts";
import type { LookalikeClass } from "./lookalike.ts";
import { person, placeOf, view } from "./scene.ts";
import { rect, text, word, words } from "./words.ts";

const PHONE = { width: 440, height: 900 };

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join("");

/** Pictures of screens, and what is drawn on one template. */
export const SCREENS: readonly LookalikeClass[] = [
  {
    name: "screenshots of one app",
    format: "png",
    series: 1,
    draw: (own) => {
      const rows = lines(9, (row) => {
        const y = 130 + row * 76;
        return (
          rect(16, y, 408, 66, "#fff", 'rx="8"') +
          `<circle cx="52" cy="${y + 33}" r="22" fill="${own.colour()}"/>` +
          text(90, y + 28, 17, words(own, 2)) +
          text(90, y + 52, 13, words(own, 3), 'fill="#777"')
        );
      });
      return {
        image: svgOf(
          PHONE,
          `<rect width="100%" height="100%" fill="#eef0f4"/>${rect(0, 0, 440, 96, "#0b6e4f")}${text(24, 66, 26, "My accounts", 'fill="#fff"')}${text(370, 28, 15, `${own.whole(8, 23)}:${own.whole(10, 59)}`, 'fill="#fff"')}${rows}${rect(0, 840, 440, 60, "#fff")}${text(60, 878, 16, "Home")}${text(190, 878, 16, "Search")}${text(330, 878, 16, "Me")}`,
        ),
      };
    },
  },
  {
    name: "chat screenshots",
    format: "png",
    series: 1,
    draw: (own) => {
      let y = 110;
      const bubbles = lines(9, () => {
        const mine = own.part() < 0.5;
        const count = own.whole(1, 3);
        const height = 22 + count * 22;
        const bubble =
          rect(mine ? 150 : 20, y, 270, height, mine ? "#d8f5c0" : "#fff", 'rx="12"') +
          lines(count, (row) => text(mine ? 166 : 36, y + 26 + row * 22, 15, words(own, 3).slice(0, 28)));
        y += height + 14;
        return y > 860 ? "" : bubble;
      });
      return {
        image: svgOf(
          PHONE,
          `<rect width="100%" height="100%" fill="#e5ddd5"/>${rect(0, 0, 440, 90, "#075e54")}${text(80, 58, 22, word(own), 'fill="#fff"')}${bubbles}`,
        ),
      };
    },
  },
  {
    name: "memes of one template",
    format: "jpeg",
    series: 20,
    draw: async (own, shared, _position, number) => {
      const someone = person(shared.whole(300, 500), 520, shared.whole(220, 320), shared.colour());
      const { data, width, height } = await pixelsOf(view(placeOf(shared), { moving: someone, noise: number + 1 }));
      const caption = (y: number) =>
        text(
          width / 2,
          y,
          Math.round(width / 18),
          words(own, 3).toUpperCase().slice(0, 22),
          'fill="#fff" stroke="#000" stroke-width="2" font-weight="bold" text-anchor="middle"',
        );
      return {
        image: imageOf({ data, width, height }).composite([
          { input: svgOf({ width, height }, caption(Math.round(height * 0.14)) + caption(Math.round(height * 0.94))) },
        ]),
      };
    },
  },
  {
    name: "maps",
    format: "png",
    series: 1,
    draw: (own) => {
      const roads = lines(14, () => {
        const [x, y] = [own.whole(0, 900), own.whole(0, 640)];
        return `<path d="M${x} ${y} q${own.whole(-300, 300)} ${own.whole(-200, 200)} ${own.whole(-600, 600)} ${own.whole(-400, 400)}" stroke="${own.of(["#f5c542", "#fff", "#fff"])}" stroke-width="${own.whole(4, 14)}" fill="none"/>`;
      });
      const areas = lines(10, () =>
        rect(
          own.whole(0, 800),
          own.whole(0, 560),
          own.whole(60, 200),
          own.whole(50, 160),
          own.of(["#c8e6b8", "#aad3df", "#e0dcd4"]),
        ),
      );
      const names = lines(14, () => text(own.whole(20, 820), own.whole(30, 620), 14, word(own)));
      return {
        image: svgOf(
          { width: 900, height: 640 },
          `<rect width="100%" height="100%" fill="#f2efe9"/>${areas}${roads}${names}`,
        ),
      };
    },
  },
];
