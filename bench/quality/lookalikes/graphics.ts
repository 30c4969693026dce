import { svgOf } from "../picture.ts";
import type { Choices } from "../random.ts";
import type { LookalikeClass } from "./lookalike.ts";
import { rect, text, WHITE, word } from "./words.ts";

const SQUARE = { width: 512, height: 512 };

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join("");

/** One of many simple signs, in the middle of 512 x 512. */
const sign = (choices: Choices, fill: string): string =>
  choices.of([
    () => `<circle cx="256" cy="256" r="${choices.whole(60, 130)}" fill="${fill}"/>`,
    () => rect(150, 150, choices.whole(120, 212), choices.whole(120, 212), fill, `rx="${choices.whole(0, 40)}"`),
    () => `<polygon points="256,${choices.whole(110, 170)} 390,380 ${choices.whole(100, 160)},380" fill="${fill}"/>`,
    () =>
      `<path d="M140 ${choices.whole(200, 300)} L230 350 L380 ${choices.whole(140, 200)}" stroke="${fill}" stroke-width="${choices.whole(30, 56)}" fill="none"/>`,
    () => rect(236, 130, 40, 252, fill) + rect(130, 236, choices.whole(150, 252), 40, fill),
    () =>
      text(
        256,
        340,
        240,
        String.fromCharCode(choices.whole(65, 90)),
        `fill="${fill}" text-anchor="middle" font-weight="bold"`,
      ),
  ])();

/** The number of an icon in its class, as dots: no two files are equal. */
const marks = (number: number): string =>
  lines(8, (bit) => ((number >> bit) & 1 ? `<circle cx="${130 + bit * 36}" cy="436" r="12" fill="#fff"/>` : ""));

/** Drawn by programs: flat colours, few shapes. */
export const GRAPHICS: readonly LookalikeClass[] = [
  {
    name: "icons",
    format: "png",
    series: 1,
    draw: (own, _shared, _position, number) => ({
      image: svgOf(
        SQUARE,
        rect(40, 40, 432, 432, own.of(["#2a7de1", "#e1452a", "#2ab45a", "#8a4fd0"]), 'rx="80"') +
          sign(own, "#fff") +
          marks(number),
      ),
    }),
  },
  {
    name: "logos",
    format: "png",
    series: 1,
    draw: (own) => ({
      image: svgOf(
        SQUARE,
        `${WHITE}<g transform="translate(64 0) scale(0.75)">${sign(own, own.colour())}</g>${text(256, 440, 62, word(own), 'text-anchor="middle" font-weight="bold"')}`,
      ),
    }),
  },
  {
    name: "QR codes and barcodes",
    format: "png",
    series: 1,
    draw: (own, _shared, _position, number) => {
      if (number % 2 === 1) {
        let x = 40;
        const bars = lines(60, () => {
          const bar = rect(x, 60, own.whole(1, 4) * 2, 320, "#000");
          x += own.whole(2, 5) * 2;
          return x < 470 ? bar : "";
        });
        return {
          image: svgOf(SQUARE, WHITE + bars + text(256, 430, 34, `${own.whole(1e8, 9e8)}`, 'text-anchor="middle"')),
        };
      }
      const corner = (x: number, y: number) =>
        rect(x, y, 112, 112, "#000") + rect(x + 16, y + 16, 80, 80, "#fff") + rect(x + 32, y + 32, 48, 48, "#000");
      const modules = lines(25 * 25, (at) => {
        const [column, row] = [at % 25, Math.floor(at / 25)];
        const free = (row < 8 && (column < 8 || column > 16)) || (row > 16 && column < 8);
        return free || own.part() < 0.5 ? "" : rect(56 + column * 16, 56 + row * 16, 16, 16, "#000");
      });
      return { image: svgOf(SQUARE, WHITE + modules + corner(56, 56) + corner(344, 56) + corner(56, 344)) };
    },
  },
  {
    name: "products in several colours",
    format: "jpeg",
    series: 5,
    draw: (_own, shared, position) => {
      const colour = ["#b03030", "#2f5fb0", "#2f9048", "#c8a020", "#707078"][position] ?? "#000";
      const neck = shared.whole(20, 60);
      const sleeve = shared.whole(60, 120);
      const shirt = `<path d="M180 110 q76 ${neck} 152 0 l${sleeve} 60 l-40 70 l-40 -22 v230 h-192 v-230 l-40 22 l-40 -70 z" fill="${colour}"/>`;
      const print =
        shared.part() < 0.5
          ? lines(4, (line) => rect(170, 220 + line * 50, 172, 10, "#fff", 'fill-opacity="0.7"'))
          : `<circle cx="256" cy="280" r="${shared.whole(30, 56)}" fill="#fff" fill-opacity="0.7"/>`;
      return { image: svgOf(SQUARE, WHITE + shirt + print + text(256, 500, 16, word(shared), 'text-anchor="middle"')) };
    },
  },
  {
    name: "gradients",
    format: "png",
    series: 1,
    draw: (own, _shared, _position, number) => ({
      image: svgOf(
        { width: 800, height: 500 },
        `<defs><linearGradient id="g" gradientTransform="rotate(${(number * 37) % 90})"><stop offset="0" stop-color="hsl(${(number * 47) % 360},${own.whole(40, 90)}%,${own.whole(15, 60)}%)"/><stop offset="1" stop-color="hsl(${(number * 71 + 120) % 360},${own.whole(40, 90)}%,${own.whole(50, 90)}%)"/></linearGradient></defs><rect width="100%" height="100%" fill="url(#g)"/>`,
      ),
    }),
  },
  {
    name: "flat",
    format: "png",
    series: 1,
    // 360 hues in steps of 61 with three lightnesses: no two are equal.
    draw: (_own, _shared, _position, number) => ({
      image: svgOf(
        { width: 640, height: 480 },
        rect(0, 0, 640, 480, `hsl(${(number * 61) % 360},${50 + (number % 4) * 10}%,${25 + (number % 3) * 22}%)`),
      ),
    }),
  },
  {
    name: "patterns",
    format: "png",
    series: 1,
    draw: (own) => {
      const size = own.whole(24, 90);
      const tile = own.of([
        () =>
          `<circle cx="${size / 2}" cy="${size / 2}" r="${size * own.between(0.15, 0.45)}" fill="${own.colour()}"/>`,
        () => rect(0, 0, size / 2, size / 2, own.colour()) + rect(size / 2, size / 2, size / 2, size / 2, own.colour()),
        () => rect(0, 0, size, size * own.between(0.2, 0.6), own.colour()),
        () =>
          `<path d="M0 ${size} L${size / 2} 0 L${size} ${size}" stroke="${own.colour()}" stroke-width="${own.whole(3, 12)}" fill="none"/>`,
      ])();
      return {
        image: svgOf(
          { width: 720, height: 540 },
          `<defs><pattern id="p" width="${size}" height="${size}" patternUnits="userSpaceOnUse" patternTransform="rotate(${own.whole(0, 89)})">${tile}</pattern></defs>${rect(0, 0, 720, 540, own.colour(80, 95))}<rect width="100%" height="100%" fill="url(#p)"/>`,
        ),
      };
    },
  },
];
