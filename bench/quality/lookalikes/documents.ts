import { svgOf } from "../picture.ts";
import type { LookalikeClass } from "./lookalike.ts";
import { date, money, rect, text, WHITE, word, words } from "./words.ts";

const PAGE = { width: 680, height: 960 };
const RECEIPT = { width: 400, height: 900 };
const SLIDE = { width: 960, height: 540 };

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join("");

/** Papers of one layout with other content. */
export const DOCUMENTS: readonly LookalikeClass[] = [
  {
    name: "pages of text",
    format: "png",
    series: 1,
    draw: (own) => {
      const paragraphs = lines(38, (line) =>
        line % 9 === 8 ? "" : text(60, 110 + line * 21, 14, words(own, line % 9 === 7 ? 3 : 8).slice(0, 68)),
      );
      return { image: svgOf(PAGE, WHITE + text(60, 70, 22, words(own, 3), 'font-weight="bold"') + paragraphs) };
    },
  },
  {
    name: "forms",
    format: "png",
    series: 1,
    draw: (own) => {
      const fields = ["Name", "Street", "Town", "Born", "Phone", "Account", "Doctor", "Insurance", "Number", "Date"];
      const filled = fields.map(
        (field, row) =>
          text(60, 180 + row * 62, 15, field) +
          rect(200, 156 + row * 62, 420, 34, "none", 'stroke="#000"') +
          text(212, 180 + row * 62, 17, row % 3 === 2 ? date(own) : words(own, 2), 'fill="#113a8c"'),
      );
      const boxes = lines(6, (box) => {
        const ticked = own.part() < 0.5 ? text(62 + box * 100, 845, 22, "x", 'fill="#113a8c"') : "";
        return rect(60 + box * 100, 826, 22, 22, "none", 'stroke="#000"') + ticked;
      });
      return {
        image: svgOf(
          PAGE,
          WHITE + text(60, 90, 28, "Application for membership", 'font-weight="bold"') + filled.join("") + boxes,
        ),
      };
    },
  },
  {
    name: "receipts",
    format: "jpeg",
    series: 1,
    draw: (own) => {
      const items = own.whole(9, 13);
      const rows = lines(
        items,
        (row) => text(30, 210 + row * 34, 17, word(own)) + text(290, 210 + row * 34, 17, money(own, 40)),
      );
      const total =
        text(30, 240 + items * 34, 24, "TOTAL", 'font-weight="bold"') +
        text(270, 240 + items * 34, 24, money(own, 300));
      const head =
        text(90, 70, 30, "MARKET HALL", 'font-weight="bold"') +
        text(110, 110, 16, "12 Harbour Street") +
        text(60, 150, 15, `${date(own)}  no. ${own.whole(1_000, 99_999)}`);
      return { image: svgOf(RECEIPT, `${WHITE}${head}${rows}${total}${text(110, 870, 16, "Thank you!")}`) };
    },
  },
  {
    name: "statements",
    format: "png",
    series: 1,
    draw: (own) => {
      const head =
        text(60, 80, 26, "Savings Bank", 'font-weight="bold"') +
        text(60, 130, 14, `Statement ${own.whole(1, 12)} / 20${own.whole(10, 25)}`) +
        text(420, 130, 14, `Balance ${money(own, 9_000)}`);
      const rows = lines(24, (row) => {
        const y = 190 + row * 29;
        return (
          text(60, y, 13, date(own)) +
          text(170, y, 13, words(own, 2)) +
          text(540, y, 13, money(own, 900)) +
          rect(60, y + 8, 560, 1, "#bbb")
        );
      });
      return { image: svgOf(PAGE, WHITE + head + rows) };
    },
  },
  {
    name: "slides",
    format: "png",
    series: 1,
    draw: (own) => {
      const bullets = lines(
        5,
        (row) =>
          `<circle cx="80" cy="${192 + row * 58}" r="6" fill="#c33"/>${text(104, 200 + row * 58, 24, words(own, 4))}`,
      );
      return {
        image: svgOf(
          SLIDE,
          `${WHITE}${rect(0, 0, 960, 100, "#14375e")}${text(60, 64, 38, words(own, 3), 'fill="#fff"')}${bullets}${rect(0, 510, 960, 30, "#14375e")}${text(860, 531, 16, `${own.whole(2, 90)}`, 'fill="#fff"')}`,
        ),
      };
    },
  },
  {
    name: "sheet music",
    format: "png",
    series: 1,
    draw: (own) => {
      const staves = lines(9, (staff) => {
        const y = 140 + staff * 88;
        const notes = lines(16, (note) => {
          const [x, height] = [90 + note * 34, y + own.whole(0, 8) * 5];
          return `<ellipse cx="${x}" cy="${height}" rx="7" ry="5"/>${rect(x + 5, height - 34, 2, 34, "#000")}`;
        });
        return lines(5, (line) => rect(50, y + line * 10, 590, 1, "#000")) + notes;
      });
      return { image: svgOf(PAGE, WHITE + text(220, 80, 26, words(own, 2)) + staves) };
    },
  },
  {
    name: "pages with one cover",
    format: "png",
    series: 8,
    draw: (own, shared, position) => ({
      image: svgOf(
        PAGE,
        `${rect(0, 0, 680, 960, shared.colour(70, 85))}${rect(60, 120, 560, 200, "#fff")}${text(100, 200, 32, words(shared, 2), 'font-weight="bold"')}${text(100, 260, 22, `Volume ${position + 1}: ${word(own)}`)}${text(100, 860, 20, date(own))}`,
      ),
    }),
  },
];
