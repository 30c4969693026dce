import { type AddressInfo, createServer, type Socket } from "node:net";
import { connectThrough } from "../support/gate.ts";

/** A moment in what a process sends to a server: the first chunk that has the text. */
interface Trap {
  readonly text: string;
  /** Chunks with the text that pass before it. */
  readonly skip: number;
  /** Whether the chunk still reaches the server. */
  readonly forwards: boolean;
}

/** The connection of one process to one server, which a test can cut, and stop at a message. */
export interface Tap {
  readonly port: number;
  /** Resolves when the message is seen. From then on nothing passes until `cut`. */
  trap(trap: Trap): Promise<void>;
  /** Ends all connections. */
  cut(): void;
  /** Ends all connections, and refuses new ones until `open`. */
  close(): void;
  open(): void;
  stop(): Promise<void>;
}

/** A message may be in two chunks: so much of the last one is looked at again. */
const OVERLAP = 200;

/**
 * A proxy before a server on this machine. It is how a moment inside a service is found from outside: what it sends
 * shows that it has committed, published or acknowledged, without any hook in its code.
 */
export const openTap = async (serverPort: number): Promise<Tap> => {
  const sockets = new Set<Socket>();
  let isClosed = false;
  let holds = false;
  let trapped: { trap: Trap; left: number; sprung: () => void } | null = null;

  const springs = (text: string): boolean => {
    if (trapped === null || !text.includes(trapped.trap.text)) return false;
    trapped.left -= 1;
    return trapped.left < 0;
  };
  const pass = (from: Socket, to: Socket, chunk: Buffer): void => {
    if (!to.write(chunk)) {
      from.pause();
      to.once("drain", () => from.resume());
    }
  };
  const server = createServer((client) => {
    if (isClosed) {
      client.destroy();
      return;
    }
    const upstream = connectThrough(client, serverPort, sockets);
    for (const socket of [client, upstream]) socket.setNoDelay(true);
    let last = "";
    client.on("data", (chunk) => {
      if (holds) return;
      const text = last + chunk.toString("latin1");
      if (springs(text)) {
        const { trap, sprung } = trapped as NonNullable<typeof trapped>;
        trapped = null;
        holds = true;
        if (trap.forwards) upstream.write(chunk);
        sprung();
        return;
      }
      last = trapped === null ? "" : text.slice(-OVERLAP).replaceAll(trapped.trap.text, "");
      pass(client, upstream, chunk);
    });
    upstream.on("data", (chunk) => {
      if (!holds) pass(upstream, client, chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    trapped = null;
    holds = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    trap: (trap) =>
      new Promise((resolve) => {
        trapped = { trap, left: trap.skip, sprung: resolve };
      }),
    cut,
    close() {
      isClosed = true;
      cut();
    },
    open() {
      isClosed = false;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
};
