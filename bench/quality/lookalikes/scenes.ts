import sharp from "sharp";
import { imageOf, pixelsOf, svgOf } from "../picture.ts";
import type { Choices } from "../random.ts";
import type { Capture, LookalikeClass } from "./lookalike.ts";
import { person, placeOf, view } from "./scene.ts";
import { rect } from "./words.ts";

const captured = (camera: string, milliseconds: number, withSubSeconds: boolean): Capture => {
  const iso = new Date(1_714_500_000_000 + milliseconds).toISOString();
  return {
    camera,
    takenAt: iso.slice(0, 19).replaceAll("-", ":").replace("T", " "),
    subSeconds: withSubSeconds ? iso.slice(20, 23) : null,
  };
};

const people = (own: Choices, count: number, step: number): string =>
  own
    .several(count, (at) =>
      person(
        120 + at * 170 + step + own.whole(-50, 50),
        500 + own.whole(-24, 30),
        90 + own.whole(-8, 8),
        `hsl(${at * 97},60%,45%)`,
        own.whole(-16, 16),
      ),
    )
    .join("");

const burst = (name: string, withSubSeconds: boolean): LookalikeClass => ({
  name,
  format: "jpeg",
  series: 8,
  related: true,
  draw: (own, shared, position, number) => ({
    image: view(placeOf(shared), {
      moving: people(own, 4, position * 22),
      shift: [own.whole(-9, 9), own.whole(-6, 6)],
      noise: number + 1,
    }),
    capture: captured("Camera 5", Math.floor(number / 8) * 86_400_000 + position * 250, withSubSeconds),
  }),
});

/** Photographs of one thing, none of which is a copy of another. */
export const SCENES: readonly LookalikeClass[] = [
  burst("bursts with sub-seconds", true),
  burst("bursts without sub-seconds", false),
  {
    name: "video frames",
    format: "jpeg",
    series: 20,
    related: true,
    draw: (own, shared, position, number) => ({
      image: view(placeOf(shared), {
        moving: [0, 1, 2]
          .map((at) =>
            person(
              100 + at * 220 + position * 9,
              500,
              100,
              `hsl(${at * 97},60%,45%)`,
              Math.round(10 * Math.sin(position + at)),
            ),
          )
          .join(""),
        shift: [-position * 3, own.whole(-1, 1)],
        noise: number + 1,
      }),
    }),
  },
  {
    name: "panoramas' neighbours",
    format: "jpeg",
    series: 4,
    related: true,
    draw: async (own, shared, position, number) => {
      const wide = view(placeOf(shared), { moving: people(own, 4, 0), noise: number + 1 });
      const { data, width, height } = await pixelsOf(wide);
      // Neighbours share a third of their width.
      const [part, step] = [Math.floor(width / 3), Math.floor((width * 2) / 9)];
      return {
        image: imageOf({ data, width, height })
          .extract({ left: Math.min(step * position, width - part), top: 0, width: part, height })
          .resize(480),
      };
    },
  },
  {
    name: "the same place a year later",
    format: "jpeg",
    series: 4,
    related: true,
    draw: (own, shared, position, number) => {
      const place = placeOf(shared);
      const season = ["#9fc4e8", "#c9ccd2", "#e8c79f", "#6f8fb8"][position] ?? "#9fc4e8";
      const grown = own
        .several(
          12,
          () =>
            `<ellipse cx="${own.whole(0, 800)}" cy="${own.whole(360, 540)}" rx="${own.whole(20, 60)}" ry="${own.whole(20, 70)}" fill="hsl(${own.whole(20, 140)},45%,30%)"/>`,
        )
        .join("");
      return {
        image: view(place, {
          moving: grown + people(own, 3, 0),
          shift: [own.whole(-30, 30), own.whole(-14, 14)],
          sky: season,
          noise: number + 1,
        }),
      };
    },
  },
  {
    name: "photographs of one landscape",
    format: "jpeg",
    series: 4,
    related: true,
    draw: (own, shared, _position, number) => ({
      image: view(placeOf(shared), {
        moving: people(own, 2, own.whole(-60, 300)),
        shift: [own.whole(-160, 160), own.whole(-40, 40)],
        sky: own.of(["#9fc4e8", "#b8d0e8", "#88b0e0"]),
        noise: number + 1,
      }),
    }),
  },
  {
    name: "portraits in one studio",
    format: "jpeg",
    series: 1,
    draw: (own) => {
      const [skin, hair, shirt] = [
        `hsl(${own.whole(18, 34)},${own.whole(30, 60)}%,${own.whole(35, 78)}%)`,
        `hsl(${own.whole(15, 50)},40%,${own.whole(8, 60)}%)`,
        own.colour(),
      ];
      const [wide, high, eyes] = [own.whole(78, 108), own.whole(108, 142), own.whole(24, 38)];
      const face = `<ellipse cx="256" cy="${250 - own.whole(0, 20)}" rx="${wide + 14}" ry="${high + 18}" fill="${hair}"/><ellipse cx="256" cy="270" rx="${wide}" ry="${high}" fill="${skin}"/><circle cx="${256 - eyes}" cy="250" r="${own.whole(6, 11)}" fill="#222"/><circle cx="${256 + eyes}" cy="250" r="${own.whole(6, 11)}" fill="#222"/><path d="M${256 - own.whole(20, 40)} ${own.whole(320, 340)} q36 ${own.whole(-10, 34)} 76 0" stroke="#822" stroke-width="${own.whole(4, 9)}" fill="none"/>`;
      return {
        image: svgOf(
          { width: 512, height: 640 },
          `<defs><radialGradient id="g"><stop offset="0" stop-color="#a9b4c4"/><stop offset="1" stop-color="#5c6878"/></radialGradient></defs><rect width="100%" height="100%" fill="url(#g)"/><path d="M70 640 q20 -${own.whole(180, 230)} 186 -${own.whole(190, 230)} q166 20 186 220 z" fill="${shirt}"/>${face}`,
        ),
      };
    },
  },
  {
    name: "night",
    format: "jpeg",
    series: 1,
    draw: (own, _shared, _position, number) => {
      const lights = own
        .several(
          own.whole(3, 14),
          () =>
            `<circle cx="${own.whole(0, 800)}" cy="${own.whole(150, 560)}" r="${own.whole(1, 5)}" fill="hsl(${own.whole(20, 60)},80%,${own.whole(50, 85)}%)"/>`,
        )
        .join("");
      return {
        image: sharp(
          svgOf(
            { width: 800, height: 560 },
            `<rect width="100%" height="100%" fill="hsl(230,${10 + (number % 20)}%,${own.whole(2, 5)}%)"/>${lights}`,
          ),
        ).blur(1),
      };
    },
  },
  {
    name: "objects on white",
    format: "jpeg",
    series: 1,
    draw: (own) => {
      const parts = own.several(own.whole(3, 6), () =>
        own.part() < 0.5
          ? `<ellipse cx="${own.whole(180, 420)}" cy="${own.whole(180, 420)}" rx="${own.whole(20, 120)}" ry="${own.whole(20, 120)}" fill="${own.colour()}"/>`
          : rect(
              own.whole(150, 380),
              own.whole(150, 380),
              own.whole(30, 180),
              own.whole(30, 180),
              own.colour(),
              `transform="rotate(${own.whole(0, 45)} 300 300)"`,
            ),
      );
      return {
        image: svgOf(
          { width: 600, height: 600 },
          `<rect width="100%" height="100%" fill="#fff"/><ellipse cx="300" cy="450" rx="160" ry="24" fill="#ddd"/>${parts.join("")}`,
        ),
      };
    },
  },
  {
    name: "twins of a series",
    format: "jpeg",
    series: 4,
    draw: (own, shared, position) => {
      // One set, one lamp, one camera: figures of a collection, each painted otherwise.
      const body = `<rect x="0" y="430" width="600" height="170" fill="#b09878"/><ellipse cx="300" cy="480" rx="120" ry="24" fill="#8d7a60"/>${person(300, 480, 250 + shared.whole(-10, 10), `hsl(${position * 90 + shared.whole(0, 40)},55%,45%)`)}`;
      const painted = own
        .several(5, () =>
          rect(270 + own.whole(0, 50), 240 + own.whole(0, 110), own.whole(6, 18), own.whole(6, 18), own.colour()),
        )
        .join("");
      return {
        image: svgOf(
          { width: 600, height: 600 },
          `<rect width="100%" height="100%" fill="${shared.colour(70, 85)}"/>${body}${painted}`,
        ),
      };
    },
  },
];
