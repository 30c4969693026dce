// All attacks of `pnpm bench siege` at once, in a process of its own, until its parent sends a message:
// what to attack as JSON -> counts of answers by attack over IPC
import { randomBytes } from "node:crypto";
import { Agent, type RequestOptions, request } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import type { Answers, Attack, Target } from "./siege-target.ts";

const target = JSON.parse(process.argv[2] ?? "{}") as Target;
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
const answers = new Map<string, Record<string, number>>();
let stopping = false;

const count = (attack: string, answer: string): void => {
  const counts = answers.get(attack) ?? {};
  counts[answer] = (counts[answer] ?? 0) + 1;
  answers.set(attack, counts);
};

/** Sends one request and reads its answer. */
const send = (attack: string, path: string, options: RequestOptions = {}, body?: Buffer): Promise<void> =>
  new Promise((resolve) => {
    const headers = { authorization: `Bearer ${target.key}`, ...options.headers };
    const sent = request(`${target.address}${path}`, { agent, ...options, headers }, (response) => {
      count(attack, String(response.statusCode));
      response.resume().once("close", resolve);
    });
    sent.once("error", (error: NodeJS.ErrnoException) => {
      count(attack, error.code ?? error.message);
      resolve();
    });
    sent.end(body);
  });

/** Keeps so many requests in progress. */
const flood = async (atOnce: number, one: (at: number) => Promise<void>): Promise<void> => {
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (!stopping) {
        next += 1;
        await one(next);
        await sleep(1);
      }
    }),
  );
};

const post = (type: string): RequestOptions => ({ method: "POST", headers: { "content-type": type } });

/** A picture that is small as a file and large decoded. */
const largePicture = (): Promise<Buffer> =>
  sharp({ create: { width: 17_000, height: 17_000, channels: 3, background: "#246" }, limitInputPixels: false })
    .png({ compressionLevel: 9, progressive: true })
    .toBuffer();

/** A connection on which nobody sends a whole request, or reads the answer. */
const holdConnection = (attack: string, start: string, trickle: string | null): Promise<void> =>
  new Promise((resolve) => {
    const { port, hostname } = new URL(target.address);
    const socket = connect(Number(port), hostname);
    socket
      .on("error", () => undefined)
      .once("close", () => {
        clearInterval(timer);
        count(attack, "closed");
        resolve();
      });
    if (trickle === null) socket.pause();
    socket.write(start);
    const timer = setInterval(() => {
      if (stopping) socket.destroy();
      else if (trickle !== null) socket.write(trickle);
    }, 500);
  });

const head = (method: string, path: string, more = ""): string =>
  `${method} ${path} HTTP/1.1\r\nhost: siege\r\nauthorization: Bearer ${target.key}\r\n${more}`;

const noise = randomBytes(60_000_000);
const decisions = Buffer.from(
  `${JSON.stringify({
    verdict: "keep",
    members: Array.from({ length: 4 }, () => ({ path: "a.jpg", sha256: randomBytes(32).toString("hex"), keep: true })),
    decidedBy: "siege",
    decidedAt: "2026-01-01T00:00:00.000Z",
  })}\n`.repeat(130_000),
);
const numbers = Buffer.from(JSON.stringify({ verdict: "keep", keep: Array(150_000).fill("x") }));
const large = await largePicture();
const { catalog, pictures, images, job, largestGroup, runningJob } = target;

/** The attacks, each with its number of requests at once. */
const attacks = new Map<string, () => Promise<void>>();
const attack = (name: Attack, atOnce: number, one: (name: string, at: number) => Promise<void>): void => {
  attacks.set(name, () => flood(atOnce, (at) => one(name, at)));
};
attack("60 MB as a picture", 6, (name, at) =>
  send(
    name,
    `/v1/catalogs/${catalog}/query/image`,
    { method: "POST", headers: { "content-type": "image/jpeg", "idempotency-key": `siege ${process.pid} ${at}` } },
    noise,
  ),
);
attack("289 megapixels as a picture", 12, (name) =>
  send(name, `/v1/catalogs/${catalog}/query/image`, post("image/png"), large),
);
attack("thumbnails of 289 megapixels", 100, (name, at) =>
  send(name, `/v1/catalogs/${pictures}/images/${at % images}/thumbnail?size=${at % 2 === 0 ? "small" : "large"}`),
);
attack("event streams", 2_000, (name) =>
  send(name, `/v1/jobs/${runningJob}/progress`, { headers: { accept: "text/event-stream" } }),
);
attack("wrong keys", 100, (name) =>
  send(name, "/v1/catalogs", { headers: { authorization: `Bearer lk_${randomBytes(32).toString("base64url")}` } }),
);
attack("imports of 60 MB", 4, (name) =>
  send(name, `/v1/catalogs/${catalog}/decisions/import`, post("application/x-ndjson"), decisions),
);
attack("a megabyte of JSON that does not fit", 20, (name) =>
  send(name, `/v1/jobs/${job}/groups/1/decisions`, post("application/json"), numbers),
);
attack("the largest group", 50, (name, at) => send(name, `/v1/jobs/${job}/groups/${largestGroup}?${at}`));
attack("pages of 1,000 groups", 50, (name, at) => send(name, `/v1/jobs/${job}/groups?limit=1000&${at}`));
attack("exports", 20, (name) => send(name, `/v1/jobs/${job}/export?format=ndjson`));
attack("decisions by a rule", 10, (name) =>
  send(
    name,
    `/v1/jobs/${job}/decisions`,
    post("application/json"),
    Buffer.from(JSON.stringify({ kinds: ["exact", "near-duplicate", "variant", "derivative", "burst"] })),
  ),
);
attack("queries by hash", 50, (name) =>
  send(
    name,
    `/v1/catalogs/${catalog}/query?maxDistance=64&limit=100`,
    post("application/json"),
    Buffer.from(JSON.stringify({ hash: randomBytes(32).toString("hex") })),
  ),
);
attack("header fields that trickle", 1_000, (name) => holdConnection(name, head("GET", "/v1/catalogs"), "x: y\r\n"));
attack("bodies that trickle", 200, (name) =>
  holdConnection(
    name,
    head("POST", "/v1/catalogs", "content-type: application/json\r\ncontent-length: 100000\r\n\r\n"),
    "[",
  ),
);
attack("exports that nobody reads", 20, (name) =>
  holdConnection(name, `${head("GET", `/v1/jobs/${job}/export?format=csv`)}\r\n`, null),
);

process.once("message", () => {
  stopping = true;
  process.send?.(Object.fromEntries(answers) satisfies Answers);
  process.disconnect();
  process.exit();
});
process.send?.("ready");
await Promise.all(target.attacks.map((name) => attacks.get(name)?.()));
